import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OutgoingFrame, SendQueue } from '../../../src/capture/send-queue.ts';

const video = (queuedAt: number, key = false, bytes = 100): OutgoingFrame => ({
  kind: 'video',
  queuedAt,
  record: { track: 0, key, duration: 0, dts: queuedAt * 1_000, cts: 0, data: new Uint8Array(bytes) },
});
const audio = (queuedAt: number): OutgoingFrame => ({
  kind: 'audio',
  queuedAt,
  record: { track: 1, key: true, duration: 20_000, dts: queuedAt * 1_000, cts: 0, data: new Uint8Array(20) },
});

const filled = (...frames: OutgoingFrame[]): SendQueue => {
  const queue = new SendQueue({ maxAge: 1_000 });
  for (const frame of frames) queue.add(frame);
  return queue;
};

const drain = (queue: SendQueue): string[] => {
  const out: string[] = [];
  for (let frame = queue.take(1e9); frame !== null; frame = queue.take(1e9)) {
    out.push(`${frame.kind}${frame.record.key && frame.kind === 'video' ? '!' : ''}@${frame.queuedAt}`);
  }
  return out;
};

test('frames leave in the order in which they came', () => {
  assert.deepEqual(drain(filled(video(0, true), audio(5), video(33), audio(25))), ['video!@0', 'audio@5', 'video@33', 'audio@25']);
});

test('video waits for its first key frame, sound does not', () => {
  const queue = filled(video(0), audio(5), video(33), video(66, true), video(99));
  assert.equal(queue.dropped, 2);
  assert.deepEqual(drain(queue), ['audio@5', 'video!@66', 'video@99']);
});

test('a frame that does not fit the budget stays at the head', () => {
  const queue = filled(video(0, true, 1_000), audio(5));
  assert.equal(queue.take(1_000), null);
  assert.equal(queue.take(1_024)?.queuedAt, 0);
});

test('fresh frames do not expire', () => {
  const queue = filled(video(0, true), video(33));
  assert.equal(queue.expire(1_000), false);
  assert.equal(queue.length, 2);
});

test('stale video is dropped up to the next key frame, which stays', () => {
  const queue = filled(video(0, true), video(33), video(900), video(1_500, true), video(1_533));
  assert.equal(queue.expire(1_100), true);
  assert.equal(queue.dropped, 3);
  assert.equal(queue.needsKey, false);
  assert.deepEqual(drain(queue), ['video!@1500', 'video@1533']);
});

test('with no key frame behind it all video goes, and what follows waits for one', () => {
  const queue = filled(video(0, true), video(33), video(900));
  queue.expire(1_001);
  assert.equal(queue.needsKey, true);
  queue.add(video(1_033));
  queue.add(video(1_066, true));
  assert.deepEqual(drain(queue), ['video!@1066']);
  assert.equal(queue.dropped, 4);
});

test('of sound only what is stale is dropped', () => {
  const queue = filled(video(0, true), audio(10), audio(500), audio(1_000));
  queue.expire(1_100);
  assert.deepEqual(drain(queue), ['audio@500', 'audio@1000']);
});

test('nothing of before a reconnect is replayed', () => {
  const queue = filled(video(0, true), audio(10));
  queue.clear();
  queue.add(video(33));
  assert.deepEqual(drain(queue), []);
  assert.equal(queue.needsKey, true);
});

const layer = (track: number, queuedAt: number, key = false): OutgoingFrame => {
  const frame = video(queuedAt, key);
  return { ...frame, record: { ...frame.record, track } };
};

test('each layer waits for a key frame of its own', () => {
  const queue = filled(layer(0, 0, true), layer(2, 0), layer(0, 33), layer(2, 33, true), layer(2, 66));
  assert.equal(queue.dropped, 1);
  assert.equal(queue.needsKey, false);
  assert.deepEqual(drain(queue), ['video!@0', 'video@33', 'video!@33', 'video@66']);
});

test('a layer that lost a frame asks for a key frame while the other one goes on', () => {
  const queue = filled(layer(0, 0, true), layer(2, 900, true), layer(0, 933));
  queue.expire(1_500);
  assert.equal(queue.needsKey, true);
  assert.deepEqual(drain(queue), ['video!@900']);
  queue.add(layer(0, 1_600));
  queue.add(layer(2, 1_600));
  assert.deepEqual(drain(queue), ['video@1600']);
});

test('a layer that rests is not waited for after the queue was cleared', () => {
  const queue = filled(layer(0, 0, true), layer(2, 0, true));
  queue.clear();
  assert.equal(queue.needsKey, true);
  queue.add(layer(0, 33, true));
  assert.equal(queue.needsKey, false);
});
