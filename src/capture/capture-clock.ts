import type { Milliseconds, Ticks } from '../protocol/units.ts';

const WINDOW: Milliseconds = 1_500;
/** Windows that the estimate looks back on: long enough to outlast a stall, short enough to follow a drifting microphone. */
const WINDOWS = 6;
const MICROSECONDS_PER_MILLISECOND = 1_000;

/**
 * Where a track's timestamps stand on the wall clock. Camera, microphone and canvas count from different origins, so arrival
 * alone says when a frame was captured: a frame arrives some time after its capture and never before, so the smallest difference seen
 * over a while is the origin, and what is above it is delay. (Aligning by the first arrival left half a second between sound and
 * picture.)
 *
 * The minimum runs over windows of 1.5 s and the last six of them are kept, so that the estimate follows a clock that drifts.
 */
export class CaptureClock {
  readonly #minima: Milliseconds[] = [];
  #windowStart: Milliseconds | null = null;
  #firstSeen: Milliseconds | null = null;
  #lastSeen: Milliseconds = 0;

  /**
   * @param end when the frame's last sample was captured, in microseconds of the track: a block of sound cannot arrive before its end
   * @param arrivedAt wall clock at arrival
   */
  observe(end: Ticks, arrivedAt: Milliseconds): void {
    const difference = arrivedAt - end / MICROSECONDS_PER_MILLISECOND;
    this.#firstSeen ??= arrivedAt;
    this.#lastSeen = arrivedAt;
    const newest = this.#minima.at(-1);
    if (newest === undefined || this.#windowStart === null || arrivedAt - this.#windowStart >= WINDOW) {
      this.#windowStart = arrivedAt;
      this.#minima.push(difference);
      if (this.#minima.length > WINDOWS) this.#minima.shift();
    } else if (difference < newest) {
      this.#minima[this.#minima.length - 1] = difference;
    }
  }

  /** A clock with the same estimate, for timestamps that start out equal and then go their own way. */
  clone(): CaptureClock {
    const copy = new CaptureClock();
    copy.#minima.push(...this.#minima);
    copy.#windowStart = this.#windowStart;
    copy.#firstSeen = this.#firstSeen;
    copy.#lastSeen = this.#lastSeen;
    return copy;
  }

  /** Whether a whole window has been seen: from here on the estimate hardly improves. */
  get settled(): boolean {
    return this.#firstSeen !== null && this.#lastSeen - this.#firstSeen >= WINDOW;
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
}
