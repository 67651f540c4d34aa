/** Our lines against the package's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaceLandmarker } from '@mediapipe/tasks-vision';
import { readLook } from '../../../src/vision/contour-painter.ts';
import { CONTOURS, readContours, shapesOf } from '../../../src/vision/contours.ts';
import { LANDMARKS } from '../../../src/vision/face.ts';

type Connections = readonly { readonly start: number; readonly end: number }[];

const edge = (one: number, other: number): string => `${Math.min(one, other)}-${Math.max(one, other)}`;
const theirs = (...lists: readonly Connections[]): string[] =>
  [...new Set(lists.flatMap((list) => list.map(({ start, end }) => edge(start, end))))].sort();
const ours = (contour: (typeof CONTOURS)[number]): string[] =>
  shapesOf(contour)
    .lines.flatMap((line) => line.slice(1).map((point, index) => edge(line[index] ?? -1, point)))
    .sort();

describe('contours', () => {
  const table = [
    ['oval', [FaceLandmarker.FACE_LANDMARKS_FACE_OVAL]],
    ['eyes', [FaceLandmarker.FACE_LANDMARKS_LEFT_EYE, FaceLandmarker.FACE_LANDMARKS_RIGHT_EYE]],
    ['brows', [FaceLandmarker.FACE_LANDMARKS_LEFT_EYEBROW, FaceLandmarker.FACE_LANDMARKS_RIGHT_EYEBROW]],
    ['lips', [FaceLandmarker.FACE_LANDMARKS_LIPS]],
    ['mesh', [FaceLandmarker.FACE_LANDMARKS_TESSELATION]],
  ] as const;
  for (const [contour, lists] of table)
    it(`of the ${contour} are the lines that MediaPipe says`, () => assert.deepEqual(ours(contour), theirs(...lists)));

  it('of the irises go through the points that MediaPipe says', () => {
    const rims = shapesOf('irises').circles.map(({ rim }) => new Set(rim));
    const wanted = [FaceLandmarker.FACE_LANDMARKS_LEFT_IRIS, FaceLandmarker.FACE_LANDMARKS_RIGHT_IRIS];
    assert.deepEqual(
      rims,
      wanted.map((list) => new Set(list.map(({ start }) => start))),
    );
  });

  it('name no point that is none', () => {
    for (const contour of CONTOURS) {
      const { lines, circles } = shapesOf(contour);
      for (const point of [...lines.flat(), ...circles.flatMap(({ centre, rim }) => [centre, ...rim])])
        assert.ok(Number.isInteger(point) && point >= 0 && point < LANDMARKS, `${contour}: ${point}`);
    }
  });
});

describe('the look of contours', () => {
  const words = [
    ['lips oval', ['oval', 'lips']],
    ['MESH,nose', ['nose', 'mesh']],
    ['eyes eyes', ['eyes']],
    ['eyes moustache', ['eyes']],
    ['moustache', ['oval', 'eyes', 'brows', 'lips']],
    ['', ['oval', 'eyes', 'brows', 'lips']],
    [42, ['oval', 'eyes', 'brows', 'lips']],
    [undefined, ['oval', 'eyes', 'brows', 'lips']],
  ] as const;
  for (const [given, wanted] of words) it(`reads ${JSON.stringify(given)}`, () => assert.deepEqual(readContours(given), wanted));

  it('keeps widths within 0.5 and 20 pixels, and takes the face’s for what is none', () => {
    assert.deepEqual(
      [3, '2.5', '4px', 0, 100, 'thick', null, Number.NaN].map((width) => readLook({ width }).width),
      [3, 2.5, 4, 0.5, 20, null, null, null],
    );
  });
});
