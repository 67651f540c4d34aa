/** Rectangles, frames and lines straight into the planes of a raw picture. What is outside of it is left out. */
import type { Ink, YuvPicture } from './yuv-picture.ts';

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Fills a rectangle; its edges are rounded to whole pixels. A sample of colour belongs to four pixels and follows any of them. */
export function fillRectangle({ width, height, data }: YuvPicture, x: number, y: number, across: number, down: number, ink: Ink): void {
  if (![x, y, across, down].every(Number.isFinite)) return;
  const left = clamp(Math.round(x), 0, width);
  const top = clamp(Math.round(y), 0, height);
  const right = clamp(Math.round(x + across), 0, width);
  const bottom = clamp(Math.round(y + down), 0, height);
  if (right <= left || bottom <= top) return;
  for (let row = top; row < bottom; row++) data.fill(ink.y, row * width + left, row * width + right);
  const half = width / 2;
  const u = width * height;
  const v = u + half * (height / 2);
  const from = left >> 1;
  const to = (right + 1) >> 1;
  for (let row = top >> 1; row < (bottom + 1) >> 1; row++) {
    data.fill(ink.u, u + row * half + from, u + row * half + to);
    data.fill(ink.v, v + row * half + from, v + row * half + to);
  }
}

/** The edge of a rectangle, inside of it. */
export function drawFrame(picture: YuvPicture, x: number, y: number, across: number, down: number, thickness: number, ink: Ink): void {
  fillRectangle(picture, x, y, across, thickness, ink);
  fillRectangle(picture, x, y + down - thickness, across, thickness, ink);
  fillRectangle(picture, x, y, thickness, down, ink);
  fillRectangle(picture, x + across - thickness, y, thickness, down, ink);
}

/** A square about a point. */
export function drawPoint(picture: YuvPicture, x: number, y: number, size: number, ink: Ink): void {
  fillRectangle(picture, x - size / 2, y - size / 2, size, size, ink);
}

/** A line between two points, as a row of squares. */
export function drawLine(picture: YuvPicture, x0: number, y0: number, x1: number, y1: number, thickness: number, ink: Ink): void {
  const span = inside(picture, x0, y0, x1, y1, thickness);
  if (span === null) return;
  const [from, to] = span;
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) * (to - from)));
  for (let step = 0; step <= steps; step++) {
    const share = from + ((to - from) * step) / steps;
    drawPoint(picture, x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, thickness, ink);
  }
}

/** Which share of a line is in the picture or just beside it (Liang and Barsky): a point far outside must not cost a million steps. */
function inside({ width, height }: YuvPicture, x0: number, y0: number, x1: number, y1: number, margin: number): [number, number] | null {
  if (![x0, y0, x1, y1].every(Number.isFinite)) return null;
  let from = 0;
  let to = 1;
  const limits: [number, number][] = [
    [x0 - x1, x0 + margin],
    [x1 - x0, width + margin - x0],
    [y0 - y1, y0 + margin],
    [y1 - y0, height + margin - y0],
  ];
  for (const [direction, distance] of limits) {
    if (direction === 0 && distance < 0) return null;
    if (direction < 0) from = Math.max(from, distance / direction);
    if (direction > 0) to = Math.min(to, distance / direction);
  }
  return from <= to ? [from, to] : null;
}
