import type { BitsPerSecond, Bytes, Milliseconds } from '../protocol/units.ts';

/** Less than this passes too quickly to tell one link from another. */
const BURST: Bytes = 2 * 1024;
/** Of so many bursts the slowest counts. */
const BURSTS = 2;
/** Older bursts say nothing about the link now. */
const FRESH: Milliseconds = 5_000;
/** Round trips are no finer than this. */
const RESOLUTION: Milliseconds = 1;

interface Burst {
  readonly at: Milliseconds;
  readonly rate: BitsPerSecond;
}

/**
 * What the link holds beyond what is sent just now: a key frame is many times as large as the frames around it, and what it takes longer
 * than the shortest round trip is the time in which the link passed it. A lower bound: whatever was on its way before it took part of that time.
 */
export class BurstMeter {
  #minRoundTrip: Milliseconds | null = null;
  #bursts: Burst[] = [];

  /** Shortest round trip so far; null before the first. */
  get minRoundTrip(): Milliseconds | null {
    return this.#minRoundTrip;
  }

  /** A push was acknowledged. */
  acknowledged(bytes: Bytes, roundTrip: Milliseconds, now: Milliseconds): void {
    this.#minRoundTrip = Math.min(this.#minRoundTrip ?? roundTrip, roundTrip);
    if (bytes < BURST) return;
    const passing = Math.max(RESOLUTION, roundTrip - this.#minRoundTrip);
    this.#bursts = [...this.#bursts.slice(1 - BURSTS), { at: now, rate: (bytes * 8_000) / passing }];
  }

  /** Null until enough bursts have passed lately. */
  capacity(now: Milliseconds): BitsPerSecond | null {
    const fresh = this.#bursts.filter(({ at }) => now - at <= FRESH);
    return fresh.length < BURSTS ? null : Math.min(...fresh.map(({ rate }) => rate));
  }
}
