/**
 * Coordinates that are measured now and then, smoothed and carried on in between: a one-euro filter (Casiez, Roussel and Vogel, CHI 2012) for all of
 * them, whose speed then says where they are by now. What stands still is smoothed more than what moves.
 */
import type { Milliseconds } from '../../../../src/protocol/index.ts';

/** Hertz, for what stands still. */
const LEAST_CUTOFF = 1.5;
/** Hertz more for each unit a second. */
const BETA = 4;
const SPEED_CUTOFF = 2;
/** Nothing is carried on for longer than this: a face that turns round would leave its box. */
const LONGEST_LEAP: Milliseconds = 150;

export class SteadyPoints {
  readonly #values: Float64Array;
  readonly #speeds: Float64Array;
  #at: Milliseconds;

  constructor(values: ArrayLike<number>, at: Milliseconds) {
    this.#values = Float64Array.from(values);
    this.#speeds = new Float64Array(values.length);
    this.#at = at;
  }

  get measuredAt(): Milliseconds {
    return this.#at;
  }

  get length(): number {
    return this.#values.length;
  }

  /** @param unit what a coordinate moves by is measured in this, for a face its width: near ones move by more than far ones */
  measure(values: ArrayLike<number>, at: Milliseconds, unit: number): void {
    const seconds = (at - this.#at) / 1000;
    if (seconds <= 0) return;
    const speedShare = share(SPEED_CUTOFF, seconds);
    for (let index = 0; index < this.#values.length; index++) {
      const before = this.#values[index] ?? 0;
      const measured = values[index] ?? before;
      const speed = this.#speeds[index] ?? 0;
      const smoothed = speed + speedShare * ((measured - before) / seconds - speed);
      this.#speeds[index] = smoothed;
      const cutoff = LEAST_CUTOFF + (BETA * Math.abs(smoothed)) / Math.max(unit, 1e-3);
      this.#values[index] = before + share(cutoff, seconds) * (measured - before);
    }
    this.#at = at;
  }

  /** Where they are at that time. */
  at(time: Milliseconds): Float64Array {
    const seconds = Math.min(Math.max(time - this.#at, 0), LONGEST_LEAP) / 1000;
    return this.#values.map((value, index) => value + (this.#speeds[index] ?? 0) * seconds);
  }
}

/** Weight of a new value in a filter of first order. */
const share = (cutoff: number, seconds: number): number => 1 / (1 + 1 / (2 * Math.PI * cutoff * seconds));
