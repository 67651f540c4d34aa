/** The faces that detections have found, by id, and where they are between detections. */
import type { Microseconds } from '../../protocol/units.ts';
import { type Face, LANDMARKS } from '../face.ts';
import { FollowedFace } from './followed-face.ts';
import { boxOf } from './landmark-box.ts';
import { matchFaces } from './match-faces.ts';

const NUMBERS_A_FACE = LANDMARKS * 3;

export class FollowedFaces {
  #faces: readonly FollowedFace[] = [];
  #newest: Microseconds | null = null;
  #nextId = 1;

  /** A detection has looked at the picture of that time. Faces that it has not found are gone. */
  detected(landmarks: Float32Array, timestamp: Microseconds): void {
    const found = Array.from({ length: landmarks.length / NUMBERS_A_FACE }, (_, index) =>
      landmarks.subarray(index * NUMBERS_A_FACE, (index + 1) * NUMBERS_A_FACE),
    );
    const matches = matchFaces(
      this.#faces.map((face) => face.at(timestamp).box),
      found.map(boxOf),
    );
    this.#faces = found.map((points, index) => this.#follow(matches[index] ?? null, points, timestamp));
    this.#newest = timestamp;
  }

  /** Null where nothing is known: before the first detection, and where the newest is older than `stale`. */
  at(timestamp: Microseconds, stale: Microseconds): readonly Face[] | null {
    if (this.#newest === null || Math.abs(timestamp - this.#newest) > stale) return null;
    return this.#faces.map((face) => face.at(timestamp));
  }

  /** Nothing is known any more: another source begins. Ids go on. */
  reset(): void {
    this.#faces = [];
    this.#newest = null;
  }

  #follow(known: number | null, points: Float32Array, timestamp: Microseconds): FollowedFace {
    const face = known === null ? undefined : this.#faces[known];
    if (face === undefined) return new FollowedFace(this.#nextId++, points, timestamp);
    face.update(points, timestamp);
    return face;
  }
}
