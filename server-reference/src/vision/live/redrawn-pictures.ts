/**
 * Pictures of one source on their way through a decoder, under somebody's pen, and through an encoder; two ffmpeg children and nothing on the disk.
 *
 *   source ──FLV──▶ decoder ──raw, and times──▶ draw ──raw──▶ encoder ──FLV──▶ pictures in the places of those that they were made of
 *
 * Where the encoder is behind, pictures are dropped before it. Where either child fails, both begin again with a key frame.
 */
import type { Bytes, Milliseconds, Ticks } from '../../../../src/protocol/index.ts';
import type { SourceFrame } from '../../hub/epoch.ts';
import { BitstreamError, type Colours, parseAvcC, parseColours } from '../../ingest/h264.ts';
import { type FlvEvent, FlvReader } from '../../transcode/flv-reader.ts';
import { flvHeader, flvPicture } from '../../transcode/flv-writer.ts';
import { type IvfCodec, ivfFrameHeader, ivfHeader } from '../../transcode/ivf.ts';
import { PicturePlaces, type Place } from '../../transcode/picture-places.ts';
import { Supervisor, type Workshop } from '../../transcode/supervisor.ts';
import { FrameTimes } from './frame-times.ts';
import { decoderArguments, encoderArguments, encoderIndex, encoderTime, type PictureSize } from './overlay-arguments.ts';
import { RawFrames } from './raw-frames.ts';
import { type YuvPicture, yuvBytes } from './yuv-picture.ts';

/** A picture that has been under way for longer has others behind it that are not worth encoding. */
const LATE: Milliseconds = 500;
/** Children take a moment to begin; what came meanwhile is caught up with in this time, from the first answer on. */
const CATCHING_UP: Milliseconds = 1_500;
/** With so much before the encoder the decoder waits: pictures that come many at once are small for as long as they are coded. */
const ENOUGH_RAW: Bytes = 8 * 1024 * 1024;
/** What one piece out of a pipe may add to that. */
const MOST_RAW: Bytes = 64 * 1024 * 1024;
/** Times towards the decoder begin here, so that pictures may be shown before they are decoded. */
const LEAD: Milliseconds = 1_000;

export interface RedrawnSource extends PictureSize {
  /** H.264 with this configuration, or another codec. */
  readonly coded: { readonly avcC: Uint8Array } | { readonly ivf: IvfCodec };
  /** Ticks a second of its frames' times. */
  readonly timescale: number;
  readonly frameRate: number;
}

export interface Redrawn extends Pick<SourceFrame, 'dts' | 'cts' | 'key' | 'data'>, Arrived {
  /** The same object for as long as it is the same configuration. */
  readonly avcC: Uint8Array;
}

export interface RedrawnOptions {
  readonly workshop: Workshop;
  /** For the log. */
  readonly name: string;
  /** How much later than usual pictures may be, since they come many at once. */
  readonly burst: () => Milliseconds;
  readonly draw: (picture: YuvPicture, at: Milliseconds) => void;
  /** In the order of decoding. */
  readonly redrawn: (picture: Redrawn) => void;
  /** What was under way will not come. */
  readonly lost: () => void;
}

interface Arrived {
  /** When its source came. */
  readonly at: Milliseconds;
}

interface Decoding extends Arrived {
  readonly key: boolean;
}

interface Encoding extends Arrived {
  readonly place: Place;
}

