/**
 * Faces between detections: carried on, smoothed, told apart by where they are, and dropped where none has been found for a while. What is found once and
 * not again was none, and is not shown.
 */
import type { DetectedFace, Milliseconds } from '../../../../src/protocol/index.ts';
import { SteadyPoints } from './steady-points.ts';

/** A face that was not found again for this long is gone. */
export const STALE: Milliseconds = 400;
/**
 * Or for as long as so many rounds of detection, where that is longer. The answer to a picture comes when the next is given to the detector, so what is
 * known is up to two rounds old; the third is for those that take longer than others.
 */
const ROUNDS = 3;
/** But no longer than this. */
const LONGEST_STALE: Milliseconds = 1_500;
/** A slow round is remembered by this share in each that follows: on a busy machine another is to be expected. */
const MEMORY = 0.75;
/** Boxes whose centres are closer than this share of their widths are of one face. */
const SAME = 0.6;
const BOX = 4;
/** Detections that make a face. */
const SURE = 2;

interface Followed {
  readonly points: SteadyPoints;
  readonly found: number;
}

export interface FollowedFace {
  /** In shares of the picture's width and height. */
  readonly box: DetectedFace['box'];
  readonly landmarks: readonly (readonly [number, number])[];
}

export class FaceFollower {
  #faces: readonly Followed[] = [];
  #lastFound: Milliseconds | null = null;
  /** What one takes, the slow ones of late counting most. */
  #round: Milliseconds = 0;

  /** A detector has found these in the picture of this time; pictures come in order. */
  found(faces: readonly DetectedFace[], at: Milliseconds): void {
    if (this.#lastFound !== null) this.#round = Math.max(at - this.#lastFound, MEMORY * this.#round);
    this.#lastFound = at;
    const left = this.#faces.filter(({ points }) => this.#isFresh(points, at));
    const followed = faces.map((face): Followed => {
      const values = valuesOf(face);
      const index = left.findIndex(({ points }) => points.length === values.length && isSame(points.at(at), face));
      const [known] = index < 0 ? [] : left.splice(index, 1);
      if (known === undefined) return { points: new SteadyPoints(values, at), found: 1 };
      known.points.measure(values, at, face.box.width);
      return { points: known.points, found: known.found + 1 };
    });
    // A detector may miss a face now and then.
    this.#faces = [...followed, ...left];
  }

  at(time: Milliseconds): FollowedFace[] {
    return this.#faces
      .filter(({ points, found }) => found >= SURE && this.#isFresh(points, time))
      .map(({ points }) => faceOf(points.at(time)));
  }

  /** A time before the measurement is one that has begun anew. */
  #isFresh({ measuredAt }: SteadyPoints, time: Milliseconds): boolean {
    return Math.abs(time - measuredAt) <= Math.min(Math.max(ROUNDS * this.#round, STALE), LONGEST_STALE);
  }
}

function valuesOf({ box, landmarks = [] }: DetectedFace): number[] {
  return [box.x, box.y, box.width, box.height, ...landmarks.flat()];
}

function faceOf(values: Float64Array): FollowedFace {
  const [x = 0, y = 0, width = 0, height = 0] = values;
  const landmarks: [number, number][] = [];
  for (let index = BOX; index + 1 < values.length; index += 2) landmarks.push([values[index] ?? 0, values[index + 1] ?? 0]);
  return { box: { x, y, width, height }, landmarks };
}

function isSame([x = 0, y = 0, width = 0, height = 0]: Float64Array, { box }: DetectedFace): boolean {
  const across = Math.abs(x + width / 2 - box.x - box.width / 2) / Math.max(width, box.width, 1e-6);
  const down = Math.abs(y + height / 2 - box.y - box.height / 2) / Math.max(height, box.height, 1e-6);
  return Math.max(across, down) < SAME;
}
