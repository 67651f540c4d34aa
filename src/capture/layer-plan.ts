/** Sizes and bit rates of the layers of one picture. */
import type { BitsPerSecond } from '../protocol/units.ts';
import type { EncodingOptions, LayerCount } from './publisher-options.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface PlannedLayer extends PictureSize {
  /** 0 is the smallest, as on the wire. */
  readonly layer: number;
  /** When nothing is short. */
  readonly bitrate: BitsPerSecond;
}

/** Of the bit rate of the best layer, best first: a quarter of the pixels looks as well with a third of the bits. */
const SHARES = [1, 1 / 3, 1 / 10] as const;
/** Smaller pictures are of no use to anybody. */
const SMALLEST_SIDE = 64;
/** Below this no encoder makes a picture. */
const FLOOR: BitsPerSecond = 30_000;

/** H.264 in 4:2:0 has even sizes only. */
const even = (length: number): number => Math.max(2, Math.round(length / 2) * 2);

export const sameSize = (a: PictureSize, b: PictureSize | undefined): boolean => a.width === b?.width && a.height === b.height;

/** Scales a picture down to fit; the box stands upright where the picture does. Never scales up. */
export function fitPicture(picture: PictureSize, box: PictureSize | undefined): PictureSize {
  const down = { width: picture.width & ~1, height: picture.height & ~1 };
  if (box === undefined) return down;
  const long = Math.max(box.width, box.height);
  const short = Math.min(box.width, box.height);
  const scale = Math.min(long / Math.max(down.width, down.height), short / Math.min(down.width, down.height));
  return scale >= 1 ? down : { width: even(down.width * scale), height: even(down.height * scale) };
}

/** The layers of a picture of this size, smallest first; fewer than wanted where they would be too small. */
export function planLayers(picture: PictureSize, options: Pick<EncodingOptions, 'bitrate' | 'layers'>): PlannedLayer[] {
  const side = Math.min(picture.width, picture.height);
  const wanted = SHARES.slice(0, options.layers ?? 1).filter((_, halvings) => halvings === 0 || side >> halvings >= SMALLEST_SIDE);
  return wanted
    .map((share, halvings) => ({
      layer: wanted.length - 1 - halvings,
      width: halvings === 0 ? picture.width : even(picture.width / 2 ** halvings),
      height: halvings === 0 ? picture.height : even(picture.height / 2 ** halvings),
      bitrate: Math.round(options.bitrate * share),
    }))
    .reverse();
}

/** What all layers take together when nothing is short. */
export function totalBitrate({ bitrate, layers }: { bitrate: BitsPerSecond; layers?: LayerCount }): BitsPerSecond {
  return Math.round(SHARES.slice(0, layers ?? 1).reduce((sum, share) => sum + bitrate * share, 0));
}

/** Shares what the uplink holds: every layer gets the same part of what it was to have. */
export function shareBitrate(total: BitsPerSecond, layers: readonly PlannedLayer[]): BitsPerSecond[] {
  const wanted = layers.reduce((sum, { bitrate }) => sum + bitrate, 0);
  const part = Math.min(1, total / wanted);
  return layers.map(({ bitrate }) => Math.min(bitrate, Math.max(FLOOR, Math.round(bitrate * part))));
}
