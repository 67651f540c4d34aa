import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameRateLimit } from '../../../src/capture/frame-rate-limit.ts';

/** Frames a second that pass of a camera of so many, after its first two seconds; frames are up to `jitter` ms early or late. */
function passing(wanted: number, camera: number, jitter = 0): number {
  const limit = new FrameRateLimit(wanted);
  let passed = 0;
  for (let index = 0; index < camera * 12; index++) {
    const timestamp = (index * 1_000_000) / camera + Math.sin(index * 2.4) * jitter * 1_000;
    if (limit.accept(Math.round(timestamp)) && index >= camera * 2) passed++;
  }
  return passed / 10;
}

const cameras: [camera: number, jitter: number, passed: number, tolerance: number][] = [
  [7, 20, 7, 0],
  [24, 5, 24, 0],
  [29.97, 10, 29.97, 0.05],
  [30, 12, 30, 0],
  [31, 5, 31, 0],
  [60, 3, 30, 0.6],
  [120, 1, 30, 0.6],
];
for (const [camera, jitter, passed, tolerance] of cameras) {
  test(`of ${camera} frames a second, ${passed} pass where 30 were asked for`, () => {
    const rate = passing(30, camera, jitter);
    assert.ok(Math.abs(rate - passed) <= tolerance, `${rate} passed`);
  });
}

test('what passes of 60 frames a second is evenly spaced', () => {
  const limit = new FrameRateLimit(30);
  const times = Array.from({ length: 600 }, (_, index) => Math.round((index * 1_000_000) / 60)).filter((time) => limit.accept(time));
  const gaps = times.slice(-100).map((time, index, all) => (index === 0 ? 33_333 : time - (all[index - 1] ?? 0)));
  for (const gap of gaps) assert.ok(Math.abs(gap - 33_333) < 2, `${gap} µs apart`);
});
