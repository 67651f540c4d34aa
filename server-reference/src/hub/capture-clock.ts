/**
 * When a frame was captured, on the server's wall clock. Tracks of one broadcaster have timestamps of different origins (a camera
 * counts from boot, a microphone from page load, a canvas from zero), so each has its own line to the wall:
 *
 *     server wall = ticks / timescale + (client wall − ticks / timescale) + (server wall − client wall)
 *                                       `anchor`, by `clock` pushes         `offset`, by `time`, or from arrivals
 *
 * A track without an anchor is mapped by the smallest delay that its frames have had from timestamp to arrival. Tracks of one container share
 * one line, since their timestamps have one origin: a delay that only one of them has must not part sound and picture.
 */
import type { Milliseconds, Ticks } from '../../../src/protocol/index.ts';

/** The minimum is taken over one to two of these, so that it follows a clock that drifts. */
const WINDOW: Milliseconds = 15_000;
/** An offset that puts captures later than arrivals by more, or earlier by more, is no offset of clocks. */
const FUTURE: Milliseconds = 1_000;
const PAST: Milliseconds = 120_000;

/** A way that was congested at first may turn out to be so much shorter. */
const SOONER: Milliseconds = 1_000;
/** No two clocks drift apart faster. */
const DRIFT = 0.01;

interface TrackLine {
  readonly timescale: number;
  anchor: Milliseconds | null;
  /** Smallest `arrival − timestamp` of this window and the one before. */
  delay: Milliseconds;
  previousDelay: Milliseconds;
  windowEnd: Milliseconds;
  /** What the delay does not fall below: frames that come ever sooner are sent faster than time passes, and were not captured ever later. */
  least: Milliseconds;
}

export class CaptureClock {
  readonly #lines = new Map<number, TrackLine>();
  readonly #shared: boolean;
  #offset: Milliseconds | null = null;

  /** @param shared all tracks count from one origin, as in a container: they have one line to the wall between them */
  constructor(tracks: Iterable<{ readonly id: number; readonly timescale: number }>, shared = false) {
    this.#shared = shared;
    for (const { id, timescale } of tracks) {
      const never = Number.POSITIVE_INFINITY;
      this.#lines.set(id, { timescale, anchor: null, delay: never, previousDelay: never, windowEnd: never, least: -never });
    }
  }

  /** A frame with this timestamp has arrived. */
  arrived(track: number, ticks: Ticks, now: Milliseconds): void {
    const line = this.#line(track);
    const delay = Math.max(line.least, now - (ticks * 1000) / line.timescale);
    if (line.delay === Number.POSITIVE_INFINITY) line.windowEnd = now + WINDOW;
    if (now >= line.windowEnd) {
      line.previousDelay = line.delay;
      line.delay = delay;
      line.windowEnd = now + WINDOW;
      line.least -= DRIFT * WINDOW;
    }
    line.delay = Math.min(line.delay, delay);
  }

  /** Frames are placed by it from now on. */
  settle(): void {
    for (const line of this.#lines.values()) {
      const delay = this.#delay(line);
      if (delay !== Number.POSITIVE_INFINITY) line.least = delay - SOONER;
    }
  }

  /** The broadcaster says when the frame with this timestamp was captured, by its own clock. */
  anchor(track: number, ticks: Ticks, wall: Milliseconds, offset: Milliseconds | undefined): void {
    const line = this.#line(track);
    const anchor = wall - (ticks * 1000) / line.timescale;
    for (const each of this.#shared ? this.#lines.values() : [line]) {
      // Another time has begun: how late frames of the one before came says nothing of it.
      if (each.anchor !== null && Math.abs(anchor - each.anchor) > SOONER) {
        each.delay = Number.POSITIVE_INFINITY;
        each.previousDelay = Number.POSITIVE_INFINITY;
        each.least = Number.NEGATIVE_INFINITY;
      }
      each.anchor = anchor;
    }
    if (offset !== undefined) this.#offset = offset;
  }

  isAnchored(track: number): boolean {
    return this.#line(track).anchor !== null;
  }

  has(track: number): boolean {
    return this.#lines.has(track);
  }

  wall(track: number, ticks: Ticks): Milliseconds {
    const line = this.#line(track);
    const time = (ticks * 1000) / line.timescale;
    return line.anchor === null ? time + this.#delay(line) : time + line.anchor + this.#clockOffset();
  }

  #delay(line: TrackLine): Milliseconds {
    return this.#shared ? Math.min(...[...this.#lines.values()].map(smallestDelay)) : smallestDelay(line);
  }

  /** Server clock minus client clock: as told, where arrivals do not contradict it; else the smallest that arrivals allow. */
  #clockOffset(): Milliseconds {
    let arrivals = Number.POSITIVE_INFINITY;
    for (const line of this.#lines.values()) if (line.anchor !== null) arrivals = Math.min(arrivals, smallestDelay(line) - line.anchor);
    if (this.#offset === null) return arrivals === Number.POSITIVE_INFINITY ? 0 : arrivals;
    const latency = arrivals - this.#offset;
    return latency < -FUTURE || (latency > PAST && latency !== Number.POSITIVE_INFINITY) ? arrivals : this.#offset;
  }

  #line(track: number): TrackLine {
    const line = this.#lines.get(track);
    if (line === undefined) throw new RangeError(`track ${track} has no clock`);
    return line;
  }
}

function smallestDelay(line: TrackLine): Milliseconds {
  return Math.min(line.delay, line.previousDelay);
}
