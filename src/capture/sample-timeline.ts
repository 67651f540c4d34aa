import type { Ticks } from '../protocol/units.ts';

const MICROSECONDS = 1_000_000;
/** A step between two blocks beyond this means lost sound; less is jitter. */
const GAP: Ticks = 60_000;
/** Longer gaps are not filled: the timeline starts anew. */
const LONGEST_FILL: Ticks = 2_000_000;

export interface SoundBlock {
  readonly timestamp: Ticks;
  readonly frames: number;
  readonly sampleRate: number;
}

/**
 * Times of sound as the encoder counts them. It takes the first block's timestamp and from there counts samples, so its times follow
 * the microphone's clock and not the blocks' timestamps. Two things follow: lost sound has to be filled with silence, or all that comes
 * later is early; and a block's place on the wall clock has to be measured against these times.
 */
export class SampleTimeline {
  #start: Ticks | null = null;
  #frames = 0;
  #sampleRate = 0;
  #expected: Ticks = 0;

  /**
   * Takes the next block and says what goes before it: frames of silence, or a fresh encoder, whose times start at this block.
   */
  accept(block: SoundBlock): { readonly silence: number; readonly restart: boolean } {
    const duration = (block.frames * MICROSECONDS) / block.sampleRate;
    const gap = this.#start === null ? 0 : block.timestamp - this.#expected;
    const restart = this.#start === null || block.sampleRate !== this.#sampleRate || gap > LONGEST_FILL;
    if (restart) {
      this.#start = block.timestamp;
      this.#frames = 0;
      this.#sampleRate = block.sampleRate;
    }
    const silence = !restart && gap > GAP ? Math.round((gap * block.sampleRate) / MICROSECONDS) : 0;
    this.#frames += silence + block.frames;
    this.#expected = block.timestamp + duration;
    return { silence, restart };
  }

  /** Where the last accepted block ends, as the encoder counts; 0 before the first. */
  get end(): Ticks {
    return this.#start === null ? 0 : this.#start + (this.#frames * MICROSECONDS) / this.#sampleRate;
  }

  /** The next block starts anew, with a fresh encoder. */
  reset(): void {
    this.#start = null;
  }
}
