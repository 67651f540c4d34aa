import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import { fitPicture, type PictureSize } from './layer-plan.ts';

export interface SizeLimiterOptions {
  /** When nothing is short. */
  readonly picture: PictureSize;
  /** Frames a second. */
  readonly frameRate: number;
  /** Of the picture when nothing is short. */
  readonly bitrate: BitsPerSecond;
  /** What there is of it just now: the first size is chosen by it. */
  readonly rate: BitsPerSecond;
}

/** Shorter sides of the pictures that are sent in place of a larger one. */
const LADDER = [1080, 720, 540, 360, 240] as const;
/** A picture that is hardly smaller is not worth a new encoder and an epoch. */
const WORTH_CHANGING = 0.8;
/** Bits for a pixel of a picture of 720p: with fewer an encoder leaves frames out. */
const BITS_PER_PIXEL = 0.02;
const REFERENCE_PIXELS = 1280 * 720;
/** Larger pictures have larger even areas, and need less for each pixel. */
const EXPONENT = 0.75;
/** Whoever asked for a large picture with few bits gets it while this part of them is there. */
const KEPT = 0.5;
/** A larger size is taken when there is so much more than it needs. */
const ENOUGH = 1.3;
/** A shortage that passes sooner changes nothing. */
const PATIENCE: Milliseconds = 2_000;
const FIRST_WAIT: Milliseconds = 10_000;
const LONGEST_WAIT: Milliseconds = 160_000;
/** A size that holds for so long was right to be taken. */
const PROVEN: Milliseconds = 30_000;

/**
 * How large a picture is sent with what the uplink holds: few bits look better in a small picture that moves than in a large one that stutters.
 * It shrinks after a short while to what the rate is enough for, and grows after a longer one; each time that it grew in vain doubles the wait.
 */
export class SizeLimiter {
  /** Largest first. */
  readonly #sizes: readonly PictureSize[];
  /** At these sizes. */
  #needs: readonly BitsPerSecond[] = [];
  #index: number;
  #shortSince: Milliseconds | null = null;
  #enoughSince: Milliseconds | null = null;
  #grownAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #wait: Milliseconds = FIRST_WAIT;

  constructor({ picture, frameRate, bitrate, rate }: SizeLimiterOptions) {
    const side = Math.min(picture.width, picture.height);
    const smaller = LADDER.filter((rung) => rung <= side * WORTH_CHANGING);
    this.#sizes = [picture, ...smaller.map((rung) => fitPicture(picture, { width: Number.POSITIVE_INFINITY, height: rung }))];
    this.retarget(bitrate, frameRate);
    this.#index = this.#largest(rate, 1);
  }

  get size(): PictureSize {
    return this.#sizes[this.#index] ?? { width: 0, height: 0 };
  }

  /**
   * The same picture is to have another rate.
   * @param bitrate when nothing is short
   */
  retarget(bitrate: BitsPerSecond, frameRate: number): void {
    const needs = this.#sizes.map(
      ({ width, height }) => BITS_PER_PIXEL * REFERENCE_PIXELS * ((width * height) / REFERENCE_PIXELS) ** EXPONENT * frameRate,
    );
    const modesty = Math.min(1, (KEPT * bitrate) / (needs[0] ?? 1));
    this.#needs = needs.map((need) => need * modesty);
  }

  /** To be called about once a second with what the uplink holds for this picture. Returns the size that is to be sent. */
  update(now: Milliseconds, rate: BitsPerSecond): PictureSize {
    const smaller = this.#largest(rate, 1);
    const larger = this.#largest(rate, ENOUGH);
    this.#shortSince = smaller > this.#index ? (this.#shortSince ?? now) : null;
    this.#enoughSince = larger < this.#index ? (this.#enoughSince ?? now) : null;
    if (this.#shortSince !== null && now - this.#shortSince >= PATIENCE) {
      this.#wait = now - this.#grownAt < PROVEN ? Math.min(this.#wait * 2, LONGEST_WAIT) : FIRST_WAIT;
      this.#take(smaller);
    } else if (this.#enoughSince !== null && now - this.#enoughSince >= this.#wait) {
      this.#grownAt = now;
      this.#take(larger);
    }
    return this.size;
  }

  #take(index: number): void {
    this.#index = index;
    this.#shortSince = null;
    this.#enoughSince = null;
  }

  /** The largest size for which there is so many times what it needs; the smallest where there is too little for any. */
  #largest(rate: BitsPerSecond, times: number): number {
    const index = this.#needs.findIndex((need) => rate >= need * times);
    return index === -1 ? this.#sizes.length - 1 : index;
  }
}
