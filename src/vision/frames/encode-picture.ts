/** Scales a picture and makes a file of it: WebP, or JPEG where the browser writes no WebP. */
import { GlasscastError } from '../../protocol/errors.ts';
import type { Bytes } from '../../protocol/units.ts';
import { foreignPicture } from './grab-picture.ts';

export interface EncodedPicture {
  readonly bytes: ArrayBuffer;
  readonly type: 'image/webp' | 'image/jpeg';
}

/** A canvas that makes files, in a worker or on a page. */
export interface EncoderCanvas {
  readonly canvas: OffscreenCanvas | HTMLCanvasElement;
  toBlob(type: string, quality: number): Promise<Blob | null>;
}

/** What the server takes. */
export const MOST_BYTES: Bytes = 512 * 1024;
/** Good enough for a detector; lower where the file would be too large. */
const QUALITIES = [0.8, 0.6, 0.35];

let writesWebp = true;

/**
 * Draws the picture at that size and encodes it.
 * @throws GlasscastError `unsupported` where nothing can be drawn or encoded, `invalid` where the page may not read the picture
 */
export async function encodePicture(
  source: EncoderCanvas,
  picture: CanvasImageSource,
  size: { readonly width: number; readonly height: number },
): Promise<EncodedPicture> {
  const { canvas } = source;
  if (canvas.width !== size.width) canvas.width = size.width;
  if (canvas.height !== size.height) canvas.height = size.height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (context === null) throw new GlasscastError('unsupported', 'This browser has no canvas left to draw on.');
  context.imageSmoothingQuality = 'medium';
  context.drawImage(picture, 0, 0, size.width, size.height);
  for (const quality of QUALITIES) {
    const blob = await encode(source, quality);
    if (blob.size <= MOST_BYTES) return { bytes: await blob.arrayBuffer(), type: writesWebp ? 'image/webp' : 'image/jpeg' };
  }
  throw new GlasscastError('limit', 'The picture is too large to be sent, however it is encoded. Set a smaller frame-width.');
}

async function encode(source: EncoderCanvas, quality: number): Promise<Blob> {
  if (writesWebp) {
    const blob = await write(source, 'image/webp', quality);
    if (blob.type === 'image/webp') return blob;
    // HTML, "serialising bitmaps to a file": what a browser cannot write becomes PNG.
    writesWebp = false;
  }
  return await write(source, 'image/jpeg', quality);
}

async function write(source: EncoderCanvas, type: string, quality: number): Promise<Blob> {
  let blob: Blob | null;
  try {
    blob = await source.toBlob(type, quality);
  } catch (cause) {
    throw cause instanceof DOMException && cause.name === 'SecurityError' ? foreignPicture(cause) : cause;
  }
  if (blob === null) throw new GlasscastError('unsupported', 'This browser could not encode the picture.');
  return blob;
}

/** In a worker, and on pages that have it. */
export function offscreenEncoder(): EncoderCanvas {
  const canvas = new OffscreenCanvas(1, 1);
  return { canvas, toBlob: (type, quality) => canvas.convertToBlob({ type, quality }) };
}
