import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import { type PictureSize, type PlannedLayer, sameSize } from './layer-plan.ts';
import { SizeLimiter } from './size-limiter.ts';

/** What an encoder of another size needs. */
export interface Replacement {
  readonly plan: PlannedLayer;
  readonly config: VideoEncoderConfig;
}

/** Finds a configuration for a layer. */
export type LayerProbe = (plan: PlannedLayer) => Promise<VideoEncoderConfig>;

/** The size of the only layer that is encoded: what the uplink holds decides it, and the encoder for the next one is sought beforehand. */
export class LonePicture {
  #sizes: SizeLimiter | null = null;
  #next: Replacement | null = null;
  /** Counts what was asked for: an answer to anything older is out of date. */
  #asked = 0;

  /** A picture begins. Returns the size that suits what there is for it. */
  begin(picture: PlannedLayer, frameRate: number, rate: BitsPerSecond): PictureSize {
    this.cancel();
    this.#sizes = new SizeLimiter({ picture, bitrate: picture.bitrate, frameRate, rate });
    return this.#sizes.size;
  }

  /** @param bitrate of the same picture when nothing is short */
  retarget(bitrate: BitsPerSecond, frameRate: number): void {
    this.#sizes?.retarget(bitrate, frameRate);
  }

  /** To be called about once a second. Rejects where the browser does not encode the size that is due. */
  async review(now: Milliseconds, rate: BitsPerSecond, current: PlannedLayer, probe: LayerProbe): Promise<void> {
    const size = this.#sizes?.update(now, rate);
    if (size === undefined || sameSize(size, this.#next?.plan ?? current)) return;
    this.cancel();
    if (sameSize(size, current)) return;
    const asked = this.#asked;
    const plan = { ...current, width: size.width, height: size.height };
    const config = await probe(plan);
    if (asked === this.#asked) this.#next = { plan, config };
  }

  /** What takes the place of the encoder from here on; null where it is right as it is. */
  take(): Replacement | null {
    const next = this.#next;
    this.#next = null;
    return next;
  }

  /** What was sought is not needed any more. */
  cancel(): void {
    this.#asked++;
    this.#next = null;
  }
}
