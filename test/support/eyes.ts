/** Where the eyes are, for tests that hold two detectors beside each other. */
import type { DetectedFace } from '../../src/protocol/index.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In the 68 points of iBUG 300-W, seen from the picture's left: six points around each eye. */
const EYES_OF_68 = [
  [36, 37, 38, 39, 40, 41],
  [42, 43, 44, 45, 46, 47],
] as const;

/**
 * In MediaPipe's mesh, what stands for the same six points: the corners, and two on each lid. Its irises would be another measure: they move with the
 * gaze.
 */
const EYES_OF_478 = [
  [33, 160, 158, 133, 153, 144],
  [362, 385, 387, 263, 373, 380],
] as const;

function centre(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

const centres = (eyes: readonly (readonly number[])[], point: (index: number) => Point): readonly [Point, Point] => {
  const [left, right] = eyes.map((eye) => centre(eye.map(point)));
  if (left === undefined || right === undefined) throw new Error('a face has two eyes');
  return [left, right];
};

/** The centres of the eyes of a face with 68 points, the picture's left one first, in shares of the picture. */
export function eyesOf({ landmarks = [] }: DetectedFace): readonly [Point, Point] {
  return centres(EYES_OF_68, (index) => {
    const [x, y] = landmarks[index] ?? [Number.NaN, Number.NaN];
    return { x, y };
  });
}

/** The same of MediaPipe's mesh: x, y and z of each of its points, as `Face` of `src/vision/face.ts` has them. */
export function eyesOfMesh(landmarks: ArrayLike<number>): readonly [Point, Point] {
  return centres(EYES_OF_478, (index) => ({ x: landmarks[index * 3] ?? Number.NaN, y: landmarks[index * 3 + 1] ?? Number.NaN }));
}
