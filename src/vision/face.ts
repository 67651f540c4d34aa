/** Faces as a detector in the page sees them. */
import type { Milliseconds } from '../protocol/units.ts';

/** A rectangle in shares of the picture's width and height, 0 to 1; parts of a face beyond the edge reach further. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The points of MediaPipe's face mesh, the ten of the irises included. */
export const LANDMARKS = 478;

export interface Face {
  /** The same for as long as the face is followed; never used again. */
  readonly id: number;
  readonly box: Box;
  /** {@link LANDMARKS} points, each x, y, z: x and y in shares of the picture's width and height, z in shares of its width. */
  readonly landmarks: Float32Array;
}

/** What a detection took, for whoever shows figures. */
export interface DetectionFigures {
  /** `GPU` or `CPU`, whichever was faster when it was tried. */
  readonly delegate: 'CPU' | 'GPU';
  /** Of the newest detection. */
  readonly took: Milliseconds;
  /** Detections in the last second. */
  readonly rate: number;
}
