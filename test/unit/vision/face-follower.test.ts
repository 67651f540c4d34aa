/** Faces between detections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaceFollower, STALE } from '../../../server-reference/src/vision/live/face-follower.ts';
import type { DetectedFace } from '../../../src/protocol/index.ts';

const face = (x: number, y = 0.3, width = 0.2): DetectedFace => ({
  box: { x, y, width, height: width },
  score: 0.9,
  landmarks: [
    [x + width / 4, y + width / 4],
    [x + (3 * width) / 4, y + width / 4],
  ],
});

test('a face is shown once it has been found twice', () => {
  const follower = new FaceFollower();
  assert.deepEqual(follower.at(0), []);
  follower.found([face(0.4)], 0);
  assert.deepEqual(follower.at(10), []);
  follower.found([face(0.4)], 50);
  assert.equal(follower.at(60).length, 1);
});

test('what is found once here and once there is no face', () => {
  const follower = new FaceFollower();
  follower.found([face(0.1)], 0);
  follower.found([face(0.7)], 50);
  assert.deepEqual(follower.at(60), []);
});

test('a face that stands still stays where it is, landmarks and all', () => {
  const follower = new FaceFollower();
  for (let at = 0; at <= 500; at += 50) follower.found([face(0.4)], at);
  const [found] = follower.at(530);
  assert.deepEqual(found?.box, { x: 0.4, y: 0.3, width: 0.2, height: 0.2 });
  assert.equal(found?.landmarks.length, 2);
  assert.ok(Math.abs((found?.landmarks[1]?.[0] ?? 0) - 0.55) < 1e-9);
});

test('a face that trembles is shown calmer than it is found', () => {
  const follower = new FaceFollower();
  const shown: number[] = [];
  for (let index = 0; index < 40; index++) {
    follower.found([face(0.4 + (index % 2 === 0 ? 0.004 : -0.004))], index * 50);
    const [found] = follower.at(index * 50);
    if (found !== undefined && index > 10) shown.push(found.box.x);
  }
  assert.ok(Math.max(...shown) - Math.min(...shown) < 0.006, 'less than three quarters of 0.008');
});

test('a face that moves is carried on between detections', () => {
  const follower = new FaceFollower();
  // A fifth of the picture a second.
  for (let at = 0; at <= 2000; at += 100) follower.found([face(0.2 + at / 5000)], at);
  const then = follower.at(2000)[0]?.box.x ?? 0;
  const later = follower.at(2080)[0]?.box.x ?? 0;
  assert.ok(Math.abs(later - then - 0.016) < 0.006, `${later - then}`);
  assert.ok(Math.abs(later - 0.616) < 0.02, `${later} is near where it is`);
});

test('a face that is missed once stays, and is dropped 400 ms after it was last found', () => {
  const follower = new FaceFollower();
  for (let at = 0; at <= 200; at += 50) follower.found([face(0.4)], at);
  follower.found([], 250);
  assert.equal(follower.at(260).length, 1);
  assert.equal(follower.at(200 + STALE).length, 1);
  assert.deepEqual(follower.at(200 + STALE + 1), []);
});

test('two faces stay two, in whichever order they are found', () => {
  const follower = new FaceFollower();
  for (let index = 0; index < 8; index++) {
    const both = [face(0.1 + index / 100), face(0.6 - index / 100)];
    follower.found(index % 2 === 0 ? both : both.reverse(), index * 60);
  }
  const places = follower
    .at(430)
    .map(({ box }) => box.x)
    .sort();
  assert.equal(places.length, 2);
  assert.ok(Math.abs((places[0] ?? 0) - 0.17) < 0.03 && Math.abs((places[1] ?? 0) - 0.53) < 0.03, `${places}`);
});

test('a time that begins anew has no faces of the one before', () => {
  const follower = new FaceFollower();
  for (let at = 100_000; at <= 100_200; at += 50) follower.found([face(0.4)], at);
  assert.deepEqual(follower.at(0), []);
});

test('where detection is slow a face stays for three of its rounds, and 1.5 s at most', () => {
  const follower = new FaceFollower();
  for (let at = 0; at <= 900; at += 300) follower.found([face(0.4)], at);
  assert.equal(follower.at(1800).length, 1);
  assert.deepEqual(follower.at(1801), []);
  follower.found([face(0.4)], 1800);
  follower.found([face(0.4)], 3200);
  assert.equal(follower.at(4700).length, 1);
  assert.deepEqual(follower.at(4701), []);
});

test('a face that is found each time does not come and go, however slow and uneven detection is', () => {
  const follower = new FaceFollower();
  const rounds = [240, 480, 260, 500, 210, 450];
  let round = 0;
  let looking = 0;
  let shown = 0;
  for (let at = 0; at < 20_000; at += 33) {
    // One picture at a time is looked at, the newest when the answer to the one before is there.
    if (at - looking >= (rounds[round % rounds.length] ?? 0)) {
      follower.found([face(0.4)], looking);
      looking = at;
      round++;
    }
    if (round < 2) continue;
    shown++;
    assert.equal(follower.at(at).length, 1, `gone at ${at} ms`);
  }
  assert.ok(shown > 500);
});
