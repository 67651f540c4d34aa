import type { Milliseconds } from '../protocol/units.ts';

const KEPT_SAMPLES = 8;

interface Sample {
  readonly offset: Milliseconds;
  readonly roundTrip: Milliseconds;
}

/**
 * Server clock minus ours, from answers to the question what time it is. Half of the round trip is taken for the way back, so the error is
 * at most half of it, and the answer with the shortest one is believed.
 */
export class ClockOffset {
  readonly #samples: Sample[] = [];

  add(sentAt: Milliseconds, receivedAt: Milliseconds, serverTime: Milliseconds): void {
    const roundTrip = receivedAt - sentAt;
    if (roundTrip < 0) return;
    this.#samples.push({ offset: serverTime - (sentAt + receivedAt) / 2, roundTrip });
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }

  /** Null before the first sample. */
  get value(): Milliseconds | null {
    const [first, ...others] = this.#samples;
    if (first === undefined) return null;
    return others.reduce((best, sample) => (sample.roundTrip < best.roundTrip ? sample : best), first).offset;
  }
}
