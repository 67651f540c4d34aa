/** What is drawn of a face: its box, and its landmarks, joined where it is known which is which. */
import type { FollowedFace } from './face-follower.ts';
import { drawFrame, drawLine, drawPoint } from './yuv-drawing.ts';
import { inkOf, type YuvPicture } from './yuv-picture.ts';

export const BOX_INK = inkOf(0, 230, 118);
export const LANDMARK_INK = inkOf(255, 235, 59);
/** Pixels of the shorter side for each pixel of a line. */
const PIXELS_A_LINE = 240;

interface Chain {
  readonly from: number;
  readonly to: number;
  readonly closed?: true;
}

/** The 68 landmarks of iBUG 300-W: jaw, brows, nose, eyes, lips. */
const CHAINS_OF_68: readonly Chain[] = [
  { from: 0, to: 16 },
  { from: 17, to: 21 },
  { from: 22, to: 26 },
  { from: 27, to: 30 },
  { from: 31, to: 35 },
  { from: 36, to: 41, closed: true },
  { from: 42, to: 47, closed: true },
  { from: 48, to: 59, closed: true },
  { from: 60, to: 67, closed: true },
];

export function drawFaces(picture: YuvPicture, faces: readonly FollowedFace[]): void {
  const { width, height } = picture;
  const thickness = Math.max(2, Math.round(Math.min(width, height) / PIXELS_A_LINE));
  for (const { box, landmarks } of faces) {
    drawFrame(picture, box.x * width, box.y * height, box.width * width, box.height * height, thickness, BOX_INK);
    if (landmarks.length === 68) drawChains(picture, landmarks, thickness);
    else for (const [x, y] of landmarks) drawPoint(picture, x * width, y * height, thickness, LANDMARK_INK);
  }
}

function drawChains(picture: YuvPicture, landmarks: FollowedFace['landmarks'], thickness: number): void {
  const { width, height } = picture;
  const join = (from: number, to: number): void => {
    const [x0, y0] = landmarks[from] ?? [Number.NaN, Number.NaN];
    const [x1, y1] = landmarks[to] ?? [Number.NaN, Number.NaN];
    drawLine(picture, x0 * width, y0 * height, x1 * width, y1 * height, thickness, LANDMARK_INK);
  };
  for (const { from, to, closed } of CHAINS_OF_68) {
    for (let index = from; index < to; index++) join(index, index + 1);
    if (closed === true) join(to, from);
  }
}
