/**
 * The 1 € filter: a low-pass filter whose cutoff rises with speed, so that what stands still does not tremble and what moves is not late.
 *
 * G. Casiez, N. Roussel, D. Vogel: 1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems. CHI 2012,
 * https://doi.org/10.1145/2207676.2208639
 */
import type { Seconds } from '../../protocol/units.ts';

export interface OneEuroOptions {
  /** In hertz: the cutoff at rest. Lower trembles less. */
  readonly minCutoff: number;
  /** How much the cutoff rises with speed, in hertz per unit of `scale` a second. Higher lags less. */
  readonly beta: number;
  /** In hertz: the cutoff that speed itself is smoothed with. */
  readonly derivativeCutoff: number;
}

/** The weight of a new value, of a first-order low-pass filter with this cutoff, `elapsed` after the one before. */
const weight = (cutoff: number, elapsed: Seconds): number => {
  const tau = 1 / (2 * Math.PI * cutoff);
  return 1 / (1 + tau / elapsed);
};

/** Filters many values of the same times at once, each by itself. */
export class OneEuroFilter {
  readonly #options: OneEuroOptions;
  #values: Float32Array | null = null;
  #speeds = new Float32Array(0);

  constructor(options: OneEuroOptions) {
    this.#options = options;
  }

  /**
   * @param values the newest; as many each time
   * @param elapsed since those before; without meaning for the first ones
   * @param scale the size that speeds are taken relative to
   * @returns the filtered values, which are the filter's own until the next call
   */
  filter(values: Float32Array, elapsed: Seconds, scale: number): Float32Array {
    if (this.#values === null || this.#values.length !== values.length || elapsed <= 0) {
      this.#values = values.slice();
      this.#speeds = new Float32Array(values.length);
      return this.#values;
    }
    const { minCutoff, beta, derivativeCutoff } = this.#options;
    const speedWeight = weight(derivativeCutoff, elapsed);
    const filtered = this.#values;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? 0;
      const before = filtered[index] ?? 0;
      const known = this.#speeds[index] ?? 0;
      const speed = known + speedWeight * ((value - before) / elapsed / scale - known);
      this.#speeds[index] = speed;
      filtered[index] = before + weight(minCutoff + beta * Math.abs(speed), elapsed) * (value - before);
    }
    return filtered;
  }
}
