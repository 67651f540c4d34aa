/** What is made of feeds that come, change, stand still and go; with the browser's real frames and canvases. */
import { expect } from '@open-wc/testing';
import type { Card } from '../../../src/capture/publisher-events.ts';
import { PictureScene } from '../../../src/capture/scene/picture-scene.ts';
import { SoundScene } from '../../../src/capture/scene/sound-scene.ts';
import type { TimerId, Timers } from '../../../src/workers/worker-timers.ts';

const CARD: Card = { title: 'Back soon', text: 'A short break of a few minutes, with words enough for more than one line' };

/** Intervals on a clock that the test moves. */
class ManualTime implements Timers {
  #now = 1_700_000_000_000;
  readonly #intervals = new Map<TimerId, { readonly callback: () => void; readonly delay: number; due: number }>();

  readonly now = (): number => this.#now;

  setInterval(callback: () => void, delay: number): TimerId {
    const id = this.#intervals.size + 1;
    this.#intervals.set(id, { callback, delay, due: this.#now + delay });
    return id;
  }

  clearInterval(id: TimerId | undefined): void {
    if (id !== undefined) this.#intervals.delete(id);
  }

  setTimeout(): TimerId {
    throw new Error('scenes have intervals only');
  }

  clearTimeout(): void {
    throw new Error('scenes have intervals only');
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (; this.#now < end; this.#now++) {
      for (const interval of this.#intervals.values()) {
        if (interval.due > this.#now) continue;
        interval.due += interval.delay;
        interval.callback();
      }
    }
  }
}

/** What a stream's end brings about comes in the tasks that follow. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve));
}

/** A feed that a test writes to. */
function feedOf<T>(): { stream: ReadableStream<T>; write(value: T): Promise<void>; end(): void } {
  const queue = new TransformStream<T, T>(undefined, { highWaterMark: 10 }, { highWaterMark: 10 });
  const writer = queue.writable.getWriter();
  return {
    stream: queue.readable,
    write: async (value) => {
      await writer.write(value);
      // The reader takes it in the tasks that follow.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
    },
    end: () => void writer.close(),
  };
}

function picture(colour: string, timestamp: number, width = 320, height = 180): VideoFrame {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2d context');
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  return new VideoFrame(canvas, { timestamp });
}

function colourAt(frame: VideoFrame, x: number, y: number): number[] {
  const context = new OffscreenCanvas(frame.displayWidth, frame.displayHeight).getContext('2d');
  if (context === null) throw new Error('no 2d context');
  context.drawImage(frame, 0, 0);
  return [...context.getImageData(Math.floor(x * frame.displayWidth), Math.floor(y * frame.displayHeight), 1, 1).data.slice(0, 3)];
}

function sound(timestamp: number): AudioData {
  return new AudioData({
    format: 'f32-planar',
    sampleRate: 48_000,
    numberOfFrames: 480,
    numberOfChannels: 1,
    timestamp,
    data: new Float32Array(480).fill(0.5),
  });
}

interface Shown {
  readonly timestamp: number;
  readonly made: boolean;
  readonly size: string;
  readonly middle: number[];
  readonly corner: number[];
}

describe('PictureScene', () => {
  let time: ManualTime;
  let shown: Shown[];
  let ended: string[];
  let stood: number[];
  let scene: PictureScene;

  beforeEach(() => {
    time = new ManualTime();
    shown = [];
    ended = [];
    stood = [];
    const born = time.now();
    scene = new PictureScene({
      now: () => time.now(),
      timers: time,
      origin: () => born,
      frame: (frame, made) => {
        const { timestamp, displayWidth, displayHeight } = frame;
        const [middle, corner] = [colourAt(frame, 0.5, 0.5), colourAt(frame, 0.9, 0.9)];
        shown.push({ timestamp, made, size: `${displayWidth}x${displayHeight}`, middle, corner });
        frame.close();
      },
      ended: (input) => ended.push(input),
      stands: (times) => stood.push(times),
    });
  });

  afterEach(() => scene.close());

  it('lets frames pass as they are', async () => {
    const camera = feedOf<VideoFrame>();
    scene.setMain(camera.stream);
    await camera.write(picture('#f00', 777));
    expect(shown).to.deep.equal([{ timestamp: 777, made: false, size: '320x180', middle: [255, 0, 0], corner: [255, 0, 0] }]);
  });

  it('shows a card at the size of the picture while it is paused, and then the picture again', async () => {
    const camera = feedOf<VideoFrame>();
    scene.setMain(camera.stream);
    await camera.write(picture('#f00', 0));
    scene.setCard(CARD);
    time.advance(1_000);
    await camera.write(picture('#f00', 1_000_000));
    const cards = shown.slice(1);
    expect(cards.length).to.be.within(20, 32);
    for (const { size, corner, made } of cards) expect([size, corner, made]).to.deep.equal(['320x180', [21, 24, 29], true]);
    for (const [index, { timestamp }] of cards.entries()) expect(timestamp).to.be.greaterThan(shown[index]?.timestamp ?? 0);
    scene.setCard(null);
    time.advance(33);
    await camera.write(picture('#f00', 1_033_000));
    expect(shown.at(-1)?.middle).to.deep.equal([255, 0, 0]);
    expect(shown.at(-1)?.timestamp).to.be.greaterThan(shown.at(-2)?.timestamp ?? 0);
  });

  it('shows a card in the colours of the camera, so that its encoder has nothing new to describe', async () => {
    const colours = { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false } as const;
    const camera = (timestamp: number): VideoFrame =>
      new VideoFrame(new Uint8Array((320 * 180 * 3) / 2).fill(128), {
        format: 'I420',
        codedWidth: 320,
        codedHeight: 180,
        timestamp,
        colorSpace: colours,
      });
    const frames: VideoFrame[] = [];
    scene.close();
    scene = new PictureScene({
      now: () => time.now(),
      timers: time,
      origin: () => 1_700_000_000_000,
      frame: (frame) => frames.push(frame),
      ended: () => undefined,
      stands: () => undefined,
    });
    const feed = feedOf<VideoFrame>();
    scene.setMain(feed.stream);
    await feed.write(camera(0));
    scene.setCard(CARD);
    time.advance(100);
    scene.setCard(null);
    await feed.write(camera(200_000));
    const [, card] = frames;
    if (card === undefined) throw new Error('no card');
    expect(card.colorSpace.toJSON()).to.deep.equal(colours);
    for (const [index, value] of colourAt(card, 0.02, 0.02).entries()) expect(value).to.be.closeTo([21, 24, 29][index] ?? 0, 3);

    const descriptions: string[] = [];
    const encoder = new VideoEncoder({
      output: (_chunk, metadata) => {
        const description = metadata?.decoderConfig?.description;
        if (description !== undefined) descriptions.push([...new Uint8Array(description as ArrayBuffer)].join(' '));
      },
      error: (error) => descriptions.push(error.message),
    });
    encoder.configure({ codec: 'avc1.42e014', width: 320, height: 180, bitrate: 200_000, latencyMode: 'realtime', avc: { format: 'avc' } });
    for (const [index, frame] of frames.entries()) {
      encoder.encode(frame, { keyFrame: index === 0 });
      frame.close();
    }
    await encoder.flush();
    encoder.close();
    expect(frames.length).to.be.greaterThan(3);
    expect(new Set(descriptions).size).to.equal(1);
  });

  it('writes on the card', () => {
    const bright: number[] = [];
    scene.close();
    scene = new PictureScene({
      now: () => time.now(),
      timers: time,
      origin: () => null,
      frame: (frame) => {
        const { displayWidth: width, displayHeight: height } = frame;
        const context = new OffscreenCanvas(width, height).getContext('2d');
        if (context === null) throw new Error('no 2d context');
        context.drawImage(frame, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        bright.push(data.filter((value, index) => index % 4 === 1 && value > 150).length);
        frame.close();
      },
      ended: () => undefined,
      stands: () => undefined,
    });
    scene.setCard(CARD);
    time.advance(100);
    expect(bright[0]).to.be.greaterThan(2_000);
  });

  it('tells that the camera has ended, shows a card, and goes on with another of any origin', async () => {
    const camera = feedOf<VideoFrame>();
    scene.setMain(camera.stream);
    time.advance(100);
    await camera.write(picture('#f00', 100_000));
    camera.end();
    await until(() => ended.length > 0);
    expect(ended).to.deep.equal(['main']);
    time.advance(500);
    expect(shown.at(-1)).to.include({ made: true, size: '320x180' });
    const other = feedOf<VideoFrame>();
    scene.setMain(other.stream);
    time.advance(400);
    await other.write(picture('#00f', 88_000_000_000, 240, 240));
    expect(shown.at(-1)).to.deep.include({ made: false, size: '240x240', middle: [0, 0, 255] });
    expect(shown.at(-1)?.timestamp).to.be.within(1_000_000, 1_010_000);
    const before = shown.length;
    await other.write(picture('#00f', 88_000_033_000, 240, 240));
    expect(shown.slice(before).map(({ timestamp }) => timestamp - (shown[before - 1]?.timestamp ?? 0))).to.deep.equal([33_000]);
  });

  it('tells of a feed that gives nothing for two seconds, and tells again until something comes', async () => {
    const camera = feedOf<VideoFrame>();
    scene.setMain(camera.stream);
    time.advance(1_900);
    expect(stood).to.deep.equal([]);
    time.advance(200);
    expect(stood).to.deep.equal([1]);
    time.advance(2_100);
    expect(stood).to.deep.equal([1, 2]);
    await camera.write(picture('#f00', 0));
    time.advance(1_900);
    expect(stood).to.deep.equal([1, 2]);
    time.advance(200);
    expect(stood).to.deep.equal([1, 2, 1]);
    scene.setMain(null);
    time.advance(5_000);
    expect(stood).to.deep.equal([1, 2, 1]);
  });

  it('repeats a picture that stands still', async () => {
    const screen = feedOf<VideoFrame>();
    scene.setMain(screen.stream);
    await screen.write(picture('#0f0', 0));
    time.advance(2_000);
    expect(shown.length).to.be.greaterThan(30);
    expect(shown.every(({ middle }) => middle[1] === 255)).to.equal(true);
  });

  it('draws the inset into the lower corner, and no longer when it is taken away', async () => {
    const [screen, camera] = [feedOf<VideoFrame>(), feedOf<VideoFrame>()];
    scene.setMain(screen.stream);
    scene.setInset(camera.stream);
    await camera.write(picture('#ff0', 5, 64, 48));
    await screen.write(picture('#00f', 1_000, 640, 360));
    expect(shown.at(-1)).to.deep.include({ timestamp: 1_000, size: '640x360', middle: [0, 0, 255], corner: [255, 255, 0] });
    scene.setInset(null);
    await screen.write(picture('#00f', 34_000, 640, 360));
    expect(shown.at(-1)?.corner).to.deep.equal([0, 0, 255]);
  });

  it('moves the inset over a screen that stands still', async () => {
    const [screen, camera] = [feedOf<VideoFrame>(), feedOf<VideoFrame>()];
    scene.setMain(screen.stream);
    await screen.write(picture('#00f', 1_000, 640, 360));
    scene.setInset(camera.stream);
    time.advance(100);
    await camera.write(picture('#f00', 0, 64, 48));
    expect(shown.at(-1)?.corner).to.deep.equal([255, 0, 0]);
  });
});

describe('SoundScene', () => {
  let time: ManualTime;
  let heard: { start: number; end: number; made: boolean; level: number }[];
  let ended: number;
  let scene: SoundScene;

  beforeEach(() => {
    time = new ManualTime();
    heard = [];
    ended = 0;
    const born = time.now();
    scene = new SoundScene({
      now: () => time.now(),
      timers: time,
      origin: () => born,
      block: (block, made) => {
        const samples = new Float32Array(block.numberOfFrames);
        block.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        const end = block.timestamp + (block.numberOfFrames * 1_000_000) / block.sampleRate;
        heard.push({ start: block.timestamp, end, made, level: Math.max(...samples) });
        block.close();
      },
      ended: () => ended++,
    });
  });

  afterEach(() => scene.close());

  const contiguous = (): void => {
    for (const [index, { start }] of heard.slice(1).entries()) expect(start).to.be.closeTo(heard[index]?.end ?? 0, 21_000);
  };

  it('is silent while muted, without a gap, and then sounds again', async () => {
    const microphone = feedOf<AudioData>();
    scene.setFeed(microphone.stream);
    time.advance(10);
    await microphone.write(sound(0));
    scene.setMuted(true);
    for (let block = 0; block < 100; block++) {
      time.advance(10);
      if (block % 20 === 0) await microphone.write(sound(10_000 + block * 10_000));
    }
    expect(heard.slice(1).every(({ level, made }) => level === 0 && made)).to.equal(true);
    expect(heard.at(-1)?.end).to.be.within(900_000, 1_020_000);
    scene.setMuted(false);
    time.advance(20);
    await microphone.write(sound(1_020_000));
    expect(heard.at(-1)?.level).to.equal(0.5);
    contiguous();
  });

  it('is silent once its microphone has ended, and places the next one where it arrives', async () => {
    const microphone = feedOf<AudioData>();
    scene.setFeed(microphone.stream);
    time.advance(10);
    await microphone.write(sound(0));
    microphone.end();
    await until(() => ended > 0);
    expect(ended).to.equal(1);
    time.advance(1_000);
    expect(heard.at(-1)).to.include({ made: true, level: 0 });
    const other = feedOf<AudioData>();
    scene.setFeed(other.stream);
    time.advance(15);
    await other.write(sound(55_000_000));
    expect(heard.at(-1)).to.include({ made: false, level: 0.5 });
    expect(heard.at(-1)?.end).to.be.closeTo(1_025_000, 1_000);
    contiguous();
  });

  it('loses no block whose time jitters: the encoder counts samples', async () => {
    const microphone = feedOf<AudioData>();
    scene.setFeed(microphone.stream);
    for (const timestamp of [0, 10_000, 12_000, 30_000, 31_000, 50_000]) {
      time.advance(10);
      await microphone.write(sound(timestamp));
    }
    expect(heard.map(({ start }) => start)).to.deep.equal([0, 10_000, 12_000, 30_000, 31_000, 50_000]);
  });

  it('begins with the first block, not with silence', () => {
    scene.setMuted(true);
    time.advance(2_000);
    expect(heard).to.deep.equal([]);
  });
});
