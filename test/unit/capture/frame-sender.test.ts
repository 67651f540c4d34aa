import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CreditReply, FrameSender } from '../../../src/capture/frame-sender.ts';
import { decodeChunk } from '../../../src/protocol/frame-chunk.ts';

const BITRATE = 2_000_000;
/** A frame of 30 a second at that rate. */
const FRAME = BITRATE / 8 / 30;

/** A sender, the clock it goes by, and a server whose replies the test gives. */
class Rig {
  stalls = 0;
  now = 1_000_000;
  buffered = 0;
  pushesAtOnce = Number.POSITIVE_INFINITY;
  rates: number[] = [];
  keysNeeded = 0;
  keysAcknowledged = 0;
  readonly refused: unknown[] = [];
  readonly pushes: { chunk: Uint8Array; resolve: (reply: CreditReply) => void; reject: (error: Error) => void }[] = [];
  readonly sender: FrameSender;
  #received = 0;
  #answered = 0;

  constructor() {
    this.sender = new FrameSender({
      bitrate: BITRATE,
      soundBitrate: () => 0,
      now: () => this.now,
      push: (chunk) => new Promise((resolve, reject) => this.pushes.push({ chunk: new Uint8Array(chunk), resolve, reject })),
      pushesAtOnce: () => this.pushesAtOnce,
      bufferedAmount: () => this.buffered,
      onStalled: () => this.stalls++,
      onRate: (rate) => this.rates.push(rate),
      onKeyFrameNeeded: () => this.keysNeeded++,
      onKeyFrameAcknowledged: () => this.keysAcknowledged++,
      onRefused: (error) => this.refused.push(error),
    });
  }

  video(key = false, bytes = FRAME): void {
    this.sender.add({
      kind: 'video',
      queuedAt: this.now,
      record: { track: 0, key, duration: 0, dts: this.now * 1_000, cts: 0, data: new Uint8Array(bytes).fill(1) },
    });
  }

  get records(): { dts: number; key: boolean }[] {
    return this.pushes.flatMap(({ chunk }) => decodeChunk(chunk)).map(({ dts, key }) => ({ dts, key }));
  }

