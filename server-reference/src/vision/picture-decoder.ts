/** Pictures from outside, decoded with libvips. What they claim of themselves is looked at before anything is decoded. */
import sharp from 'sharp';
import { LIMITS } from '../../../src/protocol/index.ts';
import type { Picture } from './detector.ts';

/** What is wrong with a picture, in words for its sender. */
export class PictureError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PictureError';
  }
}

export interface DecodedPicture {
  readonly picture: Picture;
  /** Before it was scaled, upright. */
  readonly width: number;
  readonly height: number;
}

/** Pixels of the longer side of what a detector gets: more show it nothing more, and cost time. */
const DETECTED_SIDE = 640;

// One picture at a time in each thread, none of them twice.
sharp.concurrency(1);
sharp.cache(false);

const begins = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(text, 'latin1').equals(bytes.subarray(at, at + text.length));

/** By its first bytes, whatever it is called. */
function isPicture(bytes: Uint8Array): boolean {
  return begins(bytes, '\xff\xd8\xff') || begins(bytes, '\x89PNG\r\n\x1a\n') || (begins(bytes, 'RIFF') && begins(bytes, 'WEBP', 8));
}

/** Of an animation, its first picture. Throws {@link PictureError}. */
export async function decodePicture(encoded: Uint8Array): Promise<DecodedPicture> {
  if (encoded.byteLength > LIMITS.pictureBytes) throw new PictureError(`A picture has at most ${LIMITS.pictureBytes / 1024} KiB.`);
  if (!isPicture(encoded)) throw new PictureError('This is no WebP, JPEG or PNG.');
  try {
    // Reads no more than the header, so that it needs no limit; what is refused is refused in words.
    const { width, height } = (await sharp(encoded, { limitInputPixels: false }).metadata()).autoOrient;
    if (width > LIMITS.pictureSide || height > LIMITS.pictureSide)
      throw new PictureError(`A picture of ${width}x${height} is too large: it has at most ${LIMITS.pictureSide} pixels a side.`);
    const options = { failOn: 'truncated', limitInputPixels: LIMITS.pictureSide ** 2, sequentialRead: true, autoOrient: true } as const;
    const { data, info } = await sharp(encoded, options)
      .resize({ width: DETECTED_SIDE, height: DETECTED_SIDE, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { picture: { width: info.width, height: info.height, data }, width, height };
  } catch (cause) {
    if (cause instanceof PictureError) throw cause;
    // What the library says names its functions; its first line tells what is wrong.
    const [line = ''] = cause instanceof Error ? cause.message.split('\n') : [];
    throw new PictureError(`The picture cannot be decoded: ${line}`, { cause });
  }
}
