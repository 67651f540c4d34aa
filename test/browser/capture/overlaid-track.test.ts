/** Track in, track out: frames that a test writes into one track, and reads from the other. */
import { expect } from '@open-wc/testing';
import { type OverlaidTrack, type OverlaidTrackOptions, openOverlaidTrack } from '../../../src/capture/overlay/overlaid-track.ts';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { registerOverlay } from '../../../src/vision/overlay-registry.ts';
import { FrameSource } from '../../support/frame-source.ts';

const NOWHERE = { model: '/no-model.task', wasm: '/no-wasm' };
const BLUE = [0, 0, 255];
const RED = [255, 0, 0];

/** Draws a red square in the upper left corner; on frames whose timestamp is odd it has nothing to draw. */
const SQUARE = `export default ({ fails, slow, hides } = {}) => ({
  hides,
  appliesTo: ({ timestamp }) => timestamp % 2 === 0,
  draw(context) {
    const until = performance.now() + (slow ?? 0);
    while (performance.now() < until);
    context.fillStyle = '#f00';
    context.fillRect(0, 0, 40, 40);
    if (fails) throw new Error('no more paint');
  },
})`;

const moduleOf = (source: string): string => URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));

interface Seen {
  readonly timestamp: number;
  readonly width: number;
  readonly height: number;
  /** Of the upper left and the lower right corner. */
  readonly corner: readonly number[];
  readonly far: readonly number[];
}

async function look(frame: VideoFrame): Promise<Seen> {
  const { timestamp, displayWidth: width, displayHeight: height } = frame;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas');
  context.drawImage(frame, 0, 0);
  frame.close();
  const pixel = (x: number, y: number): number[] =>
    [...context.getImageData(x, y, 1, 1).data.slice(0, 3)].map((value) => Math.round(value / 51) * 51);
  return { timestamp, width, height, corner: pixel(10, 10), far: pixel(width - 10, height - 10) };
}

