import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampleTimeline } from '../../../src/capture/sample-timeline.ts';

const block = (timestamp: number, sampleRate = 48_000) => ({ timestamp, frames: sampleRate / 100, sampleRate });

test('the first block starts the timeline at its own timestamp', () => {
  const timeline = new SampleTimeline();
  assert.deepEqual(timeline.accept(block(433_899)), { silence: 0, restart: true });
  assert.equal(timeline.end, 443_899);
});

test('jittering timestamps do not move a timeline that counts samples', () => {
  const timeline = new SampleTimeline();
  for (let index = 0; index < 100; index++) {
    const jitter = index % 3 === 1 ? 4_000 : 0;
    assert.equal(timeline.accept(block(index * 10_000 + jitter)).silence, 0);
  }
  assert.equal(timeline.end, 1_000_000);
});

test('lost sound is filled with as much silence', () => {
  const timeline = new SampleTimeline();
  timeline.accept(block(0));
  assert.deepEqual(timeline.accept(block(510_000)), { silence: 24_000, restart: false });
  assert.equal(timeline.end, 520_000);
});

test('a gap of more than two seconds starts anew', () => {
  const timeline = new SampleTimeline();
  timeline.accept(block(0));
  assert.deepEqual(timeline.accept(block(3_000_000)), { silence: 0, restart: true });
  assert.equal(timeline.end, 3_010_000);
});

test('another sample rate starts anew', () => {
  const timeline = new SampleTimeline();
  timeline.accept(block(0));
  assert.equal(timeline.accept(block(10_000, 44_100)).restart, true);
});

test('after a reset what was not encoded is no gap', () => {
  const timeline = new SampleTimeline();
  timeline.accept(block(0));
  timeline.reset();
  assert.deepEqual(timeline.accept(block(900_000)), { silence: 0, restart: true });
});

test('a microphone that is 200 ppm fast never has silence put in', () => {
  const timeline = new SampleTimeline();
  // Its blocks of 10 ms come every 9.998 ms.
  for (let index = 0; index < 360_000; index++) {
    const { silence, restart } = timeline.accept(block(Math.round(index * 9_998)));
    assert.equal(silence, 0);
    assert.equal(restart, index === 0);
  }
});
