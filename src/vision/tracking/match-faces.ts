/** Which face of a detection is which of those followed so far. */
import type { Box } from '../face.ts';
import { distanceOf, overlapOf } from './landmark-box.ts';

/** Between two detections a face moves less than its own size; farther away it is another one. */
const FARTHEST = 0.8;
/** How much larger or smaller the same face may become. */
const MOST_GROWTH = 2.5;

/**
 * Pairs boxes, the best fit first.
 * @param known where the faces that are followed should be by now
 * @param found those of the newest detection
 * @returns for each found one the index of the known one that it is, or null for a new face
 */
export function matchFaces(known: readonly Box[], found: readonly Box[]): (number | null)[] {
  const pairs = found.flatMap((box, at) =>
    known.map((other, index) => ({ at, index, fit: fitOf(other, box) })).filter((pair) => pair.fit > 0),
  );
  pairs.sort((one, other) => other.fit - one.fit);
  const matches = found.map((): number | null => null);
  const taken = new Set<number>();
  for (const { at, index } of pairs) {
    if (matches[at] !== null || taken.has(index)) continue;
    matches[at] = index;
    taken.add(index);
  }
  return matches;
}

/** 0 for boxes that cannot be the same face, more for a better fit. Two that overlap fit better than any that only stand close. */
function fitOf(one: Box, other: Box): number {
  const growth = one.width / other.width;
  if (growth > MOST_GROWTH || growth < 1 / MOST_GROWTH) return 0;
  const distance = distanceOf(one, other);
  return distance > FARTHEST ? 0 : overlapOf(one, other) + 1e-3 * (1 - distance);
}
