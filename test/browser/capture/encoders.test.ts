/** The encoders against the browser's real WebCodecs. */
import { expect } from '@open-wc/testing';
import { AudioTrackEncoder } from '../../../src/capture/audio-track-encoder.ts';
import type { EncodedFrame, EncodedTrackSink } from '../../../src/capture/encoded-track.ts';
import type { EncodingOptions } from '../../../src/capture/publisher-options.ts';
import { type LayersSink, VideoLayers } from '../../../src/capture/video-layers.ts';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import type { TrackDescription } from '../../../src/protocol/messages/stream.ts';

const OPTIONS: EncodingOptions = { codec: 'auto', bitrate: 800_000, frameRate: 30, keyFrameInterval: 2 };
const FRAME = 1_000_000 / 30;

/** Collects what an encoder gives, and lets a test wait for it. */
class Sink implements EncodedTrackSink {
  readonly tracks: TrackDescription[] = [];
  readonly frames: (EncodedFrame & { epoch: number })[] = [];
  /** Of what took another's place in the same track. */
  readonly resized: TrackDescription[] = [];
  readonly failures: unknown[] = [];
  #waiting: (() => void)[] = [];
  /** All layers' tracks in one list. */
  readonly layers: LayersSink = {
    tracks: (descriptions) => {
      for (const description of descriptions) this.track(description);
    },
    resized: (descriptions) => this.resized.push(...descriptions),
    frame: (_track, frame) => this.frame(frame),
    trouble: (error) => this.failed(error),
    failed: (cause) => this.failed(cause),
  };

  track(description: TrackDescription): void {
    this.tracks.push(description);
    this.#wake();
  }

  frame(frame: EncodedFrame): void {
    this.frames.push({ ...frame, epoch: this.tracks.length });
    this.#wake();
  }

