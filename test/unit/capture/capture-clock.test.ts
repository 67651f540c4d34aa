import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureClock } from '../../../src/capture/capture-clock.ts';

const START = 1_700_000_000_000;

/** Frames of a source whose timestamp 0 is at `origin` on the wall clock, each arriving `delay(index)` ms after its capture. */
function feed(clock: CaptureClock, origin: number, frames: number, interval: number, delay: (index: number) => number, rate = 1): void {
  for (let index = 0; index < frames; index++) {
    const captured = index * interval;
    clock.observe(captured * rate * 1_000, origin + captured + delay(index));
  }
}

test('before the first frame nothing is known', () => {
  const clock = new CaptureClock();
  assert.equal(clock.origin, null);
  assert.equal(clock.wallTime(0), null);
  assert.equal(clock.settled, false);
});

test('the frame that arrives fastest tells the origin, however late the first one was', () => {
  const clock = new CaptureClock();
  feed(clock, START, 46, 33, (index) => (index === 0 ? 400 : index % 10 === 7 ? 3 : 20));
  assert.equal(clock.origin, START + 3);
  assert.equal(clock.wallTime(1_000_000), START + 1_003);
});

test('two tracks of different origins meet at the same instant within their delays', () => {
  const video = new CaptureClock();
  const audio = new CaptureClock();
  feed(video, START - 1_054_772, 60, 33, (index) => (index % 5 === 0 ? 2 : 15));
  feed(audio, START - 433, 200, 10, (index) => (index < 10 ? 96 - index * 9 : 1));
  const flash = START + 900;
  const seen = video.wallTime((flash - (START - 1_054_772)) * 1_000);
  const heard = audio.wallTime((flash - (START - 433)) * 1_000);
  assert.ok(seen !== null && heard !== null);
  assert.ok(Math.abs(seen - heard) < 5);
});

test('it has settled once frames of a third of a second bear it out', () => {
  const clock = new CaptureClock();
  feed(clock, START, 7, 33, () => 5);
  assert.equal(clock.settled, false);
  for (let index = 7; index < 11; index++) clock.observe(index * 33_000, START + index * 33 + 5);
  assert.equal(clock.settled, true);
});

test('a microphone that loses a fifth of a second behind its first block is followed, and not settled before', () => {
  const clock = new CaptureClock();
  // As measured: one block at once, the next 207 ms late, and its timestamps count on as if nothing had been.
  clock.observe(10_000, START + 10);
  let settledAt: number | null = null;
  for (let index = 1; index < 100; index++) {
    const arrival = START + 10 + index * 10 + 207;
    clock.observe((index + 1) * 10_000, arrival);
    if (settledAt === null && clock.settled) {
      settledAt = arrival - START;
      assert.equal(clock.origin, START + 207);
    }
  }
  assert.ok(settledAt !== null && settledAt < 600, `${settledAt}`);
});

test('a microphone that loses a tenth of a second later on is followed within half a second', () => {
  const clock = new CaptureClock();
  feed(clock, START, 1_000, 10, () => 1);
  for (let index = 1_000; index < 1_050; index++) clock.observe(index * 10_000, START + index * 10 + 101);
  assert.equal(clock.origin, START + 101);
});

test('a stall that ends in a burst does not move the estimate', () => {
  const clock = new CaptureClock();
  // A second in which nothing is delivered, then everything at once.
  feed(clock, START, 200, 33, (index) => (index > 100 && index < 130 ? (130 - index) * 33 : 4));
  assert.equal(clock.origin, START + 4);
});

test('frames that are late by turns do not move the estimate', () => {
  const clock = new CaptureClock();
  feed(clock, START, 300, 33, (index) => (index % 4 === 0 ? 3 : 30 + (index % 7) * 10));
  assert.equal(clock.origin, START + 3);
});

test('it follows a microphone whose clock is 200 ppm slow', () => {
  const clock = new CaptureClock();
  // After 60 s the timestamps are 12 ms behind; the windows looked back on allow for less than one of that.
  feed(clock, START, 6_000, 10, () => 4, 1 - 200e-6);
  const origin = clock.origin ?? 0;
  assert.ok(origin >= START + 4 + 12 - 0.7 && origin <= START + 4 + 12, `${origin - START}`);
});

test('a clone keeps the estimate and goes its own way', () => {
  const clock = new CaptureClock();
  feed(clock, START, 50, 33, () => 5);
  const copy = clock.clone();
  copy.observe(0, START - 20);
  assert.equal(clock.origin, START + 5);
  assert.equal(copy.origin, START - 20);
});
