/** Which lines between landmarks make the oval of a face, its eyes and the rest. Points are numbered as in MediaPipe's face mesh. */
import { meshEdges } from './mesh-edges.ts';

export const CONTOURS = ['oval', 'eyes', 'brows', 'lips', 'irises', 'nose', 'mesh'] as const;
export type Contour = (typeof CONTOURS)[number];

export const USUAL_CONTOURS: readonly Contour[] = ['oval', 'eyes', 'brows', 'lips'];

/** Points joined one after another; a closed line names its first point again at its end. */
export type Line = readonly number[];

/** A circle around a point, through the others. */
export interface Circle {
  readonly centre: number;
  readonly rim: readonly number[];
}

export interface ContourShapes {
  readonly lines: readonly Line[];
  readonly circles: readonly Circle[];
}

// Written along the lines, from the pairs of points in `FaceLandmarker.FACE_LANDMARKS_*`; a test holds them against those.
const OVAL: Line = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93,
  234, 127, 162, 21, 54, 103, 67, 109, 10,
];
const EYES: readonly Line[] = [
  [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263],
  [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33],
];
const BROWS: readonly Line[] = [
  [276, 283, 282, 295, 285],
  [300, 293, 334, 296, 336],
  [46, 53, 52, 65, 55],
  [70, 63, 105, 66, 107],
];
const LIPS: readonly Line[] = [
  [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61],
  [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78],
];
/** The package knows of no nose: its bridge, and from wing to wing below it. */
const NOSE: readonly Line[] = [
  [168, 6, 197, 195, 5, 4, 1],
  [115, 48, 64, 98, 97, 2, 326, 327, 294, 278, 344],
];
const IRISES: readonly Circle[] = [
  { centre: 473, rim: [474, 475, 476, 477] },
  { centre: 468, rim: [469, 470, 471, 472] },
];

export function shapesOf(contour: Contour): ContourShapes {
  switch (contour) {
    case 'oval':
      return { lines: [OVAL], circles: [] };
    case 'eyes':
      return { lines: EYES, circles: [] };
    case 'brows':
      return { lines: BROWS, circles: [] };
    case 'lips':
      return { lines: LIPS, circles: [] };
    case 'nose':
      return { lines: NOSE, circles: [] };
    case 'irises':
      return { lines: [], circles: IRISES };
    case 'mesh':
      return { lines: meshEdges(), circles: [] };
  }
}

const isContour = (word: string): word is Contour => (CONTOURS as readonly string[]).includes(word);

/** The contours that words name, in any order and case. Unknown words are left out; where none is known, the usual ones are meant. */
export function readContours(words: unknown): readonly Contour[] {
  if (typeof words !== 'string') return USUAL_CONTOURS;
  const named = words
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(isContour);
  return named.length === 0 ? USUAL_CONTOURS : CONTOURS.filter((contour) => named.includes(contour));
}
