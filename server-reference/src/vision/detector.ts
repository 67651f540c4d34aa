/**
 * What finds faces on the server. Implement it to plug in another one (`--detector ./mine.js`): the module's default export is a
 * {@link DetectorFactory}. Each worker thread loads the module once and makes one detector, which is asked one picture at a time.
 */
import type { DetectedFace } from '../../../src/protocol/index.ts';

/** A picture, decoded: rows from top to bottom without gaps, three bytes a pixel: red, green, blue. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Detector {
  /**
   * Finds the faces in a picture, best first. Coordinates are shares of the picture's width and height, 0 to 1. It may throw: that picture is then
   * answered with an error, and the detector goes on. The bytes are its own until the promise settles, and nobody's afterwards.
   */
  detect(picture: Picture): Promise<readonly DetectedFace[]>;
  /** The thread ends. */
  close?(): void | Promise<void>;
}

/** Loads models and makes a detector ready. What it throws is told to the operator, and to whoever sends pictures as `server`. */
export type DetectorFactory = () => Detector | Promise<Detector>;
