import type { Milliseconds, Ticks } from '../protocol/units.ts';

const WINDOW: Milliseconds = 1_500;
/** What the estimate has to be borne out by, and what shows that a source has lost time. */
const RECENT: Milliseconds = 300;
const RECENT_FRAMES = 5;
/** Recent frames that are all late by more have lost time; by less, they are on their way for longer just now. */
const STEP: Milliseconds = 40;
/** The half of the frames that arrive fastest lie this close together, or what is late is a stall that passes. */
const TIGHT: Milliseconds = 15;
const MICROSECONDS_PER_MILLISECOND = 1_000;

interface Observation {
  readonly at: Milliseconds;
  readonly difference: Milliseconds;
}

/**
 * Where a track's timestamps stand on the wall clock. Camera, microphone and canvas count from different origins, so arrival
 * alone says when a frame was captured: a frame arrives some time after its capture and never before, so the smallest difference seen
 * lately is the origin, and what is above it is delay. (Aligning by the first arrival left half a second between sound and picture.)
 *
 * Microphones lose time: Chromium's gives a first block, is silent for a fifth of a second while its device starts, and counts on as if
 * nothing had been. From there all blocks are late by as much. When recent arrivals agree with each other and not with the
 * estimate, they are right.
 */
export class CaptureClock {
  #recent: Observation[] = [];
  /** Minima of the running window and the one before. */
  #minima: Milliseconds[] = [];
  #windowStart: Milliseconds = 0;

  /**
   * @param end when the frame's last sample was captured, in microseconds of the track: a block of sound cannot arrive before its end
   * @param arrivedAt wall clock at arrival
   */
  observe(end: Ticks, arrivedAt: Milliseconds): void {
    const difference = arrivedAt - end / MICROSECONDS_PER_MILLISECOND;
    this.#recent.push({ at: arrivedAt, difference });
    while (arrivedAt - (this.#recent[0]?.at ?? arrivedAt) > RECENT) this.#recent.shift();
    this.#window(difference, arrivedAt);
    const recent = this.#recentMinimum();
    if (recent !== null && this.origin !== null && recent - this.origin > STEP && this.#isTight(recent)) {
      this.#minima = [recent];
      this.#windowStart = arrivedAt;
    }
  }

  /** A clock with the same estimate, for timestamps that start out equal and then go their own way. */
  clone(): CaptureClock {
    const copy = new CaptureClock();
    copy.#recent = [...this.#recent];
    copy.#minima = [...this.#minima];
    copy.#windowStart = this.#windowStart;
    return copy;
  }

  /** Whether recent frames agree with each other and bear the estimate out. */
  get settled(): boolean {
    const recent = this.#recentMinimum();
    return recent !== null && this.origin !== null && recent - this.origin <= TIGHT && this.#isTight(recent);
  }

  /** Wall clock at timestamp 0; null before the first frame. */
  get origin(): Milliseconds | null {
    return this.#minima.length === 0 ? null : Math.min(...this.#minima);
  }

  /** Wall clock at this timestamp (microseconds); null before the first frame. */
  wallTime(timestamp: Ticks): Milliseconds | null {
    const origin = this.origin;
    return origin === null ? null : origin + timestamp / MICROSECONDS_PER_MILLISECOND;
  }

  #window(difference: Milliseconds, now: Milliseconds): void {
    const newest = this.#minima.at(-1);
    if (newest === undefined || now - this.#windowStart >= WINDOW) {
      this.#windowStart = now;
      this.#minima = newest === undefined ? [difference] : [newest, difference];
    } else if (difference < newest) {
      this.#minima[this.#minima.length - 1] = difference;
    }
  }

  /** Null until frames have come for most of {@link RECENT}. */
  #recentMinimum(): Milliseconds | null {
    const first = this.#recent[0];
    const last = this.#recent.at(-1);
    if (first === undefined || last === undefined) return null;
    if (this.#recent.length < RECENT_FRAMES || last.at - first.at < RECENT * 0.8) return null;
    return Math.min(...this.#recent.map(({ difference }) => difference));
  }

  #isTight(minimum: Milliseconds): boolean {
    const close = this.#recent.filter(({ difference }) => difference - minimum <= TIGHT);
    return close.length * 2 >= this.#recent.length;
  }
}
