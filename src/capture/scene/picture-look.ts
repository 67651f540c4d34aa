/**
 * What a picture that is made here has in common with the camera's. An encoder describes the colours of its input in the parameter sets (ITU-T
 * H.264 annex E): a card of other colours than the camera's would begin another epoch, and the camera after it one more.
 */
import type { PictureSize } from '../layer-plan.ts';

export interface PictureLook extends PictureSize {
  /** Null: as a canvas has them. */
  readonly colours: VideoColorSpaceInit | null;
}

/** Shares of red and blue in the luminance, by the matrix (ITU-T H.273 table 4). */
const MATRICES: Readonly<Record<string, readonly [red: number, blue: number]>> = {
  bt709: [0.2126, 0.0722],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  'bt2020-ncl': [0.2627, 0.0593],
};

export const sameLook = (one: PictureLook, other: PictureLook): boolean => JSON.stringify(one) === JSON.stringify(other);

export function lookOf({ displayWidth: width, displayHeight: height, colorSpace }: VideoFrame): PictureLook {
  const { primaries, transfer, matrix, fullRange } = colorSpace;
  return { width, height, colours: matrix !== null && matrix in MATRICES ? { primaries, transfer, matrix, fullRange } : null };
}

/** What is on the canvas, in these colours. Each of its pixels is read and computed: not for one picture after the other. */
export function canvasFrame(
  context: OffscreenCanvasRenderingContext2D,
  colours: VideoColorSpaceInit | null,
  timestamp: number,
): VideoFrame {
  const { width, height } = context.canvas;
  const shares = MATRICES[colours?.matrix ?? ''];
  // Chroma is shared by squares of four.
  if (colours === null || shares === undefined || width % 2 !== 0 || height % 2 !== 0) return new VideoFrame(context.canvas, { timestamp });
  const { data } = context.getImageData(0, 0, width, height);
  const planes = toI420(data, width, height, shares, colours.fullRange ?? false);
  return new VideoFrame(planes, { format: 'I420', codedWidth: width, codedHeight: height, timestamp, colorSpace: colours });
}

function toI420(
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
  [red, blue]: readonly [red: number, blue: number],
  full: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const planes = new Uint8ClampedArray((width * height * 3) / 2);
  const black = full ? 0 : 16;
  const luma = (full ? 255 : 219) / 255;
  const chroma = (full ? 255 : 224) / 255;
  const [uStart, vStart] = [width * height, (width * height * 5) / 4];
  const at = (index: number): number => rgba[index] ?? 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = (y * width + x) * 4;
      const [r, b] = [at(pixel), at(pixel + 2)];
      const light = red * r + (1 - red - blue) * at(pixel + 1) + blue * b;
      planes[y * width + x] = black + luma * light;
      if (x % 2 !== 0 || y % 2 !== 0) continue;
      const place = (y * width) / 4 + x / 2;
      planes[uStart + place] = 128 + (chroma * (b - light)) / (2 * (1 - blue));
      planes[vStart + place] = 128 + (chroma * (r - light)) / (2 * (1 - red));
    }
  }
  return planes;
}
