/** Where the samples that an encoder was fed stand on the session's timeline. */
import type { Ticks } from '../../../src/protocol/index.ts';

interface Run {
  readonly first: number;
  readonly length: number;
  readonly dts: Ticks;
  readonly duration: Ticks;
}

/** Runs that are remembered: some ten seconds of packets. */
const MOST_RUNS = 512;

export class SampleTimes {
  readonly #runs: Run[] = [];
  #end = 0;

  /** Samples given so far. */
  get end(): number {
    return this.#end;
  }

  /** So many samples follow, which last from `dts` for `duration`: a little more or less than their number, where the timeline is slewed. */
  push(length: number, dts: Ticks, duration: Ticks): void {
    this.#runs.push({ first: this.#end, length, dts, duration });
    this.#end += length;
    if (this.#runs.length > MOST_RUNS) this.#runs.shift();
  }

  /** From when to when a run of samples lasts; null where they were not given, or long ago. */
  span(first: number, length: number): { readonly from: Ticks; readonly to: Ticks } | null {
    const last = first + length - 1;
    const [from, to] = [this.#find(first), this.#find(last)];
    if (from === undefined || to === undefined) return null;
    return { from: at(from, first), to: at(to, last + 1) };
  }

  #find(sample: number): Run | undefined {
    return this.#runs.find(({ first, length }) => sample >= first && sample < first + length);
  }
}

function at({ first, length, dts, duration }: Run, sample: number): Ticks {
  return dts + ((sample - first) * duration) / length;
}