describe('an overlaid track', () => {
  const { Worker: RealWorker } = globalThis;
  let source: FrameSource;
  let overlaid: OverlaidTrack | null;
  let output: ReadableStreamDefaultReader<VideoFrame> | null;
  let notices: GlasscastError[];
  let workers: Worker[];

  const open = async (
    overlays: OverlaidTrackOptions['overlays'],
    host: 'auto' | 'page' = 'auto',
    input: MediaStreamTrack = source.track,
  ): Promise<OverlaidTrack> => {
    const track = await openOverlaidTrack(input, { overlays, host, vision: NOWHERE, notice: (error) => notices.push(error) });
    overlaid = track;
    output = new MediaStreamTrackProcessor({ track: track.track as MediaStreamVideoTrack }).readable.getReader();
    if (input === source.track) await flowing();
    return track;
  };

  /** A track that was just connected may lose its first frames on the way: tiny, odd times until one comes out, and then the last. */
  const flowing = async (): Promise<void> => {
    const pace = setInterval(() => void source.send(source.sent + 2), 20);
    let { timestamp } = await next();
    clearInterval(pace);
    while (timestamp < source.sent) ({ timestamp } = await next());
  };

  const next = async (): Promise<Seen> => {
    const { value } = (await output?.read()) ?? {};
    return value === undefined ? expect.fail('the output has ended') : await look(value);
  };

  /** What comes out for a frame that goes in: the output is idle before and after. */
  const through = async (timestamp: number, width?: number, height?: number): Promise<Seen> => {
    const [seen] = await Promise.all([next(), source.send(timestamp, width, height)]);
    return seen;
  };

  /** The same where the source has just been connected: what is sent meanwhile may be lost, and is sent again a little later in its time. */
  const throughNew = async (timestamp: number, width?: number, height?: number): Promise<Seen> => {
    const again = setInterval(() => void source.send(source.sent + 2, width, height), 2000);
    try {
      return await through(timestamp, width, height);
    } finally {
      clearInterval(again);
    }
  };

  before(() => {
    registerOverlay('square', moduleOf(SQUARE));
    registerOverlay(
      'hide-face',
      moduleOf('export default ({ never }) => never ? new Promise(() => {}) : Promise.reject(new Error("none"))'),
    );
    registerOverlay('veil', '/no-such-module.js', { hides: true });
    registerOverlay('page-veil', () => Promise.reject(new Error('none')), { hides: true });
    registerOverlay('page-square', () => ({
      draw(context) {
        context.fillStyle = '#f00';
        context.fillRect(0, 0, 40, 40);
      },
    }));
  });

  beforeEach(() => {
    source = new FrameSource();
    overlaid = null;
    output = null;
    notices = [];
    workers = [];
    globalThis.Worker = class extends RealWorker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        workers.push(this);
      }
    };
  });

  afterEach(async () => {
    globalThis.Worker = RealWorker;
    await output?.cancel();
    overlaid?.close();
    source.stop();
  });

  for (const host of ['auto', 'page'] as const) {
    const place = host === 'auto' ? 'in workers' : 'on the page';

    it(`carries what an overlay draws, and every frame's time, ${place}`, async () => {
      const track = await open([{ name: 'square' }], host);
      expect(await through(1000)).to.deep.equal({ timestamp: 1000, width: 320, height: 240, corner: RED, far: BLUE });
      // The overlay has nothing to draw on it.
      expect(await through(34_333)).to.deep.equal({ timestamp: 34_333, width: 320, height: 240, corner: BLUE, far: BLUE });
      expect((await through(67_666)).corner).to.deep.equal(RED);
      expect(track.figures.runsIn).to.equal(host === 'auto' ? 'worker' : 'page');
      expect(workers).to.have.length(host === 'auto' ? 2 : 0);
    });

    it(`follows another size in the middle, ${place}`, async () => {
      await open([{ name: 'square' }], host);
      for (const [index, [width, height]] of [
        [320, 240],
        [240, 320],
        [322, 242],
      ].entries()) {
        const seen = await through(1000 + index * 40_000, width, height);
        expect(seen).to.deep.equal({ timestamp: 1000 + index * 40_000, width, height, corner: RED, far: BLUE });
      }
    });

    it(`lets pictures through where drawing throws, and says so once, ${place}`, async () => {
      await open([{ name: 'square', options: { fails: true } }], host);
      for (const timestamp of [1000, 34_000, 68_000]) expect((await through(timestamp)).corner).to.deep.equal(BLUE);
      expect(notices.map(({ code }) => code)).to.deep.equal(['media']);
    });
  }

  it('shows nothing where what fails is there to hide something', async () => {
    const track = await open([{ name: 'square', options: { fails: true, hides: true } }]);
    for (const timestamp of [1000, 34_000]) expect((await through(timestamp)).far).to.deep.equal([0, 0, 0]);
    expect(notices.map(({ code }) => code)).to.deep.equal(['media']);
    await track.setOverlays([]);
    expect((await through(68_000)).far).to.deep.equal(BLUE);
  });

  it('sends no picture once a second painter is lost that was to hide something', async () => {
    const track = await open([{ name: 'square', options: { hides: true } }]);
    await through(2000);
    workers[1]?.dispatchEvent(new ErrorEvent('error', { message: 'crashed' }));
    while (track.figures.runsIn !== 'worker') await new Promise((resolve) => setTimeout(resolve));
    workers[2]?.dispatchEvent(new ErrorEvent('error', { message: 'crashed' }));
    expect(notices.map(({ code }) => code)).to.deep.equal(['aborted', 'media']);
    await source.send(40_000);
    await track.setOverlays([]);
    // What was held meanwhile was to be hidden.
    expect((await through(80_000)).timestamp).to.equal(80_000);
  });

  it('shows nothing where what is to hide faces cannot be made', async () => {
    await open([{ name: 'hide-face' }]);
    expect((await through(2000)).far).to.deep.equal([0, 0, 0]);
    expect(notices.map(({ code }) => code)).to.deep.equal(['invalid', 'media']);
  });

  for (const name of ['veil', 'page-veil']) {
    it(`shows nothing where an overlay of the page that is registered as hiding cannot be made: ${name}`, async () => {
      await open([{ name: 'square' }, { name }]);
      const { corner, far } = await through(2000);
      expect([corner, far]).to.deep.equal([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      expect(notices.map(({ code }) => code)).to.deep.equal(['invalid', 'media']);
    });
  }

  it('sends no picture where its painters are lost before they can hide faces', async () => {
    const track = await open([{ name: 'square' }]);
    await through(2000);
    void track.setOverlays([{ name: 'hide-face', options: { never: true } }]);
    const crash = new ErrorEvent('error', { message: 'crashed' });
    workers[1]?.dispatchEvent(crash);
    while (workers[2] === undefined) await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => workers[2]?.addEventListener('message', resolve, { once: true }));
    while (notices.length < 2) {
      workers[2].dispatchEvent(crash);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(notices.map(({ code }) => code)).to.deep.equal(['aborted', 'media']);
    expect(notices[1]?.message).to.match(/no picture is sent/);
    await source.send(40_000);
    await track.setOverlays([]);
    expect((await through(80_000)).timestamp).to.equal(80_000);
  });

  it('shows nothing, and stays, for an input that has ended before', async () => {
    const ended = new FrameSource();
    ended.stop();
    const track = await open([{ name: 'square' }], 'auto', ended.track);
    track.setInput(source.track);
    await flowing();
    expect((await through(source.sent + 1001)).corner).to.deep.equal(RED);
  });

  it('draws the others where one throws', async () => {
    await open([{ name: 'square', options: { fails: true } }, { name: 'square' }]);
    expect((await through(1000)).corner).to.deep.equal(RED);
  });

  it('says what it does not know, and draws the rest', async () => {
    await open([{ name: 'no-such' }, { name: 'square' }]);
    expect((await through(1000)).corner).to.deep.equal(RED);
    expect(notices.map(({ code }) => code)).to.deep.equal(['invalid']);
  });

  it('draws overlays that are functions of the page, and leaves the page again', async () => {
    const track = await open([{ name: 'square' }]);
    expect((await through(1000)).corner).to.deep.equal(RED);
    await track.setOverlays([{ name: 'page-square' }]);
    expect((await through(34_001)).corner).to.deep.equal(RED);
    expect(track.figures.runsIn).to.equal('page');
    await track.setOverlays([{ name: 'square' }]);
    expect((await through(68_001)).corner).to.deep.equal(BLUE);
    expect(track.figures.runsIn).to.equal('worker');
  });

  it('goes on with another worker when the one that draws is killed, and says so once', async () => {
    await open([{ name: 'square' }]);
    expect((await through(1000)).corner).to.deep.equal(RED);
    workers[1]?.terminate();
    // Nobody is told that a worker is gone: it gives no answer.
    const pace = setInterval(() => void source.send(source.sent + 50_000), 50);
    const seen = await next();
    clearInterval(pace);
    expect(seen.corner).to.deep.equal(RED);
    expect(notices.map(({ code }) => code)).to.deep.equal(['aborted']);
    expect(workers).to.have.length(3);
  });

  it('sends the raw picture once a second painter is lost', async () => {
    await open([{ name: 'square' }]);
    for (const index of [1, 2]) {
      await through(index * 40_000);
      workers[index]?.dispatchEvent(new ErrorEvent('error', { message: 'crashed' }));
      while (index === 1 && overlaid?.figures.runsIn !== 'worker') await new Promise((resolve) => setTimeout(resolve));
    }
    expect((await through(200_000)).corner).to.deep.equal(BLUE);
    expect(notices.map(({ code }) => code)).to.deep.equal(['aborted', 'media']);
  });

  it('draws on the page where no worker can run', async () => {
    globalThis.Worker = class {
      constructor() {
        throw new DOMException('refused', 'SecurityError');
      }
    } as unknown as typeof Worker;
    const track = await open([{ name: 'square' }]);
    expect(await through(1000)).to.deep.equal({ timestamp: 1000, width: 320, height: 240, corner: RED, far: BLUE });
    expect(track.figures.runsIn).to.equal('page');
  });

  it('shows another input from where the first one was, in rising time, and black where there is none', async () => {
    const track = await open([{ name: 'square' }]);
    const first = source;
    expect((await through(900_000)).timestamp).to.equal(900_000);
    const second = new FrameSource();
    source = second;
    track.setInput(second.track);
    // Its clock is behind: its frames follow the others all the same.
    const moved = await throughNew(2000, 640, 480);
    expect(moved).to.include({ width: 640, height: 480 });
    expect(moved.timestamp).to.be.greaterThan(900_000);
    expect((await through(source.sent + 40_000)).timestamp).to.equal(moved.timestamp + 40_000);
    const [black] = await Promise.all([next(), track.setInput(null)]);
    expect(black.far).to.deep.equal([0, 0, 0]);
    expect(track.track.readyState).to.equal('live');
    track.setInput(first.track);
    source = first;
    expect((await throughNew(2_000_000)).timestamp).to.equal(source.sent);
    second.stop();
  });

  it('outlives an input that ends by itself', async () => {
    const track = await open([{ name: 'square' }]);
    await through(1000);
    const [black] = await Promise.all([next(), source.stop()]);
    expect(black.corner).to.deep.equal([0, 0, 0]);
    source = new FrameSource();
    track.setInput(source.track);
    expect((await throughNew(90_000)).corner).to.deep.equal(RED);
  });

  it('drops what is too fast for an overlay, and queues nothing', async () => {
    const track = await open([{ name: 'square', options: { slow: 60 } }]);
    const began = performance.now();
    const pace = setInterval(() => void source.send(1000 + Math.round((performance.now() - began) * 500) * 2), 10);
    const late: number[] = [];
    while (late.length < 12) {
      const { timestamp } = await next();
      late.push(source.sent - timestamp);
    }
    clearInterval(pace);
    // In flight one, waiting at most one: no more than two paintings behind, however long it lasts.
    expect(Math.max(...late.slice(-4)), `late: ${late}`).to.be.lessThan(250_000);
    expect(track.figures.dropped).to.be.greaterThan(10);
  });

  it('is turned on and off a hundred times by one worker', async () => {
    const track = await open([]);
    const paint = [{ name: 'square' }];
    for (let index = 0; index < 100; index++) {
      await track.setOverlays(index % 2 === 0 ? paint : []);
      const seen = await through(40_000 * (index + 1));
      expect(seen.corner, `${index}`).to.deep.equal(index % 2 === 0 ? RED : BLUE);
    }
    expect(workers).to.have.length(2);
    expect(notices).to.deep.equal([]);
  });

  it('lets everything go when somebody else ends its track', async () => {
    const track = await open([{ name: 'square' }], 'page');
    await through(2000);
    track.track.stop();
    const pace = setInterval(() => void source.send(source.sent + 40_000), 40);
    while (track.figures.runsIn !== null) await new Promise((resolve) => setTimeout(resolve));
    clearInterval(pace);
    expect(source.track.readyState).to.equal('live');
  });

  it('closes every frame that it takes, ends its own track and leaves the input alone', async () => {
    const frames: VideoFrame[] = [];
    const { VideoFrame: RealFrame } = globalThis;
    const { clone } = RealFrame.prototype;
    const { read } = ReadableStreamDefaultReader.prototype;
    const keep = <T>(frame: T): T => {
      if (frame instanceof RealFrame) frames.push(frame);
      return frame;
    };
    RealFrame.prototype.clone = function (this: VideoFrame) {
      return keep(clone.call(this));
    };
    ReadableStreamDefaultReader.prototype.read = async function (this: ReadableStreamDefaultReader) {
      const result = await read.call(this);
      keep(result.value);
      return result;
    };
    globalThis.VideoFrame = new Proxy(RealFrame, { construct: (target, args: [never]) => keep(new target(...args)) });
    try {
      const track = await open([{ name: 'square' }], 'page');
      for (let index = 1; index < 20; index++) await through(40_000 * index + (index % 2));
      const left = source.send(2_000_000);
      track.close();
      await left;
      expect(track.track.readyState).to.equal('ended');
      expect(source.track.readyState).to.equal('live');
      await output?.cancel();
      expect(frames.length).to.be.greaterThan(60);
      // A frame that was closed, or handed on, has no pixels.
      expect(frames.filter(({ codedWidth }) => codedWidth > 0).length, `of ${frames.length}`).to.equal(0);
    } finally {
      RealFrame.prototype.clone = clone;
      ReadableStreamDefaultReader.prototype.read = read;
      globalThis.VideoFrame = RealFrame;
    }
  });
});
