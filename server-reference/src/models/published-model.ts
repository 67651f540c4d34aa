import type { Bytes } from '../../../src/protocol/index.ts';

/** A file that is published somewhere, never to change. */
export interface PublishedModel {
  readonly name: string;
  readonly url: string;
  readonly size: Bytes;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** Google's Face Landmarker: 478 points and 52 expressions, in half precision. Apache-2.0. */
export const FACE_LANDMARKER: PublishedModel = {
  name: 'face model',
  url: 'https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task',
  size: 3_758_596,
  sha256: '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff',
};
