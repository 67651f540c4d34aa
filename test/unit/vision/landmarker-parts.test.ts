/** What the landmarker's worker is made of, without a browser. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { fetchModel, isArchive } from '../../../src/vision/landmarker/face-model.ts';
import { detectionSize } from '../../../src/vision/landmarker/picture-size.ts';
import { RisingClock } from '../../../src/vision/landmarker/rising-clock.ts';
import { textureCanvas } from '../../../src/vision/landmarker/texture-store.ts';

const END_RECORD = Uint8Array.of(0x50, 0x4b, 0x05, 0x06, ...new Uint8Array(18));

describe('the face model', () => {
  const answers: RequestListener = ({ url }, response) => {
    if (url === '/model.task') response.end(END_RECORD);
    else if (url === '/page') response.end('<!doctype html><title>Not here</title>');
    else response.writeHead(404).end();
  };
  const server = createServer(answers);
  let origin = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const fails = async (address: string): Promise<GlasscastError> => {
    const error = await fetchModel(address).then(
      () => null,
      (reason) => reason,
    );
    assert.ok(error instanceof GlasscastError);
    return error;
  };

  it('is fetched', async () => assert.deepEqual(await fetchModel(`${origin}/model.task`), END_RECORD));

  it('that is missing is said to be, with what to do', async () => {
    const { code, message } = await fails(`${origin}/nothing`);
    assert.equal(code, 'model-missing');
    assert.match(message, /npm run models.*glasscast-server models.*set model/);
  });

  it('that is a page is no model', async () => assert.equal((await fails(`${origin}/page`)).code, 'model-missing'));

  it('that nobody answers for is the network’s fault', async () => assert.equal((await fails('http://127.0.0.1:9/')).code, 'network'));

  it('is known by the record at its end', () => {
    assert.equal(isArchive(END_RECORD), true);
    assert.equal(isArchive(Uint8Array.of(...END_RECORD, 1, 2, 3)), true, 'with a comment');
    assert.equal(isArchive(END_RECORD.subarray(0, 20)), false);
    assert.equal(isArchive(new Uint8Array(0)), false);
    assert.equal(isArchive(new Uint8Array(200_000)), false);
  });
});

describe('pictures for detection', () => {
  const table = [
    [
      [1920, 1080],
      [640, 360],
    ],
    [
      [1080, 1920],
      [360, 640],
    ],
    [
      [640, 480],
      [640, 480],
    ],
    [
      [64, 64],
      [64, 64],
    ],
    [
      [8000, 1],
      [640, 1],
    ],
  ] as const;
  for (const [[width, height], [wide, tall]] of table)
    it(`of ${width}x${height} are ${wide}x${tall}`, () =>
      assert.deepEqual(detectionSize({ width, height }), { width: wide, height: tall }));
});

describe('times for MediaPipe', () => {
  it('rise, whatever the source counts from, and are true in their differences', () => {
    const clock = new RisingClock();
    const times = [5_000_000, 5_040_000, 5_100_000, 0, 33_000, 33_000].map((time) => clock.at(time));
    for (const [index, time] of times.entries()) assert.ok(index === 0 || time > (times[index - 1] ?? 0), String(times));
    assert.equal(Math.round((times[2] ?? 0) - (times[1] ?? 0)), 60);
    assert.equal(Math.round((times[4] ?? 0) - (times[3] ?? 0)), 33);
  });
});

describe('the canvas for the CPU', () => {
  /** As MediaPipe calls it. */
  interface Calls {
    createTexture(): object;
    bindTexture(target: number, texture: object | null): void;
    texImage2D(...args: readonly unknown[]): void;
    framebufferTexture2D(target: number, attachment: number, kind: number, texture: object | null): void;
    readPixels(x: number, y: number, width: number, height: number, format: number, type: number, to: Uint8Array, offset: number): void;
  }
  const open = (): Calls => textureCanvas().getContext('webgl2') as unknown as Calls;

  it('gives the pixels back that were put in', () => {
    const context = open();
    const texture = context.createTexture();
    context.bindTexture(3553, texture);
    context.texImage2D(3553, 0, 6408, 6408, 5121, { width: 1, height: 2, data: Uint8ClampedArray.of(1, 2, 3, 4, 5, 6, 7, 8) });
    context.bindTexture(3553, null);
    context.framebufferTexture2D(36160, 36064, 3553, texture);
    const memory = new Uint8Array(10);
    context.readPixels(0, 0, 1, 2, 6408, 5121, memory, 1);
    assert.deepEqual([...memory], [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
  });

  it('throws rather than giving other pixels than were asked for', () => {
    const context = open();
    assert.throws(() => context.readPixels(0, 0, 1, 1, 6408, 5121, new Uint8Array(4), 0));
  });
});
