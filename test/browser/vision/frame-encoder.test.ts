/** What encodes pictures, and what becomes of it without a worker that works. */
import { expect } from '@open-wc/testing';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { FrameEncoder } from '../../../src/vision/frames/frame-encoder.ts';
import type { TimerId, Timers } from '../../../src/workers/worker-timers.ts';

/** Timers that fall due when the test says so. */
class Due implements Timers {
  readonly #waiting = new Map<TimerId, () => void>();
  #nextId = 1;

  get waiting(): number {
    return this.#waiting.size;
  }

  setTimeout(callback: () => void): TimerId {
    this.#waiting.set(this.#nextId, callback);
    return this.#nextId++;
  }

  clearTimeout(id: TimerId | undefined): void {
    if (id !== undefined) this.#waiting.delete(id);
  }

  setInterval(): TimerId {
    return expect.fail('nothing is done again and again');
  }

  clearInterval(): void {}

  fall(): void {
    for (const [id, callback] of [...this.#waiting]) if (this.#waiting.delete(id)) callback();
  }
}

const workerOf = (code: string): string => URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));

describe('what encodes pictures', () => {
  const video = document.createElement('video');
  let encoder: FrameEncoder;
  let time: Due;

  before(async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 48];
    const context = canvas.getContext('2d') ?? expect.fail('no canvas');
    context.fillStyle = '#0f0';
    const stream = canvas.captureStream();
    context.fillRect(0, 0, 64, 48);
    video.srcObject = stream;
    video.muted = true;
    await video.play();
  });

  after(() => {
    for (const track of (video.srcObject as MediaStream).getTracks()) track.stop();
  });

  const open = (workerUrl?: string): void => {
    time = new Due();
    encoder = new FrameEncoder({ workerUrl, timers: time, canvas: () => document.createElement('canvas') });
  };
  afterEach(() => {
    encoder.close();
    expect(time.waiting, 'timers').to.equal(0);
  });

  const size = async ({ bytes, type }: { readonly bytes: ArrayBuffer; readonly type: string }): Promise<readonly number[]> => {
    const { width, height } = await createImageBitmap(new Blob([bytes], { type }));
    return [width, height];
  };

  it('makes WebP in a worker, as wide as is wanted and never wider than the source', async () => {
    open();
    const picture = await encoder.encode(video, 32);
    expect([picture.type, encoder.runsIn]).to.deep.equal(['image/webp', 'worker']);
    expect(await size(picture)).to.deep.equal([32, 24]);
    expect(await size(await encoder.encode(video, 2000))).to.deep.equal([64, 48]);
  });

  for (const [what, code] of [
    ['falls silent', ''],
    ['dies on its picture', 'onmessage = () => { throw new Error("no memory"); };'],
    ['does not even begin', 'throw new Error("none");'],
  ] as const)
    it(`loses one picture to a worker that ${what}, and the page goes on`, async () => {
      open(workerOf(code));
      const lost = encoder.encode(video, 32).then(
        () => null,
        (error: GlasscastError) => error.code,
      );
      while (time.waiting === 0 && encoder.runsIn === 'worker') await new Promise((resolve) => setTimeout(resolve));
      if (code === '') time.fall();
      expect(await lost).to.equal('media');
      const picture = await encoder.encode(video, 32);
      expect([picture.type, encoder.runsIn]).to.deep.equal(['image/webp', 'page']);
      expect(await size(picture)).to.deep.equal([32, 24]);
    });

  it('forgets what is under way when it is closed', async () => {
    open(workerOf(''));
    const lost = encoder.encode(video, 32).catch(({ code }: GlasscastError) => code);
    while (time.waiting === 0) await new Promise((resolve) => setTimeout(resolve));
    encoder.close();
    expect(await lost).to.equal('aborted');
  });
});