export class RedrawnPictures {
  readonly #options: RedrawnOptions;
  readonly #decoder: Supervisor;
  readonly #encoder: Supervisor;
  #source: RedrawnSource | null = null;
  #reorders = false;
  #colours: Colours | null = null;
  #origin: Ticks = 0;
  #places = new PicturePlaces(1, false);
  /** By decode time. */
  #decoding = new Map<Ticks, Decoding>();
  #raw = new RawFrames(1);
  #times = new FrameTimes();
  readonly #frames: Uint8Array[] = [];
  readonly #stamps: Milliseconds[] = [];
  #encoding = new Map<number, Encoding>();
  #index = 0;
  #flv = new FlvReader();
  #avcC: Uint8Array | null = null;
  /** Null before the first answer. */
  #answeredAt: Milliseconds | null = null;
  #waitsForKey = true;
  /** A key frame was dropped: the next picture stands in for it. */
  #owesKey = false;
  /** Pictures that came, came back, and were dropped, one after the other. */
  readonly figures = { in: 0, out: 0, dropped: 0 };

  constructor(options: RedrawnOptions) {
    this.#options = options;
    // The stream holds a slot for both.
    const common = { share: 0, lost: () => this.#fail() };
    this.#decoder = new Supervisor(options.workshop, {
      ...common,
      name: `${options.name}, decoder`,
      outputs: () => 2,
      arguments: (abilities) => decoderArguments(this.#known, 'ivf' in this.#known.coded ? 'ivf' : 'flv', this.#reorders, abilities),
      output: (index, bytes) => this.#decoded(index, bytes),
    });
    this.#encoder = new Supervisor(options.workshop, {
      ...common,
      name: `${options.name}, encoder`,
      mostWaiting: MOST_RAW,
      outputs: () => 1,
      arguments: (abilities) => encoderArguments(this.#known, this.#known.frameRate, this.#colours, abilities),
      output: (_, bytes) => this.#encoded(bytes),
    });
  }

  get pids(): number[] {
    return [this.#decoder.pid, this.#encoder.pid].filter((pid) => pid !== null);
  }

  /** A child ended too often: pictures of this source cannot be redrawn. */
  get givenUp(): boolean {
    return this.#decoder.givenUp || this.#encoder.givenUp;
  }

  /** Pictures of another source follow, or of another size. */
  open(source: RedrawnSource): void {
    this.#decoder.reset();
    this.#encoder.reset();
    this.#forget();
    this.#source = source;
    const { reorder, sps } = 'avcC' in source.coded ? parseAvcC(source.coded.avcC) : { reorder: 0, sps: [] };
    this.#reorders = (reorder ?? 0) > 0;
    this.#colours = sps[0] === undefined ? null : parseColours(sps[0]);
  }

  get waitsForKey(): boolean {
    return this.#waitsForKey;
  }

  /** Whether a picture of this decode time will follow. */
  push({ dts, cts, key, data }: Pick<SourceFrame, 'dts' | 'cts' | 'key' | 'data'>): boolean {
    if (this.#waitsForKey && !key) return false;
    if (!this.#decoder.running && !this.#start(dts)) return false;
    const now = this.#options.workshop.clock.now();
    // Key frames go in whatever has become of the others: by them a decoder shows that it lives.
    this.#waitsForKey = !key && this.#isBehind(this.#decoding, now);
    if (this.#waitsForKey) {
      this.figures.dropped++;
      return false;
    }
    this.#decoding.set(dts, { key, at: now });
    const { time, composition } = this.#places.send({ dts: dts - this.#origin, cts, duration: 0, key });
    this.figures.in++;
    if ('avcC' in this.#known.coded) return this.#decoder.write(flvPicture(time, key, data, composition));
    return this.#decoder.write(ivfFrameHeader(data.byteLength, time), data);
  }

  /** Pictures are missing from what follows. */
  skip(): void {
    this.#waitsForKey = true;
  }

  /** Nothing more comes of this source. */
  stop(): void {
    this.#decoder.stop();
    this.#encoder.stop();
    this.#forget();
    this.#source = null;
  }

  get #known(): RedrawnSource {
    if (this.#source === null) throw new Error('a decoder without a source was started');
    return this.#source;
  }

  #start(dts: Ticks): boolean {
    const { width, height, timescale, coded } = this.#known;
    if (!this.#encoder.start()) return false;
    if (!this.#decoder.start()) {
      this.#encoder.stop();
      return false;
    }
    this.#forget();
    this.#origin = dts - (LEAD * timescale) / 1000;
    this.#places = new PicturePlaces(timescale, this.#reorders);
    this.#raw = new RawFrames(yuvBytes(width, height));
    this.#decoder.write('avcC' in coded ? flvHeader(coded.avcC) : ivfHeader(coded.ivf, width, height));
    this.#encoder.write(ivfHeader('I420', width, height));
    return true;
  }

  #isBehind(underWay: ReadonlyMap<unknown, Arrived>, now: Milliseconds): boolean {
    if (this.#answeredAt === null || now - this.#answeredAt < CATCHING_UP) return false;
    const [oldest] = underWay.values();
    return oldest !== undefined && now - oldest.at > LATE + this.#options.burst();
  }

  #decoded(output: number, bytes: Uint8Array): void {
    if (output === 0) this.#frames.push(...this.#raw.push(bytes));
    else this.#stamps.push(...this.#times.push(bytes));
    while (this.#frames.length > 0 && this.#stamps.length > 0) {
      const data = this.#frames.shift();
      const place = this.#places.take('', this.#stamps.shift() ?? 0);
      if (data !== undefined && place !== null) this.#draw(data, { ...place, dts: place.dts + this.#origin });
    }
  }

  #draw(data: Uint8Array, place: Place): void {
    const { workshop, draw } = this.#options;
    const { width, height, timescale } = this.#known;
    const arrived = this.#decoding.get(place.dts);
    for (const dts of this.#decoding.keys()) if (dts <= place.dts) this.#decoding.delete(dts);
    const key = arrived?.key === true || this.#owesKey || this.#index === 0;
    const now = workshop.clock.now();
    if (this.#isBehind(this.#encoding, now)) {
      this.#owesKey = key;
      this.figures.dropped++;
      this.#encoder.check();
      return;
    }
    this.#owesKey = false;
    draw({ width, height, data }, ((place.dts + place.cts) * 1000) / timescale);
    const index = this.#index++;
    this.#encoding.set(index, { place, at: arrived?.at ?? now });
    this.#encoder.write(ivfFrameHeader(data.byteLength, encoderTime(index, key)), data);
    if (this.#encoder.waiting > ENOUGH_RAW) this.#decoder.hold(true);
  }

  #encoded(bytes: Uint8Array): void {
    if (this.#encoder.waiting <= ENOUGH_RAW) this.#decoder.hold(false);
    try {
      for (const event of this.#flv.push(bytes)) this.#take(event);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.#encoder.fail(error.message);
    }
  }

  #take(event: FlvEvent): void {
    if (this.#source === null) return;
    if (event.type === 'configuration') {
      if (this.#avcC === null || Buffer.compare(this.#avcC, event.avcC) !== 0) this.#avcC = event.avcC;
      return;
    }
    const index = encoderIndex(event.time);
    const encoding = this.#encoding.get(index);
    if (encoding === undefined || this.#avcC === null) return;
    for (const before of this.#encoding.keys()) if (before <= index) this.#encoding.delete(before);
    const { place, at } = encoding;
    const { key, data } = event;
    this.#answeredAt ??= this.#options.workshop.clock.now();
    this.figures.out++;
    this.#options.redrawn({ dts: place.dts, cts: place.cts, key, data, at, avcC: this.#avcC });
  }

  /** One child is gone; without it the other is of no use. */
  #fail(): void {
    this.#decoder.stop();
    this.#encoder.stop();
    this.#forget();
    this.#options.lost();
  }

  #forget(): void {
    this.#waitsForKey = true;
    this.#owesKey = false;
    this.#answeredAt = null;
    this.#decoding = new Map();
    this.#encoding = new Map();
    this.#frames.length = 0;
    this.#stamps.length = 0;
    this.#times = new FrameTimes();
    this.#flv = new FlvReader();
    this.#index = 0;
  }
}
