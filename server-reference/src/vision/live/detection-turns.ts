/** When a picture is to be looked at: as often as is wanted, by the times of the pictures. They may come many at once. */
import type { Milliseconds } from '../../../../src/protocol/index.ts';

export class DetectionTurns {
  readonly #interval: Milliseconds;
  #due: Milliseconds | null = null;

  /** @param rate detections a second */
  constructor(rate: number) {
    this.#interval = 1000 / rate;
  }

  /** A time long before the last one is one that has begun anew. */
  isDue(at: Milliseconds): boolean {
    return this.#due === null || at >= this.#due || at < this.#due - 2 * this.#interval;
  }

  /**
   * The picture of this time is looked at. The next falls due an interval after this one *was* due: pictures that come at nearly the rate that is
   * wanted would otherwise miss it by a hair every other time.
   */
  begin(at: Milliseconds): void {
    const next = (this.#due ?? at) + this.#interval;
    this.#due = Math.min(Math.max(next, at), at + this.#interval);
  }
}
