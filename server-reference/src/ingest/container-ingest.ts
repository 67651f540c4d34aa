/**
 * The containers `matroska`, `webm` and `fmp4`, as MediaRecorder writes them.
 *
 *   waiting ──Tracks──▶ configuring ──a configuration of the pictures──▶ running
 *      ▲                    │ sound alone ─────────────────────────────────▲ │
 *      │                    ▼ what cannot be read                            │
 *      └──a new header── broken ◀────────────────────────────────────────────┘
 *
 * A header in the midst of the bytes begins a new recording, in a new epoch: recorders do not outlive their tracks.
 */
import type { Bytes, Milliseconds, Ticks } from '../../../src/protocol/index.ts';
import type { Publication } from '../hub/publication.ts';
import type { Begins, ContainerBlock, ContainerEvent, ContainerReader, ContainerTrack } from './container-reader.ts';
import { type Microseconds, PassThrough, type Transcode, type VideoPath, type VideoSink } from './container-video.ts';
import { type ChunkOutcome, CreditMeter, type Ingest, type IngestOptions, reducedBitrate } from './credit-meter.ts';
import { beginsMovie, Fmp4Reader } from './fmp4-reader.ts';
import { FrameFeed, FramesRefused, FramesTooMuch, WELCOME_LEAD } from './frame-feed.ts';
import { BitstreamError, parseAvcC } from './h264.ts';
import { beginsRecording, MatroskaReader } from './matroska-reader.ts';
import { SoundInStep, type SoundSource } from './sound-in-step.ts';
import { sourceTracks } from './source-tracks.ts';

/** As tracks are numbered towards the hub, and in `clock`. */
const VIDEO = 0;
const AUDIO = 1;
const TIMESCALE = 1_000_000;
/** Beyond this, times that go back are another time rather than another order. */
const JUMP: Microseconds = 10_000_000;

const AUDIO_CODECS: Readonly<Record<string, string>> = { A_OPUS: 'opus', A_AAC: 'mp4a.40.2' };

interface Failure {
  readonly reason: 'invalid' | 'codec-unsupported' | 'limit';
  readonly details: string;
}

class Unsupported extends Error {}

export interface ContainerIngestOptions extends IngestOptions {
  readonly container: 'matroska' | 'webm' | 'fmp4';
  readonly transcode: Transcode;
}

export class ContainerIngest implements Ingest {
  readonly #publication: Publication;
  readonly #meter: CreditMeter;
  readonly #now: () => Milliseconds;
  readonly #transcode: Transcode;
  readonly #begins: (bytes: Uint8Array) => Begins;
  readonly #newReader: () => ContainerReader;
  #reader: ContainerReader;
  #failure: Failure | null = null;
  /** What may be the first bytes of a new recording. */
  #undecided: Uint8Array | null = null;
  #video: { readonly track: ContainerTrack; readonly path: VideoPath } | null = null;
  #audio: ContainerTrack | null = null;
  #written: Pick<SoundSource, 'writer' | 'format'> = { writer: '', format: 'matroska' };
  #feed: FrameFeed | null = null;
  readonly #sound = new SoundInStep((time, packet) => this.#emit(AUDIO, time, packet));
  /** The last time of each track, so that two frames within a millisecond of the container stay two. */
  readonly #last = new Map<number, Microseconds>();

  constructor(publication: Publication, options: ContainerIngestOptions) {
    this.#publication = publication;
    this.#meter = new CreditMeter(options);
    this.#now = options.now;
    this.#transcode = options.transcode;
    const isMovie = options.container === 'fmp4';
    this.#begins = isMovie ? beginsMovie : beginsRecording;
    this.#newReader = isMovie ? () => this.#movieReader() : () => new MatroskaReader();
    this.#reader = this.#newReader();
  }

  get credit(): Bytes {
    return this.#meter.credit;
  }

  get received(): Bytes {
    return this.#meter.received;
  }

  /** Whether it is known what the recording has. */
  get opened(): boolean {
    return this.#audio !== null || this.#video !== null;
  }

  chunk(bytes: Uint8Array): ChunkOutcome {
    if (!this.#meter.take(bytes.byteLength)) {
      // A hole in a container cannot be read over.
      this.#publication.limitBitrate(VIDEO, reducedBitrate(this.#meter.maxBitrate));
      this.#break({ reason: 'limit', details: `More than ${this.#meter.maxBitrate} bits a second; begin a new recording with less.` });
      return this.#meter.tooMuch;
    }
    const piece = this.#undecided === null ? bytes : Buffer.concat([this.#undecided, bytes]);
    const begins = this.#begins(piece);
    this.#undecided = begins === 'maybe' ? piece.slice() : null;
    if (begins === 'maybe') return this.#meter.taken;
    if (begins === 'yes') this.#reset();
    if (this.#failure === null) this.#take(() => this.#reader.push(piece));
    return this.#failure === null ? this.#meter.taken : { ok: false, ...this.#failure };
  }

  clock(track: number, dts: Ticks): void {
    this.#feed?.clock(track, dts);
  }

  patience(bytes: Bytes): Milliseconds {
    return Math.max(this.#meter.delay(bytes), (this.#feed?.lead ?? 0) - WELCOME_LEAD - this.#publication.burst);
  }

  close(): void {
    this.#video?.path.close();
    this.#video = null;
    this.#sound.reset();
  }

  #take(read: () => readonly ContainerEvent[]): void {
    this.#guarded(() => {
      for (const event of read()) {
        if (this.#failure !== null) return;
        if (event.type === 'tracks') this.#open(event.tracks, { writer: event.writer, format: event.format });
        else this.#block(event);
      }
    });
  }

