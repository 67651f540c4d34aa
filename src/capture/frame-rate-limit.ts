import type { Ticks } from '../protocol/units.ts';
import { TIMESCALE } from './encoded-track.ts';

/** Cameras jitter and run a little fast: only what comes far too often is thinned out. */
const TOO_FAST = 0.8;
const WEIGHT = 0.1;
/** Longer intervals are pauses and say nothing of the rate. */
const LONGEST = TIMESCALE / 2;
/** How early a frame may take a place, in intervals. */
const EARLY = 0.4;

/** Thins out a camera that delivers more frames than were asked for (60 a second for 30, say), evenly and by timestamp. */
export class FrameRateLimit {
  readonly #interval: Ticks;
  /** Mean between the frames that come. */
  #coming: Ticks;
  #last: Ticks | null = null;
  #due: Ticks = Number.NEGATIVE_INFINITY;

  /** @param frameRate frames a second */
  constructor(frameRate: number) {
    this.#interval = TIMESCALE / frameRate;
    this.#coming = this.#interval;
  }

  /** Whether the frame with this timestamp is to be encoded. */
  accept(timestamp: Ticks): boolean {
    const interval = this.#last === null ? this.#interval : timestamp - this.#last;
    this.#last = timestamp;
    if (interval > 0 && interval < LONGEST) this.#coming += WEIGHT * (interval - this.#coming);
    if (this.#coming >= TOO_FAST * this.#interval) {
      this.#due = timestamp + this.#interval;
      return true;
    }
    if (timestamp < this.#due - EARLY * this.#interval) return false;
    this.#due = Math.max(this.#due, timestamp - this.#interval) + this.#interval;
    return true;
  }
}
