/** Boxes around landmarks. */
import type { Box } from '../face.ts';

/** The smallest box that holds all points. */
export function boxOf(landmarks: Float32Array): Box {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < landmarks.length; index += 3) {
    const x = landmarks[index] ?? 0;
    const y = landmarks[index + 1] ?? 0;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The shared part of two boxes, as a share of what both cover: 0 apart, 1 the same. */
export function overlapOf(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (one.width * one.height + other.width * other.height - shared);
}

/** How far apart the centres are, in shares of the larger box's edges. */
export function distanceOf(one: Box, other: Box): number {
  const x = (one.x + one.width / 2 - other.x - other.width / 2) / Math.max(one.width, other.width);
  const y = (one.y + one.height / 2 - other.y - other.height / 2) / Math.max(one.height, other.height);
  return Math.hypot(x, y);
}
