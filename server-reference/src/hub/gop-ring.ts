import type { Seconds } from '../../../src/protocol/index.ts';
import type { Frame, RenditionInfo } from './media.ts';

/** The frames since the newest key frame, for outputs that begin later; never more than the window. */
export class GopRing {
  readonly #leading: RenditionInfo;
  readonly #timescales: ReadonlyMap<string, number>;
  readonly #window: Seconds;
  #frames: Frame[] = [];

  constructor(renditions: readonly RenditionInfo[], leading: RenditionInfo, window: Seconds) {
    this.#leading = leading;
    this.#timescales = new Map(renditions.map(({ id, timescale }) => [id, timescale]));
    this.#window = window;
  }

  push(frame: Frame): void {
    const begins = frame.rendition === this.#leading.id && frame.key;
    if (begins) {
      const start = this.#seconds(frame);
      // Tracks arrive interleaved: what belongs behind the key frame may already be here.
      this.#frames = this.#frames.filter((held) => held.rendition !== this.#leading.id && this.#seconds(held) >= start);
    }
    this.#frames.push(frame);
    const horizon = this.#seconds(frame) - this.#window;
    while (this.#frames[0] !== undefined && this.#seconds(this.#frames[0]) < horizon) this.#frames.shift();
  }

  clear(): void {
    this.#frames = [];
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  get byteLength(): number {
    return this.#frames.reduce((sum, frame) => sum + frame.data.byteLength, 0);
  }

  #seconds(frame: Frame): Seconds {
    return frame.dts / (this.#timescales.get(frame.rendition) ?? 1);
  }
}
