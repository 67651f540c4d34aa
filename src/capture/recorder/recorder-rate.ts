import type { BitsPerSecond, Milliseconds } from '../../protocol/units.ts';

/** Each change costs a recording and an epoch, so they are few. */
const STEP_DOWN = 0.6;
const STEP_UP = 1.4;
const FULL: Milliseconds = 500;
const CLEAR: Milliseconds = 200;
const BETWEEN_DECREASES: Milliseconds = 2_000;
const FIRST_RECOVERY: Milliseconds = 20_000;
const LAST_RECOVERY: Milliseconds = 160_000;
const FLOOR: BitsPerSecond = 150_000;

/** The bit rate of recordings, which cannot change within one: down when bytes wait, and up after they have not waited for long. */
export class RecorderRate {
  #target: BitsPerSecond;
  #floor: BitsPerSecond;
  /** The server's own. */
  #limit: BitsPerSecond = Number.POSITIVE_INFINITY;
  #rate: BitsPerSecond;
  #cap: BitsPerSecond;
  #changedAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #clearSince: Milliseconds | null = null;
  #recovery: Milliseconds = FIRST_RECOVERY;
  /** The last change was upwards. */
  #risen = false;

  constructor(target: BitsPerSecond) {
    this.#target = target;
    this.#floor = Math.min(FLOOR, target);
    this.#rate = target;
    this.#cap = target;
  }

  get rate(): BitsPerSecond {
    return this.#rate;
  }

  /** The server's own limit. Whether the rate has changed. */
  limit(bitrate: BitsPerSecond, now: Milliseconds): boolean {
    this.#limit = bitrate;
    this.#cap = Math.max(this.#floor, Math.min(this.#target, bitrate));
    return this.#rate > this.#cap && this.#set(this.#cap, now);
  }

  /** The page asks for another rate: at once where the uplink did not hold the one before down. Whether the rate has changed. */
  retarget(target: BitsPerSecond, now: Milliseconds): boolean {
    const isFree = this.#rate >= this.#cap;
    this.#target = target;
    this.#floor = Math.min(FLOOR, target);
    this.#cap = Math.max(this.#floor, Math.min(this.#limit, target));
    return this.#set(isFree ? this.#cap : Math.min(this.#rate, this.#cap), now);
  }

  /** A recording was given up because the uplink did not follow it. */
  overrun(now: Milliseconds): void {
    this.#lower(now);
  }

  /**
   * To be called a few times a second. Whether the rate has changed.
   * @param delay beyond the round trip, of the oldest byte that was not acknowledged
   */
  update(delay: Milliseconds, now: Milliseconds): boolean {
    if (delay > FULL) {
      this.#clearSince = null;
      return now - this.#changedAt >= BETWEEN_DECREASES && this.#lower(now);
    }
    if (delay > CLEAR) this.#clearSince = null;
    else this.#clearSince ??= now;
    if (this.#clearSince === null || this.#rate >= this.#cap || now - this.#clearSince < this.#recovery) return false;
    this.#risen = true;
    return this.#set(Math.min(this.#cap, Math.round(this.#rate * STEP_UP)), now);
  }

  #lower(now: Milliseconds): boolean {
    if (this.#risen) this.#recovery = Math.min(LAST_RECOVERY, this.#recovery * 2);
    this.#risen = false;
    return this.#set(Math.max(this.#floor, Math.round(this.#rate * STEP_DOWN)), now);
  }

  #set(rate: BitsPerSecond, now: Milliseconds): boolean {
    this.#clearSince = null;
    if (rate === this.#rate) return false;
    this.#rate = rate;
    this.#changedAt = now;
    return true;
  }
}
