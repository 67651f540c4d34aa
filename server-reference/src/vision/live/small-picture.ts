/** The picture that a detector looks at: smaller, and in red, green and blue. */
import type { Picture } from '../detector.ts';
import type { YuvPicture } from './yuv-picture.ts';

/** Faces of a tenth of this width are still found. */
export const DETECTION_WIDTH = 320;

const FRACTION = 16;
const ROUND = 1 << (FRACTION - 1);
const fixed = (factor: number): number => Math.round(factor * (1 << FRACTION));
/** ITU-R BT.601, from the range of television. */
const LUMA = fixed(1.164383);
const RED_V = fixed(1.596027);
const GREEN_U = fixed(-0.391762);
const GREEN_V = fixed(-0.812968);
const BLUE_U = fixed(2.017232);

/**
 * Scales down to at most `width` pixels across, never up. Each pixel is the mean of four that are spread over its place, of colour the nearest sample:
 * a detector sees no difference to more, and it takes a millisecond.
 */
export function smallPicture({ width, height, data }: YuvPicture, most = DETECTION_WIDTH): Picture {
  const across = Math.min(width, most);
  const down = Math.max(1, Math.round((height * across) / width));
  const rgb = new Uint8ClampedArray(across * down * 3);
  const half = width >> 1;
  const planeU = width * height;
  const planeV = planeU + half * (height >> 1);
  const near = columns(width, across, 0.25);
  const far = columns(width, across, 0.75);
  let to = 0;
  for (let row = 0; row < down; row++) {
    const upper = Math.floor(((row + 0.25) * height) / down) * width;
    const lower = Math.floor(((row + 0.75) * height) / down) * width;
    const colour = (Math.floor(((row + 0.5) * height) / down) >> 1) * half;
    for (let column = 0; column < across; column++) {
      const left = near[column] ?? 0;
      const right = far[column] ?? 0;
      const sum = (data[upper + left] ?? 0) + (data[upper + right] ?? 0) + (data[lower + left] ?? 0) + (data[lower + right] ?? 0);
      const y = ((sum + 2) >> 2) - 16;
      const u = (data[planeU + colour + (right >> 1)] ?? 128) - 128;
      const v = (data[planeV + colour + (right >> 1)] ?? 128) - 128;
      const luma = y * LUMA + ROUND;
      rgb[to++] = (luma + v * RED_V) >> FRACTION;
      rgb[to++] = (luma + u * GREEN_U + v * GREEN_V) >> FRACTION;
      rgb[to++] = (luma + u * BLUE_U) >> FRACTION;
    }
  }
  return { width: across, height: down, data: new Uint8Array(rgb.buffer) };
}

function columns(width: number, across: number, share: number): Uint16Array {
  return Uint16Array.from({ length: across }, (_, column) => Math.floor(((column + share) * width) / across));
}
