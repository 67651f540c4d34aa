/** The rhythm of pictures that are sent to be looked at, and what becomes of them where a browser writes no WebP. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { encodePicture } from '../../../src/vision/frames/encode-picture.ts';
import type { FrameAnswer } from '../../../src/vision/frames/frame-answer.ts';
import { FrameLoop } from '../../../src/vision/frames/frame-loop.ts';
import type { FrameSender } from '../../../src/vision/frames/frame-sender.ts';
import { FakeTime } from '../../support/fake-time.ts';

const PICTURE = { bytes: new ArrayBuffer(1), type: 'image/webp' } as const;
const FACES: FrameAnswer = { kind: 'faces', reply: { faces: [], width: 1, height: 1, ms: 1 } };
const busy = (retryAfter: number | null): FrameAnswer => ({ kind: 'busy', error: new GlasscastError('limit', 'much to do'), retryAfter });
const of = (kind: 'failed' | 'lost' | 'refused'): FrameAnswer => ({ kind, error: new GlasscastError('server', kind) });

/** A loop of half a second; what it sends is answered with these, one after the other, the last again and again; null: never. */
function open(...answers: readonly (FrameAnswer | null)[]) {
  const time = new FakeTime(0);
  const sent: number[] = [];
  const told: string[] = [];
  const takes: (() => Promise<typeof PICTURE | null>)[] = [];
  const left = [...answers];
  const sender: FrameSender = {
    ready: () => Promise.resolve(),
    send: () => {
      sent.push(time.now());
      const answer = (left.length > 1 ? left.shift() : left[0]) ?? null;
      return answer === null ? new Promise(() => undefined) : Promise.resolve(answer);
    },
    setToken: () => undefined,
    close: () => undefined,
  };
  const loop = new FrameLoop({
    timers: time,
    now: time.now,
    take: () => takes.shift()?.() ?? Promise.resolve(PICTURE),
    sender,
    handler: {
      state: (state) => told.push(state),
      result: () => told.push('result'),
      error: ({ message }) => told.push(`error: ${message}`),
      failed: ({ message }) => told.push(`failed: ${message}`),
    },
    interval: 500,
  });
  loop.start();
  return { loop, sent, takes, time, told };
}

describe('the rhythm of pictures', () => {
  test('is one in each interval, and the next follows an answer that was late at once', async () => {
    const { loop, sent, time, told } = open(FACES, FACES);
    await time.advance(1_000);
    assert.deepEqual(sent, [0, 500, 1000]);
    loop.setInterval(100);
    await time.advance(700);
    assert.deepEqual(sent, [0, 500, 1000, 1500, 1600, 1700]);
    assert.deepEqual(told.slice(0, 3), ['connecting', 'running', 'result']);
    assert.deepEqual(loop.counts, { sent: 6, answered: 6, skipped: 0, lost: 0 });
    loop.stop();
    assert.equal(time.waiting, 0);
  });

  test('waits longer and longer for a busy server, as long as that says, and is itself again after an answer', async () => {
    const { loop, sent, time, told } = open(busy(null), busy(null), busy(5_000), FACES, FACES);
    await time.advance(8_500);
    assert.deepEqual(sent, [0, 1_000, 3_000, 8_000, 8_500]);
    assert.deepEqual(
      told.filter((words) => words.startsWith('error')),
      ['error: much to do'],
      'told once',
    );
    loop.stop();
  });

  test('has no more than ten seconds between two pictures, however long a server is busy', async () => {
    const { loop, sent, time } = open(busy(null));
    await time.advance(60_000);
    const steps = sent.slice(1).map((at, index) => at - (sent[index] ?? 0));
    assert.deepEqual(steps.slice(0, 6), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    loop.stop();
  });

  test('gives a picture up that is not answered within four seconds', async () => {
    const { loop, sent, time, told } = open(null, FACES);
    await time.advance(3_999);
    assert.equal(loop.state, 'running');
    await time.advance(1_001);
    assert.deepEqual(sent, [0, 5_000]);
    assert.deepEqual(told, ['connecting', 'running', 'reconnecting', 'running', 'result']);
    assert.deepEqual(loop.counts, { sent: 2, answered: 1, skipped: 0, lost: 1 });
    loop.stop();
  });

  test('goes on behind a picture that failed or was overtaken, and ends where there will be no answers', async () => {
    const { loop, time, told } = open(of('failed'), { kind: 'skipped' }, of('refused'));
    await time.advance(10_000);
    assert.deepEqual(told, ['connecting', 'running', 'error: failed', 'failed', 'failed: refused']);
    assert.deepEqual(loop.counts, { sent: 3, answered: 0, skipped: 1, lost: 0 });
    assert.equal(time.waiting, 0);
  });

  test('looks again soon where there is no picture yet, and after one that could not be taken', async () => {
    const { loop, sent, takes, time, told } = open(FACES);
    takes.push(
      () => Promise.resolve(null),
      () => Promise.reject(new GlasscastError('media', 'torn')),
    );
    await time.advance(1_100);
    assert.deepEqual(sent, [1_100]);
    assert.ok(told.includes('error: torn'));
    loop.stop();
  });

  test('ends with what does not pass: a picture that the page may not read', async () => {
    const { takes, time, told } = open(FACES);
    takes.push(
      () => Promise.resolve(PICTURE),
      () => Promise.reject(new GlasscastError('invalid', 'foreign')),
    );
    await time.advance(5_000);
    assert.equal(told.at(-1), 'failed: foreign');
    assert.equal(time.waiting, 0);
  });

  test('hears nothing any more once it was stopped', async () => {
    const { loop, time, told } = open(null);
    await time.advance(100);
    loop.stop();
    await time.advance(60_000);
    assert.deepEqual(told, ['connecting', 'running', 'idle']);
  });
});

describe('a picture as a file', () => {
  const context = { drawImage: () => undefined, imageSmoothingQuality: 'low' };
  const canvas = { width: 1, height: 1, getContext: () => context } as unknown as OffscreenCanvas;

  test('is JPEG where a browser makes PNG of what it calls WebP, of less quality where it is too large', async () => {
    const asked: string[] = [];
    const toBlob = (type: string, quality: number): Promise<Blob> => {
      asked.push(`${type} ${quality}`);
      const written = type === 'image/jpeg' ? type : 'image/png';
      return Promise.resolve(new Blob([new Uint8Array(quality > 0.7 ? 600 * 1024 : 1000)], { type: written }));
    };
    const { type, bytes } = await encodePicture({ canvas, toBlob }, {} as CanvasImageSource, { width: 8, height: 6 });
    assert.deepEqual([type, bytes.byteLength, canvas.width, canvas.height], ['image/jpeg', 1000, 8, 6]);
    assert.deepEqual(asked, ['image/webp 0.8', 'image/jpeg 0.8', 'image/jpeg 0.6']);
  });

  test('is refused in words where it stays too large', async () => {
    const toBlob = (type: string): Promise<Blob> => Promise.resolve(new Blob([new Uint8Array(600 * 1024)], { type }));
    await assert.rejects(encodePicture({ canvas, toBlob }, {} as CanvasImageSource, { width: 8, height: 6 }), /frame-width/);
  });
});
