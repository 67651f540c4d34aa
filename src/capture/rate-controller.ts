import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';

export interface RateControllerOptions {
  /** What the page asked for; the rate never rises above it. */
  readonly target: BitsPerSecond;
  /** Below this a picture is not worth sending. */
  readonly floor?: BitsPerSecond;
}

export interface UplinkSample {
  readonly now: Milliseconds;
  /** Age of the oldest frame that the server has not acknowledged, queued or on its way. */
  readonly delay: Milliseconds;
  /** Shortest round trip seen on this connection. */
  readonly minRoundTrip: Milliseconds;
  /** What the server acknowledged lately. */
  readonly throughput: BitsPerSecond;
}

const DEFAULT_FLOOR: BitsPerSecond = 150_000;
/** Delay beyond the round trip that means the link is full. */
const FULL: Milliseconds = 300;
/** Delay beyond the round trip under which the link has room. */
const CLEAR: Milliseconds = 120;
/** Each change of rate costs a key frame, so they are kept apart. */
const BETWEEN_DECREASES: Milliseconds = 750;
const FIRST_PROBE: Milliseconds = 4_000;
const LAST_PROBE: Milliseconds = 32_000;

/**
 * The video bit rate that the uplink can hold. Down at once, to four fifths of what gets through, when frames wait; up by a sixth
 * after some quiet seconds. An increase that fills the link again doubles the wait before the next.
 */
export class RateController {
  readonly #target: BitsPerSecond;
  readonly #floor: BitsPerSecond;
  #cap: BitsPerSecond;
  #rate: BitsPerSecond;
  #changedAt: Milliseconds | null = null;
  #clearSince: Milliseconds | null = null;
  #probeAfter: Milliseconds = FIRST_PROBE;
  #lastWasIncrease = false;

  constructor(options: RateControllerOptions) {
    this.#target = options.target;
    this.#floor = Math.min(options.floor ?? DEFAULT_FLOOR, options.target);
    this.#cap = options.target;
    this.#rate = options.target;
  }

  get rate(): BitsPerSecond {
    return this.#rate;
  }

  /** The server's own limit. Returns the new rate, or null where it does not change. */
  limit(bitrate: BitsPerSecond): BitsPerSecond | null {
    this.#cap = Math.max(this.#floor, Math.min(bitrate, this.#target));
    return this.#rate > this.#cap ? this.#set(this.#cap) : null;
  }

  /** To be called a few times a second. Returns the new rate, or null where it does not change. */
  update(sample: UplinkSample): BitsPerSecond | null {
    const excess = sample.delay - sample.minRoundTrip;
    if (excess > FULL) return this.#decrease(sample);
    if (excess > CLEAR) {
      this.#clearSince = null;
      return null;
    }
    this.#clearSince ??= sample.now;
    if (this.#rate >= this.#cap || sample.now - this.#clearSince < this.#probeAfter) return null;
    this.#clearSince = sample.now;
    this.#changedAt = sample.now;
    this.#lastWasIncrease = true;
    return this.#set(Math.min(this.#cap, Math.round(this.#rate * 1.17)));
  }

  #decrease(sample: UplinkSample): BitsPerSecond | null {
    this.#clearSince = null;
    if (this.#changedAt !== null && sample.now - this.#changedAt < BETWEEN_DECREASES) return null;
    this.#probeAfter = this.#lastWasIncrease ? Math.min(this.#probeAfter * 2, LAST_PROBE) : this.#probeAfter;
    this.#lastWasIncrease = false;
    // What gets through is the link's own figure; a link that stands still gives none, so the rate at least halves.
    const lower = Math.max(this.#floor, Math.min(this.#rate * 0.85, Math.max(sample.throughput * 0.8, this.#rate * 0.5)));
    if (lower >= this.#rate) return null;
    this.#changedAt = sample.now;
    return this.#set(Math.round(lower));
  }

  #set(rate: BitsPerSecond): BitsPerSecond {
    this.#rate = rate;
    return rate;
  }
}
