/** The sample table of one track (ISO/IEC 14496-12 §8.5 to §8.7), collected fragment by fragment. */
import type { Samples } from './fragments.ts';
import type { RecordedInit, RecordedRendition } from './recording-index.ts';

/** `count` entries of `value`, one after the other. */
export interface Run {
  count: number;
  readonly value: number;
}

export interface TableChunk {
  /** From the beginning of the media. */
  readonly at: number;
  samples: number;
  /** Index of its sample description. */
  readonly description: number;
}

export class TrackTable {
  readonly rendition: RecordedRendition;
  readonly sizes: number[] = [];
  readonly chunks: TableChunk[] = [];
  /** Numbers of key frames, from 1. */
  readonly keys: number[] = [];
  readonly compositions: Run[] = [];
  /** Init sections that are in use; equal ones count once. */
  readonly inits: RecordedInit[] = [];
  /** Decode time of the first sample. */
  start: number | null = null;
  readonly #durations: Run[] = [];
  #end = 0;
  #last = 0;

  constructor(rendition: RecordedRendition) {
    this.rendition = rendition;
  }

  /** Of all samples. */
  get duration(): number {
    return this.#end - (this.start ?? 0);
  }

  get durations(): readonly Run[] {
    return this.sizes.length === 0 ? [] : [...this.#durations, { count: 1, value: this.#last }];
  }

  beginChunk(epoch: number, at: number): void {
    const init = this.rendition.inits.get(epoch);
    if (init === undefined) throw new Error(`there is no init section of epoch ${epoch}`);
    let description = this.inits.findIndex(({ data }) => data.equals(init.data));
    if (description < 0) description = this.inits.push(init) - 1;
    this.chunks.push({ at, samples: 0, description });
  }

  /** @param start decode time of the first of them; what is missing before it lengthens the sample before it */
  add(start: number, { sizes, durations, offsets, keys }: Samples): void {
    this.start ??= start;
    if (this.sizes.length === 0) {
      this.#end = start;
    } else {
      const last = Math.max(1, this.#last + start - this.#end);
      this.#end += last - this.#last;
      this.#last = last;
    }
    for (const [index, size] of sizes.entries()) {
      if (this.sizes.length > 0) push(this.#durations, this.#last);
      this.sizes.push(size);
      this.#last = durations[index] ?? 0;
      this.#end += this.#last;
      push(this.compositions, offsets[index] ?? 0);
      if (keys[index] === true) this.keys.push(this.sizes.length);
    }
    const chunk = this.chunks.at(-1);
    if (chunk !== undefined) chunk.samples += sizes.length;
  }
}

function push(runs: Run[], value: number): void {
  const last = runs.at(-1);
  if (last?.value === value) last.count++;
  else runs.push({ count: 1, value });
}
