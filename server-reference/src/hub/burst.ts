/**
 * Sources that send seconds of media at once, as MP4 recorders do with a fragment at every key frame. Their frames are put into the order of
 * time and let go at the pace of their capture, as late as the longest burst makes them: of outputs that moved by seconds at a time, viewers
 * half a second behind would see less than they miss.
 */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import type { CancelTimer } from '../clock.ts';

/** Bursts that are remembered, and what is assumed until as many have been seen: recordings with a key frame each 10 s. */
const REMEMBERED = 4;
const USUAL_BURST: Milliseconds = 10_000;
const LONGEST_BURST: Milliseconds = 15_000;
const BURST_MARGIN = 1.5;
/** A burst is over when nothing has come for this long. */
const QUIET: Milliseconds = 50;
/** Frames are let go so often: less than one of them lasts. */
const STEP: Milliseconds = 10;

interface HeldFrame<T> {
  readonly time: Milliseconds;
  readonly frame: T;
}

export interface BurstHost {
  readonly now: Milliseconds;
  after(delay: Milliseconds, task: () => void): CancelTimer;
}

export class Bursts<T> {
  readonly #host: BurstHost;
  readonly #release: (frame: T) => void;
  #spells: Milliseconds[] = [];
  #lastAt: Milliseconds | null = null;
  /** Of the last bursts, how much later than their first frame's time they came; by the host's clock, so only differences mean something. */
  #lags: Milliseconds[] = [];
  #held: HeldFrame<T>[] = [];
  #cancel: CancelTimer | null = null;

  constructor(host: BurstHost, release: (frame: T) => void) {
    this.#host = host;
    this.#release = release;
  }

  /** How long nothing may come although all is well; frames are then as late as that. */
  get longest(): Milliseconds {
    if (this.#spells.length < REMEMBERED) return USUAL_BURST;
    return Math.min(LONGEST_BURST, BURST_MARGIN * Math.max(...this.#spells));
  }

  push(seconds: Seconds, frame: T): void {
    const { now } = this.#host;
    const time = seconds * 1000;
    this.#measure(now, now - time);
    this.#held.push({ time, frame });
    this.#cancel ??= this.#host.after(0, () => this.#step());
  }

  /** Passes on what is held, the earliest first. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#let(Number.POSITIVE_INFINITY);
  }

  #measure(now: Milliseconds, lag: Milliseconds): void {
    const pause = this.#lastAt === null ? Number.POSITIVE_INFINITY : now - this.#lastAt;
    this.#lastAt = now;
    const known = this.#lags.at(-1);
    if (known === undefined || Math.abs(lag - known) > LONGEST_BURST) {
      // Times that jump have nothing to do with those before them.
      this.flush();
      this.#lags = [lag];
    } else if (pause > QUIET) {
      this.#spells = [...this.#spells, pause].slice(-REMEMBERED);
      this.#lags = [...this.#lags, lag].slice(-REMEMBERED);
    } else if (lag > known) {
      this.#lags = [...this.#lags.slice(0, -1), lag];
    }
  }

  #step(): void {
    this.#let(this.#host.now - Math.max(...this.#lags));
    this.#cancel = this.#held.length === 0 ? null : this.#host.after(STEP, () => this.#step());
  }

  /** Frames of one track keep their order, whatever times they have. */
  #let(until: Milliseconds): void {
    this.#held.sort((a, b) => a.time - b.time);
    const count = this.#held.findIndex(({ time }) => time > until);
    for (const { frame } of this.#held.splice(0, count === -1 ? this.#held.length : count)) this.#release(frame);
  }
}
