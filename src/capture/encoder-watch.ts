import type { Milliseconds } from '../protocol/units.ts';
import type { LayerEncoder } from './layer-encoder.ts';

/** Encoders that fail more often are not made anew. */
const FAILURES_A_MINUTE = 3;
const MINUTE: Milliseconds = 60_000;
/** Reviews in a row that found frames waiting in an encoder and nothing coming out of it. */
const STALLED = 3;

/** Whether encoders work. */
export class EncoderWatch {
  #failures: Milliseconds[] = [];
  #output = 0;
  #stands = 0;

  /** One has failed. Returns whether that has happened too often. */
  failed(now: Milliseconds): boolean {
    this.#failures = [...this.#failures.filter((at) => now - at < MINUTE), now];
    return this.#failures.length > FAILURES_A_MINUTE;
  }

  /** To be called once a second. Whether they take pictures and give none. */
  isStalled(encoders: readonly LayerEncoder[]): boolean {
    const output = encoders.reduce((sum, encoder) => sum + encoder.output.frames, 0);
    const stands = output === this.#output && encoders.some(({ busy }) => busy);
    this.#output = output;
    this.#stands = stands ? this.#stands + 1 : 0;
    return this.#stands >= STALLED;
  }
}
