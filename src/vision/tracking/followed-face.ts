/** One face through time: smoothed where it was seen, carried on where it was not looked for. */
import type { Microseconds, Seconds } from '../../protocol/units.ts';
import type { Box, Face } from '../face.ts';
import { boxOf } from './landmark-box.ts';
import { OneEuroFilter } from './one-euro-filter.ts';

/** Speeds are in face widths a second. A still face is smoothed to about a quarter; one that crosses its own width in a second hardly. */
const SMOOTHING = { minCutoff: 3, beta: 12, derivativeCutoff: 1.5 };
/** Beyond this, where a face went to is a guess. */
const FARTHEST_AHEAD: Seconds = 0.12;
/** In shares of the face's width: no face jumps farther than this between two looks. */
const FARTHEST_MOVE = 0.3;
/** How much a newest speed counts against those before. */
const SPEED_WEIGHT = 0.5;

interface Point {
  readonly x: number;
  readonly y: number;
}

const centreOf = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height / 2 });

export class FollowedFace {
  readonly id: number;
  readonly #filter = new OneEuroFilter(SMOOTHING);
  #landmarks: Float32Array;
  #box: Box;
  #seen: Point;
  #seenAt: Microseconds;
  /** In shares of the picture a second. */
  #speed: Point = { x: 0, y: 0 };

  constructor(id: number, landmarks: Float32Array, timestamp: Microseconds) {
    this.id = id;
    this.#seen = centreOf(boxOf(landmarks));
    this.#seenAt = timestamp;
    this.#landmarks = this.#filter.filter(landmarks, 0, 1);
    this.#box = boxOf(this.#landmarks);
  }

  /** It was found again in the picture of that time. */
  update(landmarks: Float32Array, timestamp: Microseconds): void {
    const elapsed = (timestamp - this.#seenAt) / 1e6;
    const box = boxOf(landmarks);
    const seen = centreOf(box);
    if (elapsed > 0) {
      // Of the points as seen: those of the filter come late.
      this.#speed = {
        x: this.#speed.x + SPEED_WEIGHT * ((seen.x - this.#seen.x) / elapsed - this.#speed.x),
        y: this.#speed.y + SPEED_WEIGHT * ((seen.y - this.#seen.y) / elapsed - this.#speed.y),
      };
    }
    this.#seen = seen;
    this.#seenAt = timestamp;
    this.#landmarks = this.#filter.filter(landmarks, elapsed, Math.max(box.width, 1e-3));
    this.#box = boxOf(this.#landmarks);
  }

  /** Where it should be at that time: its newest landmarks, moved along for as long as that is likely. */
  at(timestamp: Microseconds): Face {
    const move = this.#moveBy((timestamp - this.#seenAt) / 1e6);
    const landmarks = this.#landmarks.slice();
    for (let index = 0; index < landmarks.length; index += 3) {
      landmarks[index] = (landmarks[index] ?? 0) + move.x;
      landmarks[index + 1] = (landmarks[index + 1] ?? 0) + move.y;
    }
    return { id: this.id, box: { ...this.#box, x: this.#box.x + move.x, y: this.#box.y + move.y }, landmarks };
  }

  #moveBy(ahead: Seconds): Point {
    const time = Math.min(Math.max(ahead, 0), FARTHEST_AHEAD);
    const x = this.#speed.x * time;
    const y = this.#speed.y * time;
    const length = Math.hypot(x, y);
    const most = FARTHEST_MOVE * this.#box.width;
    return length <= most ? { x, y } : { x: (x * most) / length, y: (y * most) / length };
  }
}
