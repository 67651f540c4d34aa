/** Raw pictures out of a pipe, which cuts them anywhere: each is gathered into bytes of its own, so that it can be drawn on and handed on. */
import type { Bytes } from '../../../../src/protocol/index.ts';

export class RawFrames {
  readonly #size: Bytes;
  #frame: Uint8Array | null = null;
  #filled: Bytes = 0;

  /** @param size of one picture */
  constructor(size: Bytes) {
    this.#size = size;
  }

  push(bytes: Uint8Array): Uint8Array[] {
    const whole: Uint8Array[] = [];
    for (let offset = 0; offset < bytes.byteLength; ) {
      this.#frame ??= Buffer.allocUnsafeSlow(this.#size);
      const piece = bytes.subarray(offset, offset + this.#size - this.#filled);
      this.#frame.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      offset += piece.byteLength;
      if (this.#filled < this.#size) continue;
      whole.push(this.#frame);
      this.#frame = null;
      this.#filled = 0;
    }
    return whole;
  }
}
