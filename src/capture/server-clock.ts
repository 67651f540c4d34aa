import type { Milliseconds } from '../protocol/units.ts';

const KEPT_SAMPLES = 8;

interface Sample {
  readonly offset: Milliseconds;
  readonly roundTrip: Milliseconds;
}

/** Server clock minus ours. The sample with the shortest round trip wins: its error is at most half of that. */
export class ServerClock {
  readonly #samples: Sample[] = [];

  add(sentAt: Milliseconds, receivedAt: Milliseconds, serverTime: Milliseconds): void {
    const roundTrip = receivedAt - sentAt;
    if (roundTrip < 0) return;
    this.#samples.push({ offset: serverTime - (sentAt + receivedAt) / 2, roundTrip });
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }

  /** Null before the first sample. */
  get offset(): Milliseconds | null {
    return this.#best()?.offset ?? null;
  }

  get roundTrip(): Milliseconds | null {
    return this.#best()?.roundTrip ?? null;
  }

  #best(): Sample | undefined {
    return this.#samples.reduce<Sample | undefined>(
      (best, sample) => (best === undefined || sample.roundTrip < best.roundTrip ? sample : best),
      undefined,
    );
  }
}