  failed(cause: unknown): void {
    this.failures.push(cause);
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A picture that differs from frame to frame. */
function picture(width: number, height: number, timestamp: number): VideoFrame {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2d context');
  // Little enough changes that the encoder takes no frame for a new scene, which it would make a key frame of.
  context.fillStyle = '#357';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#fff';
  context.fillRect((timestamp / 50_000) % (width / 2), 10, width / 8, height / 8);
  return new VideoFrame(canvas, { timestamp: Math.round(timestamp) });
}

function sound(timestamp: number, frames = 480, sampleRate = 48_000): AudioData {
  const data = Float32Array.from({ length: frames }, (_, index) => Math.sin(((timestamp / 1_000_000) * sampleRate + index) / 20) * 0.3);
  return new AudioData({ format: 'f32-planar', sampleRate, numberOfFrames: frames, numberOfChannels: 1, timestamp, data });
}

/** Encodes frames one after the other, each once the one before is out, so that none is dropped. */
async function encodeAll(encoder: VideoLayers, sink: Sink, width: number, height: number, timestamps: readonly number[]): Promise<void> {
  for (const timestamp of timestamps) {
    const before = sink.frames.length;
    // The first frames open the encoder and are not taken until it is configured.
    while (sink.frames.length === before && sink.failures.length === 0) {
      const encoded = encoder.encoded;
      encoder.encode(picture(width, height, timestamp));
      if (encoder.encoded > encoded) await sink.until(() => sink.frames.length > before || sink.failures.length > 0);
      else await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

const grid = (count: number, start = 0): number[] => Array.from({ length: count }, (_, index) => Math.round(start + index * FRAME));

describe('VideoLayers', () => {
  let sink: Sink;
  let encoder: VideoLayers;

  beforeEach(() => {
    sink = new Sink();
    encoder = new VideoLayers(OPTIONS, sink.layers, () => performance.now());
  });

  afterEach(() => encoder.close());

  it('takes another bit rate without another epoch, and other layers with one', async () => {
    encoder.close();
    const tracks: number[][] = [];
    encoder = new VideoLayers(
      { ...OPTIONS, layers: 2 },
      { ...sink.layers, tracks: (descriptions) => tracks.push(descriptions.map(({ id }) => id)) },
      () => performance.now(),
    );
    await encodeAll(encoder, sink, 320, 240, grid(4));
    expect(tracks).to.deep.equal([[0, 2]]);
    encoder.options = { ...OPTIONS, layers: 2, bitrate: 400_000 };
    encoder.setBitrate(Math.round((400_000 * 4) / 3));
    expect(encoder.bitrate).to.be.closeTo(533_333, 2);
    await encodeAll(encoder, sink, 320, 240, grid(4, 1_000_000));
    expect(tracks).to.have.length(1);
    encoder.options = { ...OPTIONS, layers: 1 };
    await encodeAll(encoder, sink, 320, 240, grid(4, 2_000_000));
    expect(tracks[1]).to.deep.equal([2], 'the best of them');
    expect(encoder.size.width).to.equal(320);
    encoder.options = { ...OPTIONS, layers: 3 };
    await encodeAll(encoder, sink, 320, 240, grid(4, 3_000_000));
    expect(tracks[2]).to.deep.equal([0, 2], 'no more than at the start');
    expect(sink.failures).to.deep.equal([]);
  });

  it('describes the track with its avcC before the first frame', async () => {
    await encodeAll(encoder, sink, 320, 240, grid(3));
    const [track] = sink.tracks;
    expect(sink.frames[0]?.epoch).to.equal(1);
    expect(track?.codec).to.match(/^avc1\.42[0-9a-f]{4}$/);
    expect(track).to.include({ kind: 'video', width: 320, height: 240, timescale: 1_000_000 });
    const avcc = Uint8Array.from(atob(track?.description ?? ''), (char) => char.charCodeAt(0));
    expect(avcc[0]).to.equal(1);
    expect((avcc[5] ?? 0) & 31, 'sequence parameter sets').to.equal(1);
  });

  it('keeps the timestamps and starts with a key frame', async () => {
    const timestamps = grid(5, 1_054_772_100);
    await encodeAll(encoder, sink, 320, 240, timestamps);
    expect(sink.frames.map(({ timestamp }) => timestamp)).to.deep.equal(timestamps);
    expect(sink.frames.map(({ key }) => key)).to.deep.equal([true, false, false, false, false]);
  });

  it('makes a key frame every two seconds of timestamp and no other, with frames missing', async () => {
    const timestamps = grid(150).filter((_, index) => index % 11 !== 5);
    await encodeAll(encoder, sink, 160, 128, timestamps);
    const keys = sink.frames.filter(({ key }) => key).map(({ timestamp }) => timestamp / 1_000_000);
    expect(keys).to.have.length(3);
    expect(keys[1]).to.be.closeTo(2, 0.034);
    expect(keys[2]).to.be.closeTo(4, 0.034);
  });

  it('makes a key frame when asked', async () => {
    const timestamps = grid(6);
    await encodeAll(encoder, sink, 160, 128, timestamps.slice(0, 3));
    encoder.requestKeyFrame();
    await encodeAll(encoder, sink, 160, 128, timestamps.slice(3));
    expect(sink.frames.map(({ key }) => key)).to.deep.equal([true, false, false, true, false, false]);
  });

  it('opens a fresh encoder for another size, whose first frame is a key frame', async () => {
    await encodeAll(encoder, sink, 320, 240, grid(3));
    await encodeAll(encoder, sink, 240, 320, grid(3, 200_000));
    expect(sink.tracks.map(({ width, height }) => [width, height])).to.deep.equal([
      [320, 240],
      [240, 320],
    ]);
    expect(sink.frames.filter(({ epoch }) => epoch === 2)[0]?.key).to.equal(true);
    const second = atob(sink.tracks[1]?.description ?? '');
    expect((second.charCodeAt(5) ?? 0) & 31, 'sequence parameter sets').to.equal(1);
  });

  it('takes another bit rate without a new description', async () => {
    await encodeAll(encoder, sink, 320, 240, grid(3));
    encoder.setBitrate(300_000);
    await encodeAll(encoder, sink, 320, 240, grid(3, 200_000));
    expect(sink.tracks).to.have.length(1);
    expect(sink.failures).to.deep.equal([]);
    expect(encoder.bitrate).to.equal(300_000);
  });

  it('follows a low rate with a smaller picture in the same track, from a key frame on the grid that brings its parameter sets', async () => {
    encoder.close();
    let now = 0;
    encoder = new VideoLayers(OPTIONS, sink.layers, () => now);
    const review = (seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        now += 1_000;
        encoder.review();
      }
    };
    await encodeAll(encoder, sink, 1280, 720, grid(3));
    encoder.setBitrate(150_000);
    review(3);
    await encodeAll(encoder, sink, 1280, 720, grid(10, 1_500_000));
    expect(sink.resized, 'not before the grid').to.deep.equal([]);
    await encodeAll(encoder, sink, 1280, 720, grid(10, 2_000_000));
    expect(sink.tracks).to.have.length(1);
    expect(sink.resized.map(({ id, width, height }) => [id, width, height])).to.deep.equal([[0, 640, 360]]);
    expect(encoder.size).to.include({ width: 640, height: 360 });
    expect(encoder.review()[0]).to.include({ width: 640, height: 360, active: true });
    expect(encoder.limited).to.equal('uplink');
    const first = sink.frames.find(({ timestamp }) => timestamp === 2_000_000);
    expect(first?.key).to.equal(true);
    expect((first?.data[4] ?? 0) & 31, 'a sequence parameter set').to.equal(7);
    encoder.setBitrate(800_000);
    review(11);
    await encodeAll(encoder, sink, 1280, 720, grid(10, 3_900_000));
    expect(sink.resized[1]).to.include({ width: 1280, height: 720 });
    expect(encoder.limited).to.equal('none');
    expect(sink.failures).to.deep.equal([]);
  });

  it('rounds an odd size down to an even one', async () => {
    await encodeAll(encoder, sink, 321, 241, grid(2));
    expect(sink.tracks[0]).to.include({ width: 320, height: 240 });
  });

  it('drops what comes too fast, counts it and closes it', async () => {
    await encodeAll(encoder, sink, 640, 480, grid(1));
    const burst = grid(30, 100_000).map((timestamp) => picture(640, 480, timestamp));
    for (const frame of burst) encoder.encode(frame);
    expect(encoder.dropped).to.be.greaterThan(0);
    expect(encoder.encoded + encoder.dropped).to.equal(31);
    for (const frame of burst) expect(frame.codedWidth, 'a closed frame has no size').to.equal(0);
  });

  it('drops a frame that goes back in time', async () => {
    await encodeAll(encoder, sink, 160, 128, [100_000]);
    encoder.encode(picture(160, 128, 90_000));
    expect(encoder.dropped).to.equal(1);
  });

  it('says which codec the browser cannot encode', async () => {
    encoder = new VideoLayers({ ...OPTIONS, codec: 'avc1.42e00a' }, sink.layers, () => performance.now());
    encoder.encode(picture(1280, 720, 0));
    await sink.until(() => sink.failures.length > 0);
    expect(sink.failures[0]).to.have.property('code', 'codec-unsupported');
  });
});

describe('VideoLayers of three', () => {
  const layered: EncodingOptions = { ...OPTIONS, layers: 3 };
  let frames: { track: number; key: boolean; timestamp: number; epoch: number }[];
  let epochs: (readonly TrackDescription[])[];
  let now: number;
  let sink: Sink;
  let encoder: VideoLayers;

  beforeEach(() => {
    frames = [];
    epochs = [];
    now = 0;
    sink = new Sink();
    encoder = new VideoLayers(
      layered,
      {
        ...sink.layers,
        tracks: (descriptions) => {
          epochs.push(descriptions);
          sink.layers.tracks(descriptions);
        },
        frame: (track, frame) => {
          frames.push({ track, key: frame.key, timestamp: frame.timestamp, epoch: epochs.length });
          sink.frame(frame);
        },
      },
      () => now,
    );
  });

  afterEach(() => encoder.close());

  /** Reviews once a second for so long. */
  function review(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      now += 1_000;
      encoder.review();
    }
  }

  /** Encodes frames one after the other, each once all layers have given the one before. */
  async function encodeLayers(timestamps: readonly number[], layers = 3): Promise<void> {
    for (const timestamp of timestamps) {
      const taken = encoder.encoded;
      while (encoder.encoded === taken) {
        encoder.encode(picture(640, 360, timestamp));
        if (encoder.encoded === taken) await new Promise((resolve) => setTimeout(resolve));
      }
      await sink.until(() => frames.filter((frame) => frame.timestamp === timestamp).length >= layers || sink.failures.length > 0);
    }
  }

  it('declares all of them together, smallest first, before the first frame', async () => {
    await encodeLayers(grid(3));
    expect(epochs).to.have.length(1);
    expect(epochs[0]?.map(({ id, layer, group, width, height }) => [id, layer, group, width, height])).to.deep.equal([
      [0, 0, 'video', 160, 90],
      [2, 1, 'video', 320, 180],
      [3, 2, 'video', 640, 360],
    ]);
    expect(frames.every(({ epoch }) => epoch === 1)).to.equal(true);
  });

  it('makes key frames of the same pictures in all of them, asked for or on the grid', async () => {
    await encodeLayers(grid(40));
    encoder.requestKeyFrame();
    await encodeLayers(grid(40, 1_400_000));
    const keysOf = (track: number): number[] =>
      frames.filter((frame) => frame.track === track && frame.key).map((frame) => frame.timestamp);
    expect(keysOf(0).length).to.equal(3);
    expect(keysOf(0)[1]).to.equal(1_400_000);
    expect(keysOf(2)).to.deep.equal(keysOf(0));
    expect(keysOf(3)).to.deep.equal(keysOf(0));
  });

  it('lets the best rest in an epoch of its own, and brings it back in another, with a key frame in all', async () => {
    await encodeLayers(grid(3));
    encoder.setBitrate(300_000);
    review(3);
    await encodeLayers(grid(3, 200_000), 2);
    expect(epochs.at(-1)?.map(({ layer }) => layer)).to.deep.equal([0, 1]);
    expect(encoder.review().map(({ active }) => active)).to.deep.equal([false, true, true]);
    expect(encoder.size).to.include({ width: 320, height: 180 });
    encoder.setBitrate(2_000_000);
    review(16);
    // Its encoder opens meanwhile, and the others go on.
    let timestamp = 400_000;
    while (epochs.length < 3) {
      encoder.encode(picture(640, 360, timestamp));
      timestamp += 40_000;
      await new Promise((resolve) => setTimeout(resolve));
    }
    await encodeLayers([timestamp]);
    expect(epochs.map((tracks) => tracks.map(({ layer }) => layer))).to.deep.equal([
      [0, 1, 2],
      [0, 1],
      [0, 1, 2],
    ]);
    const key = frames.find(({ track, epoch }) => track === 3 && epoch === 3);
    expect(key?.key).to.equal(true);
    expect(frames.filter(({ timestamp: time, epoch }) => time === key?.timestamp && epoch === 3).map((frame) => frame.key)).to.deep.equal([
      true,
      true,
      true,
    ]);
  });

  it('shares a lower rate', async () => {
    await encodeLayers(grid(2));
    encoder.setBitrate(573_333);
    const [best, middle, least] = encoder.review();
    expect(best?.targetBitrate).to.be.closeTo(400_000, 5);
    expect(middle?.targetBitrate).to.be.closeTo(133_333, 5);
    expect(least?.targetBitrate).to.be.closeTo(40_000, 5);
  });
});

describe('VideoLayers in trouble', () => {
  const Native = globalThis.VideoEncoder;
  let doomed: number;

  beforeEach(() => {
    doomed = 0;
    // A hardware encoder that is lost, as when the graphics process dies: it is closed, and says so.
    globalThis.VideoEncoder = class extends Native {
      readonly #error: (error: DOMException) => void;
      #left = doomed-- > 0 ? 5 : Number.POSITIVE_INFINITY;

      constructor(init: VideoEncoderInit) {
        super(init);
        this.#error = init.error;
      }

      override encode(frame: VideoFrame, options?: VideoEncoderEncodeOptions): void {
        if (this.#left-- > 0) {
          super.encode(frame, options);
          return;
        }
        this.close();
        this.#error(new DOMException('The encoder was lost.', 'EncodingError'));
      }
    };
  });

  afterEach(() => {
    globalThis.VideoEncoder = Native;
  });

  async function run(failures: number): Promise<{ epochs: number; failures: unknown[]; last: number }> {
    doomed = failures;
    const sink = new Sink();
    const encoder = new VideoLayers(OPTIONS, sink.layers, () => performance.now());
    for (const timestamp of grid(120)) {
      const [taken, given, failed] = [encoder.encoded, sink.frames.length, sink.failures.length];
      encoder.encode(picture(320, 240, timestamp));
      // What is not taken finds the encoders being opened, or closed for good.
      if (encoder.encoded > taken) await sink.until(() => sink.frames.length > given || sink.failures.length > failed);
      else await new Promise((resolve) => setTimeout(resolve));
    }
    encoder.close();
    return { epochs: sink.tracks.length, failures: sink.failures, last: sink.frames.at(-1)?.timestamp ?? 0 };
  }

  it('makes a lost encoder anew, in a new epoch', async () => {
    const { epochs, failures, last } = await run(2);
    expect(failures.map((error) => (error as GlasscastError).code)).to.deep.equal(['media', 'media']);
    expect(epochs).to.equal(3);
    expect(last).to.be.greaterThan(3_500_000);
  });

  it('gives up on one that is lost again and again', async () => {
    const { failures } = await run(10);
    expect(failures.map((error) => (error as GlasscastError).code)).to.deep.equal(['media', 'media', 'media', 'codec-unsupported']);
  });

  it('scales a picture of 4K down to what was asked for', async () => {
    const sink = new Sink();
    const encoder = new VideoLayers({ ...OPTIONS, maxSize: { width: 640, height: 360 } }, sink.layers, () => performance.now());
    await encodeAll(encoder, sink, 3840, 2160, grid(1));
    await encodeAll(encoder, sink, 2160, 3840, grid(1, 500_000));
    expect(sink.tracks.map(({ width, height }) => `${width}x${height}`)).to.deep.equal(['640x360', '360x640']);
    encoder.close();
  });
});

describe('AudioTrackEncoder', () => {
  let sink: Sink;
  let encoder: AudioTrackEncoder;

  beforeEach(async () => {
    sink = new Sink();
    encoder = new AudioTrackEncoder(sink);
  });

  afterEach(() => encoder.close());

  /** Encodes blocks of 10 ms; the first is offered until the encoder is open. */
  async function encodeBlocks(timestamps: readonly number[]): Promise<void> {
    for (const timestamp of timestamps) {
      while (encoder.encode(sound(timestamp)) === null && sink.failures.length === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }

  const blocks = (count: number, start = 0): number[] => Array.from({ length: count }, (_, index) => start + index * 10_000);

  it('describes Opus with its identification header', async () => {
    await encodeBlocks(blocks(10, 433_899));
    await sink.until(() => sink.frames.length >= 4);
    expect(sink.tracks[0]).to.include({ kind: 'audio', codec: 'opus', sample_rate: 48_000, channels: 1, timescale: 1_000_000 });
    expect(atob(sink.tracks[0]?.description ?? '')).to.match(/^OpusHead/);
  });

  it('gives packets of 20 ms whose times are contiguous from the first block on', async () => {
    await encodeBlocks(blocks(20, 433_899));
    await sink.until(() => sink.frames.length >= 9);
    expect(sink.frames.slice(0, 9).map(({ timestamp, duration }) => [timestamp, duration])).to.deep.equal(
      Array.from({ length: 9 }, (_, index) => [433_899 + index * 20_000, 20_000]),
    );
  });

  it('fills half a second of lost sound with silence, so that what follows is on time', async () => {
    await encodeBlocks([...blocks(10), ...blocks(10, 600_000)]);
    await sink.until(() => sink.frames.length >= 34);
    for (const [index, { timestamp }] of sink.frames.slice(0, 34).entries()) expect(timestamp).to.be.closeTo(index * 20_000, 1);
  });

  it('takes a new origin after a restart', async () => {
    await encodeBlocks(blocks(10));
    await sink.until(() => sink.frames.length >= 4);
    encoder.restart();
    await encodeBlocks(blocks(10, 5_000_000));
    await sink.until(() => sink.frames.some(({ timestamp }) => timestamp >= 5_000_000));
    expect(sink.frames.find(({ timestamp }) => timestamp > 1_000_000)?.timestamp).to.equal(5_000_000);
    expect(sink.tracks).to.have.length(1);
  });
});
