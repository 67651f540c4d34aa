import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreditReply } from '../../../src/capture/frame-sender.ts';
import { ContainerSender } from '../../../src/capture/recorder/container-sender.ts';
import { recordedKeyFrameInterval, recorderFormats } from '../../../src/capture/recorder/recorder-formats.ts';
import { RecorderRate } from '../../../src/capture/recorder/recorder-rate.ts';

const browser =
  (...types: string[]) =>
  (mimeType: string) =>
    types.includes(mimeType);

test('H.264 in Matroska is taken where it is written, as in Chromium', () => {
  const chromium = browser('video/x-matroska;codecs=avc1,opus', 'video/mp4;codecs=avc3.42E01F,opus', 'video/webm;codecs=vp8,opus');
  assert.deepEqual(
    recorderFormats(true, chromium).map(({ container }) => container),
    ['matroska', 'fmp4', 'webm'],
  );
});

test('VP8 in WebM is what Firefox has', () => {
  const [best, ...others] = recorderFormats(true, browser('video/webm;codecs=vp8,opus'));
  assert.deepEqual(others, []);
  assert.deepEqual(best, { container: 'webm', mimeType: 'video/webm;codecs=vp8,opus', name: 'WebM VP8 + Opus' });
});

test('a recording without sound names no codec for it, and no format twice', () => {
  const types = recorderFormats(false, () => true).map(({ mimeType }) => mimeType);
  assert.ok(types.every((type) => !type.includes(',')));
  assert.equal(new Set(types).size, types.length);
});

test('a browser that records nothing has no format', () => {
  assert.deepEqual(
    recorderFormats(true, () => false),
    [],
  );
});

test('an MP4, whose fragments reach from key frame to key frame, has one at least every half second', () => {
  const formats = recorderFormats(true, browser('video/x-matroska;codecs=avc1,opus', 'video/mp4;codecs=avc3.42E01F,opus'));
  const intervals = formats.map((format) => [2, 1.6, 0.3].map((wanted) => recordedKeyFrameInterval(format, wanted)));
  assert.deepEqual(intervals, [
    [2, 1.6, 0.3],
    [0.5, 0.4, 0.3],
  ]);
});

test('the rate of recordings falls at once, and not again before the fall can show', () => {
  const rate = new RecorderRate(2_000_000);
  assert.equal(rate.update(600, 0), true);
  assert.equal(rate.rate, 1_200_000);
  assert.equal(rate.update(600, 1_000), false);
  assert.equal(rate.update(600, 2_000), true);
  assert.equal(rate.rate, 720_000);
});

test('the rate rises after twenty clear seconds, and later where rising was too much', () => {
  const rate = new RecorderRate(1_000_000);
  rate.update(600, 0);
  const risesAfter = (from: number): number => {
    for (let time = from; ; time += 200) if (rate.update(0, time)) return time - from;
  };
  assert.equal(risesAfter(200), 20_000);
  assert.equal(rate.rate, 840_000);
  assert.equal(rate.update(700, 30_000), true);
  assert.equal(risesAfter(30_200), 40_000);
});

test("the rate stays below the server's limit", () => {
  const rate = new RecorderRate(1_000_000);
  assert.equal(rate.limit(400_000, 0), true);
  for (let time = 0; time < 60_000; time += 200) rate.update(0, time);
  assert.equal(rate.rate, 400_000);
});

class Rig {
  stalls = 0;
  now = 1_000_000;
  pushesAtOnce = Number.POSITIVE_INFINITY;
  acknowledged = 0;
  readonly broken: unknown[] = [];
  readonly pushes: { chunk: Uint8Array; resolve: (reply: CreditReply) => void; reject: (error: Error) => void }[] = [];
  readonly sender = new ContainerSender({
    now: () => this.now,
    push: (chunk) => new Promise((resolve, reject) => this.pushes.push({ chunk: new Uint8Array(chunk), resolve, reject })),
    pushesAtOnce: () => this.pushesAtOnce,
    bufferedAmount: () => 0,
    onStalled: () => this.stalls++,
    onAcknowledged: () => this.acknowledged++,
    onBroken: (error) => this.broken.push(error),
  });

  add(value: number, bytes = 1_000): void {
    this.sender.add(new Uint8Array(bytes).fill(value).buffer);
  }

  get sent(): number[] {
    return [...new Set(this.pushes.flatMap(({ chunk }) => [...chunk]))];
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('bytes of a recording are pushed in order, together where they had to wait', async () => {
  const rig = new Rig();
  rig.pushesAtOnce = 1;
  rig.sender.open(4_000_000);
  for (const value of [1, 2, 3]) rig.add(value);
  assert.equal(rig.pushes.length, 1);
  rig.pushes[0]?.resolve({ credit: 4_000_000, received: 1_000 });
  await settle();
  assert.equal(rig.acknowledged, 1);
  assert.equal(rig.pushes.length, 2);
  assert.deepEqual(rig.sent, [1, 2, 3]);
});

test('a recording whose bytes have waited for a second is given up, and nothing of it is sent later', async () => {
  const rig = new Rig();
  rig.pushesAtOnce = 1;
  rig.sender.open(4_000_000);
  rig.add(1);
  rig.add(2);
  for (let time = 0; time < 1_200; time += 200) {
    rig.now += 200;
    rig.sender.tick();
  }
  assert.deepEqual(rig.broken, [null]);
  rig.add(3);
  rig.pushes[0]?.resolve({ credit: 4_000_000, received: 1_000 });
  await settle();
  assert.deepEqual(rig.sent, [1, 3]);
  assert.equal(rig.acknowledged, 0, 'a reply to the recording before says nothing of this one');
});

test('a refusal breaks the recording it is about, and no other', async () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.add(1);
  rig.sender.begin();
  rig.add(2);
  rig.pushes[0]?.reject(new Error('of the one before'));
  await settle();
  assert.deepEqual(rig.broken, []);
  rig.pushes[1]?.reject(new Error('refused'));
  await settle();
  assert.match(String(rig.broken[0]), /refused/);
});

test('a slice larger than a push is cut, and none is lost', async () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.add(7, 900_000);
  assert.equal(
    rig.pushes.reduce((sum, { chunk }) => sum + chunk.byteLength, 0),
    900_000,
  );
});

test('no more is pushed than the credit allows', async () => {
  const rig = new Rig();
  rig.sender.open(1_500);
  rig.add(1);
  rig.add(2);
  assert.deepEqual(rig.sent, [1]);
  rig.pushes[0]?.resolve({ credit: 11_000, received: 1_000 });
  await settle();
  assert.deepEqual(rig.sent, [1, 2]);
});
