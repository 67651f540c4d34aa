import type { BitsPerSecond, Bytes, Milliseconds } from '../../../src/protocol/index.ts';

/** Bursts (a key frame, a stalled uplink that catches up) may use what this long at the limit would have. */
const BURST: Milliseconds = 4_000;

/** A token bucket over the bytes of one broadcaster. */
export class BitrateLimit {
  readonly #bytesPerMs: number;
  readonly #capacity: Bytes;
  #tokens: Bytes;
  #filledAt: Milliseconds;

  constructor(maxBitrate: BitsPerSecond, now: Milliseconds) {
    this.#bytesPerMs = maxBitrate / 8000;
    this.#capacity = this.#bytesPerMs * BURST;
    this.#tokens = this.#capacity;
    this.#filledAt = now;
  }

  /** How long until so many are not too many; they never are where that is more than a burst. */
  delay(bytes: Bytes, now: Milliseconds): Milliseconds {
    const tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAt) * this.#bytesPerMs);
    return Math.max(0, Math.ceil((Math.min(bytes, this.#capacity) - tokens) / this.#bytesPerMs));
  }

  /** False, and nothing is taken, where these bytes are too many. */
  take(bytes: Bytes, now: Milliseconds): boolean {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAt) * this.#bytesPerMs);
    this.#filledAt = now;
    if (bytes > this.#tokens) return false;
    this.#tokens -= bytes;
    return true;
  }
}
