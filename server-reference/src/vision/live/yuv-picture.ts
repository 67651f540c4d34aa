/** A raw picture as ffmpeg's `yuv420p` lays it out: all of Y, then U and V at half the width and half the height, without gaps. */
import type { Bytes } from '../../../../src/protocol/index.ts';

export interface YuvPicture {
  /** Both even. */
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Half as many samples of colour need even sides: of an odd one, the last row or column is given up. */
export const evenSize = ({ width, height }: Pick<YuvPicture, 'width' | 'height'>): Pick<YuvPicture, 'width' | 'height'> => ({
  width: width - (width % 2),
  height: height - (height % 2),
});

export const yuvBytes = (width: number, height: number): Bytes => (width * height * 3) / 2;

/** A colour as it stands in the planes. */
export interface Ink {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** From red, green and blue, 0 to 255 (ITU-R BT.601, the range of television). */
export function inkOf(red: number, green: number, blue: number): Ink {
  return {
    y: Math.round(16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256),
    u: Math.round(128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256),
    v: Math.round(128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256),
  };
}
