import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyFrameSchedule } from '../../../src/capture/key-frame-schedule.ts';

const schedule = (): KeyFrameSchedule => new KeyFrameSchedule({ interval: 2_000_000, tolerance: 16_667 });

/** Timestamps of the key frames among these. */
const keys = (subject: KeyFrameSchedule, timestamps: readonly number[]): number[] => timestamps.filter((time) => subject.take(time));

test('the first frame is a key frame', () => {
  assert.equal(schedule().take(123_456_789), true);
});

test('key frames stay on a grid of 2 s however many frames the camera skips', () => {
  // 30 frames a second, every seventh is missing.
  const timestamps = Array.from({ length: 300 }, (_, index) => Math.round((index * 1_000_000) / 30)).filter((_, index) => index % 7 !== 3);
  const found = keys(schedule(), timestamps);
  assert.deepEqual(
    found.map((time) => Math.round(time / 100_000)),
    [0, 20, 40, 60, 80],
  );
});

test('a camera of 29.7 frames a second does not drift away from the grid in an hour', () => {
  const timestamps = Array.from({ length: 29.7 * 3600 }, (_, index) => Math.round((index * 1_000_000) / 29.7));
  const found = keys(schedule(), timestamps);
  assert.equal(found.length, 1_800);
  for (const [index, time] of found.entries()) assert.ok(Math.abs(time - index * 2_000_000) <= 1_000_000 / 29.7 / 2 + 1);
});

test('the frame nearest to a place on the grid takes it, also when it is early', () => {
  const subject = schedule();
  subject.take(0);
  assert.equal(subject.take(1_983_000), false);
  assert.equal(subject.take(1_984_000), true);
  assert.equal(subject.take(2_017_000), false);
});

test('a requested key frame comes with the next frame and does not move the grid', () => {
  const subject = schedule();
  subject.take(0);
  subject.request();
  assert.equal(subject.take(700_000), true);
  assert.equal(subject.take(733_000), false);
  assert.equal(subject.take(2_000_000), true);
  assert.equal(subject.take(2_700_000), false);
});

test('after a long gap one key frame comes, and the next on the old grid', () => {
  const subject = schedule();
  subject.take(0);
  assert.deepEqual(keys(subject, [9_000_000, 9_033_000, 9_990_000, 10_020_000]), [9_000_000, 9_990_000]);
});

test('a restart makes the next frame the origin of a new grid', () => {
  const subject = schedule();
  subject.take(0);
  subject.restart();
  assert.deepEqual(keys(subject, [500_000, 2_000_000, 2_500_000]), [500_000, 2_500_000]);
});
