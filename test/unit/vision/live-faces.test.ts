/** How often the pictures of a live stream are looked at, and how far what is drawn trails behind a face that moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';
import { type FaceFinder, LiveFaces } from '../../../server-reference/src/vision/live/live-faces.ts';
import { yuvBytes } from '../../../server-reference/src/vision/live/yuv-picture.ts';
import type { DetectedFace } from '../../../src/protocol/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const log = createLog({ level: 'silent' });
const picture = { width: 16, height: 16, data: new Uint8Array(yuvBytes(16, 16)) };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A detector that takes so long for each picture, and the stream that it looks at. */
class Stream {
  readonly faces: LiveFaces;
  /** Of the pictures that were looked at. */
  readonly looked: number[] = [];
  readonly #took: number;
  readonly #where: (at: number) => DetectedFace[];
  #at = 0;
  #pending: { readonly asked: number; readonly until: number; answer(): void } | null = null;

  constructor(rate: number, { took = 0, where = (_at: number): DetectedFace[] => [] } = {}) {
    this.#took = took;
    this.#where = where;
    const finder: FaceFinder = {
      detect: () => {
        const { promise, resolve } = Promise.withResolvers<{ faces: DetectedFace[] }>();
        const at = this.#at;
        this.looked.push(at);
        this.#pending = { asked: at, until: at + this.#took, answer: () => resolve({ faces: this.#where(at) }) };
        return promise;
      },
    };
    this.faces = new LiveFaces(finder, rate, { clock: new FakeClock(), log }, { failing: () => undefined, recovered: () => undefined });
  }

  async show(at: number): Promise<ReturnType<LiveFaces['look']>> {
    if (this.#pending !== null && (this.#pending.until <= at || at < this.#pending.asked)) {
      this.#pending.answer();
      this.#pending = null;
      await settled();
    }
    this.#at = at;
    return this.faces.look(picture, at);
  }
}

for (const [rate, frameRate, expected] of [
  [15, 30, 15],
  [10, 25, 10],
  [12, 30, 12],
  [60, 30, 30],
  [15, 15, 15],
] as const)
  test(`of ${frameRate} pictures a second, ${expected} are looked at where ${rate} may be`, async () => {
    const stream = new Stream(rate);
    for (let index = 0; index < 4 * frameRate; index++) await stream.show(Math.round((index * 1000) / frameRate));
    assert.ok(Math.abs(stream.looked.length - 4 * expected) <= 1, `${stream.looked.length} in four seconds`);
  });

test('pictures that come late, all at once, are looked at no more often for it', async () => {
  const stream = new Stream(10);
  for (const beginning of [0, 1000, 5000]) for (let at = beginning; at < beginning + 1000; at += 40) await stream.show(at);
  assert.ok(Math.abs(stream.looked.length - 30) <= 1, `${stream.looked.length} in three seconds of pictures`);
});

test('times that begin anew are looked at at once', async () => {
  const stream = new Stream(1);
  await stream.show(3_600_000);
  await stream.show(40);
  await stream.show(80);
  assert.deepEqual(stream.looked, [3_600_000, 40]);
});

test('another source is looked at at once', async () => {
  const stream = new Stream(1);
  await stream.show(0);
  await stream.show(40);
  stream.faces.reset();
  await stream.show(80);
  assert.deepEqual(stream.looked, [0, 80]);
});

test('at 15 detections a second a box trails a face that crosses its own width in 0.8 s by 2 % of that width on average', async () => {
  const width = 0.25;
  // To and fro in four seconds, at most 0.32 of the picture a second.
  const x = (at: number): number => 0.4 + 0.2 * Math.sin((2 * Math.PI * at) / 4000);
  const where = (at: number): DetectedFace[] => [{ box: { x: x(at), y: 0.3, width, height: width }, score: 0.9, landmarks: [] }];
  const stream = new Stream(15, { took: 30, where });
  const trails: number[] = [];
  for (let index = 0; index < 600; index++) {
    const at = (index * 1000) / 30;
    const [face] = await stream.show(at);
    if (index < 30) continue;
    assert.ok(face !== undefined, `none at ${at} ms`);
    trails.push(Math.abs(face.box.x - x(at)) / width);
  }
  const mean = trails.reduce((sum, trail) => sum + trail, 0) / trails.length;
  assert.ok(mean < 0.02 && Math.max(...trails) < 0.06, `${mean} on average, ${Math.max(...trails)} at worst`);
});