  /** Its header is read in passing; what that brings belongs to it alone. */
  #movieReader(): ContainerReader {
    const reader: ContainerReader = new Fmp4Reader((step) => {
      if (this.#reader === reader && this.#failure === null && this.#publication.active) this.#take(step);
    });
    return reader;
  }

  #reset(): void {
    this.close();
    this.#reader = this.#newReader();
    this.#failure = null;
    this.#feed = null;
    this.#last.clear();
  }

  #open(tracks: readonly ContainerTrack[], written: Pick<SoundSource, 'writer' | 'format'>): void {
    this.close();
    this.#written = written;
    this.#feed = null;
    this.#last.clear();
    this.#audio = tracks.find(({ kind }) => kind === 'audio') ?? null;
    const video = tracks.find(({ kind }) => kind === 'video') ?? null;
    if (this.#audio !== null && AUDIO_CODECS[this.#audio.codec] === undefined)
      throw new Unsupported(`The sound is ${this.#audio.codec}; this server takes Opus and AAC-LC.`);
    if (video !== null) this.#openVideo(video);
    else if (this.#audio !== null) this.#start(null);
    else throw new BitstreamError('the container has neither pictures nor sound');
  }

  #openVideo(track: ContainerTrack): void {
    let current = true;
    // A child process may still have something to say of a recording that is over.
    const guard = (step: () => void): void => {
      if (current) this.#guarded(step);
    };
    const sink: VideoSink = {
      configured: (avcC) => guard(() => this.#start(avcC)),
      picture: (decode, data, composition = 0) => guard(() => this.#picture(decode, data, composition)),
      lost: () => guard(() => this.#lost()),
      failed: (reason, details) => guard(() => this.#break({ reason, details })),
    };
    const path = track.codec === 'V_MPEG4/ISO/AVC' ? new PassThrough(track, sink) : this.#transcode(track, sink);
    if (path === null) return;
    const close = (): void => {
      current = false;
      path.close();
    };
    this.#video = { track, path: { frame: path.frame.bind(path), close } };
  }

  #block({ track, time, decode, key, data }: ContainerBlock): void {
    const at = Math.round(time / 1000);
    if (track === this.#video?.track.number)
      this.#giveVideo(this.#video.path, at, key, data, decode === undefined ? undefined : Math.round(decode / 1000));
    else if (track === this.#audio?.number) this.#sound.push({ ...this.#written, codec: this.#audio.codec }, at, data);
  }

  #giveVideo(path: VideoPath, time: Microseconds, key: boolean, data: Uint8Array, decode: Microseconds | undefined): void {
    const notComing = this.#sound.expect(time);
    if (!path.frame(time, key, data, decode)) notComing();
  }

  #picture(decode: Microseconds, data: Uint8Array, composition: Microseconds): void {
    this.#emit(VIDEO, decode, data, composition);
    this.#sound.passed(decode + composition);
  }

  /** Pictures that were under way will not come. */
  #lost(): void {
    this.#publication.lost();
    this.#sound.lost();
  }

  /** The pictures' configuration is known, or there are none: an epoch begins. */
  #start(avcC: Uint8Array | null): void {
    const declared = sourceTracks([
      ...(avcC === null ? [] : [videoTrack(avcC)]),
      ...(this.#audio === null ? [] : [audioTrack(this.#audio)]),
    ]);
    if (!declared.ok) throw declared.reason === 'invalid' ? new BitstreamError(declared.details) : new Unsupported(declared.details);
    this.#publication.tracks(declared.tracks);
    this.#feed = new FrameFeed(this.#publication, declared.tracks, this.#now, true);
    this.#last.clear();
    this.#sound.begin();
  }

  #emit(track: number, time: Microseconds, data: Uint8Array, cts: Microseconds = 0): void {
    const last = this.#last.get(track);
    // The container counts whole milliseconds.
    const dts = last !== undefined && time <= last && last - time < 1000 ? last + 1 : time;
    if (last !== undefined && dts <= last && last - dts < JUMP)
      throw new FramesRefused(`times of the ${track === VIDEO ? 'pictures' : 'sound'} go backwards: record without B-frames`);
    this.#last.set(track, dts);
    this.#feed?.take([{ track, key: false, duration: 0, dts, cts: time + cts - dts, data }]);
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof FramesTooMuch) this.#break({ reason: 'limit', details: error.message });
      else if (error instanceof Unsupported) this.#break({ reason: 'codec-unsupported', details: error.message });
      else if (error instanceof BitstreamError || error instanceof FramesRefused)
        this.#break({ reason: 'invalid', details: error.message });
      else throw error;
    }
  }

  #break(failure: Failure): void {
    this.#failure ??= failure;
    this.close();
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function videoTrack(avcC: Uint8Array) {
  return { id: VIDEO, kind: 'video' as const, codec: parseAvcC(avcC).codec, timescale: TIMESCALE, description: base64(avcC) };
}

function audioTrack({ codec, codecPrivate, sampleRate, channels }: ContainerTrack) {
  return {
    id: AUDIO,
    kind: 'audio' as const,
    codec: AUDIO_CODECS[codec] ?? codec,
    timescale: TIMESCALE,
    sample_rate: sampleRate,
    channels,
    ...(codecPrivate === null ? {} : { description: base64(codecPrivate) }),
  };
}