  /** Answers the oldest open push. */
  async answer(window = 4_000_000): Promise<void> {
    const push = this.pushes[this.#answered++];
    assert.ok(push !== undefined, 'no push is open');
    this.#received += push.chunk.byteLength;
    push.resolve({ credit: this.#received + window, received: this.#received });
    await settle();
  }

  get open(): number {
    return this.pushes.length - this.#answered;
  }
}

/** Lets what a settled promise sets off happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('nothing is sent before the topic is joined', () => {
  const rig = new Rig();
  rig.video(true);
  assert.equal(rig.pushes.length, 0);
});

test('a frame is sent the moment it comes', () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  rig.now += 33;
  rig.video();
  assert.deepEqual(
    rig.records.map(({ key }) => key),
    [true, false],
  );
});

test('the reply to a key frame is told', async () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  assert.equal(rig.keysAcknowledged, 0);
  await rig.answer();
  assert.equal(rig.keysAcknowledged, 1);
});

test('no more is sent than the credit allows, and the rest follows with the next credit', async () => {
  const rig = new Rig();
  rig.sender.open(2 * FRAME + 100);
  rig.video(true);
  rig.video();
  rig.video();
  assert.equal(rig.records.length, 2);
  await rig.answer();
  assert.equal(rig.records.length, 3);
});

test('what has gathered goes as one push', async () => {
  const rig = new Rig();
  rig.sender.open(FRAME + 100);
  rig.video(true);
  for (let index = 0; index < 5; index++) rig.video();
  await rig.answer();
  assert.equal(rig.pushes.length, 2);
  assert.equal(rig.records.length, 6);
});

test('a full socket holds frames back', () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  rig.buffered = 1_000_000;
  rig.video();
  assert.equal(rig.pushes.length, 1);
  rig.buffered = 0;
  rig.sender.tick();
  assert.equal(rig.pushes.length, 2);
});

test('a link that stands still lowers the bit rate within a second', () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  for (let elapsed = 0; elapsed < 1_000; elapsed += 200) {
    rig.now += 200;
    rig.video();
    rig.sender.tick();
  }
  assert.ok(rig.rates.length >= 1);
  assert.ok((rig.rates.at(-1) ?? BITRATE) < BITRATE);
});

test('a link that stands still for a minute never makes a queue of two seconds', () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  for (let frame = 0; frame < 1_800; frame++) {
    rig.now += 33;
    rig.video(frame % 60 === 59);
    if (frame % 6 === 0) rig.sender.tick();
  }
  const sentSpan = (rig.records.at(-1)?.dts ?? 0) / 1_000 - 1_000_000;
  assert.ok(sentSpan <= 1_100, `frames of ${sentSpan} ms are on their way`);
  assert.ok(rig.sender.dropped > 1_700);
});

test('after a stall video goes on with a key frame, which is asked for once there is room', async () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  for (let frame = 0; frame < 120; frame++) {
    rig.now += 33;
    rig.video();
  }
  const before = rig.records.length;
  assert.equal(rig.keysNeeded, 0);
  while (rig.open > 0) await rig.answer();
  rig.now += 33;
  rig.video();
  rig.sender.tick();
  assert.equal(rig.keysNeeded, 1);
  assert.equal(rig.records.length, before);
  rig.video(true);
  assert.deepEqual(rig.records.at(-1), { dts: rig.now * 1_000, key: true });
});

test('frames are held while the server prepares an epoch', () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  rig.sender.hold();
  rig.video(true);
  rig.video();
  assert.equal(rig.records.length, 1);
  rig.sender.release();
  assert.equal(rig.records.length, 3);
});

test('nothing of before a drop is sent after it', async () => {
  const rig = new Rig();
  rig.sender.open(FRAME + 100);
  rig.video(true);
  rig.video();
  rig.sender.close();
  rig.pushes[0]?.reject(new Error('dropped'));
  await settle();
  assert.equal(rig.refused.length, 0);
  rig.now += 3_000;
  rig.sender.open(4_000_000);
  rig.video();
  assert.equal(rig.records.length, 1);
  rig.video(true);
  assert.equal(rig.records.length, 2);
});

test('a refused chunk is told and no longer counts as on its way', async () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  rig.pushes[0]?.reject(new Error('invalid'));
  await settle();
  assert.equal(rig.refused.length, 1);
  assert.equal(rig.sender.delay, 0);
});

test("the server's limit lowers the rate at once", () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.sender.limit(700_000);
  assert.deepEqual(rig.rates, [700_000]);
});

test('with two pushes under way frames gather, and go together with the next reply', async () => {
  const rig = new Rig();
  rig.pushesAtOnce = 2;
  rig.sender.open(4_000_000);
  rig.video(true);
  for (let index = 0; index < 6; index++) {
    rig.now += 33;
    rig.video();
  }
  assert.equal(rig.pushes.length, 2);
  await rig.answer();
  assert.equal(rig.pushes.length, 3);
  assert.equal(rig.records.length, 7);
});

test('where two pushes stay unanswered the rate falls within a second, and nothing is sent that is older than a second', async () => {
  const rig = new Rig();
  rig.pushesAtOnce = 2;
  rig.sender.open(4_000_000);
  const began = rig.now;
  rig.video(true);
  let fellAfter = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 5_000; time += 33) {
    rig.now += 33;
    rig.video();
    if (time % 200 < 33) rig.sender.tick();
    if (rig.rates.length > 0) fellAfter = Math.min(fellAfter, rig.now - began);
  }
  assert.ok(fellAfter <= 1_000, `${fellAfter} ms`);
  assert.equal(rig.pushes.length, 2);
  const resumed = rig.now;
  await rig.answer();
  await rig.answer();
  rig.sender.tick();
  assert.ok(rig.keysNeeded > 0, 'a key frame is asked for');
  rig.video(true);
  const late = rig.records.slice(2).filter(({ dts }) => dts / 1_000 < resumed - 1_000);
  assert.deepEqual(late, []);
});

test('where nothing is acknowledged for 2.5 s it is asked whether the way is still there, and again after a while', async () => {
  const rig = new Rig();
  rig.sender.open(4_000_000);
  rig.video(true);
  const wait = (until: number): void => {
    for (; rig.now < until; rig.now += 200) rig.sender.tick();
  };
  const start = rig.now;
  wait(start + 2_400);
  assert.equal(rig.stalls, 0);
  wait(start + 9_000);
  assert.equal(rig.stalls, 1);
  wait(start + 11_000);
  assert.equal(rig.stalls, 2);
  await rig.answer();
  wait(start + 30_000);
  assert.equal(rig.stalls, 2, 'nothing is on its way');
});
