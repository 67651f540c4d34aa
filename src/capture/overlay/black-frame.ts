import type { Microseconds } from '../../protocol/units.ts';

/** Video's range, by which black is not nought. */
const BLACK = { luma: 16, chroma: 128 } as const;

/** A picture of nothing, for which no canvas is needed. */
export function blackFrame(width: number, height: number, timestamp: Microseconds): VideoFrame {
  const luma = width * height;
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
  const planes = new Uint8Array(luma + 2 * chroma).fill(BLACK.luma, 0, luma).fill(BLACK.chroma, luma);
  return new VideoFrame(planes, { format: 'I420', codedWidth: width, codedHeight: height, timestamp });
}
