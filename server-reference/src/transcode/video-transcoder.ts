/**
 * Pictures of another codec on their way through an ffmpeg child, which lives as long as its recording.
 *
 *   waiting ──key frame──▶ running ──it ends, hangs, or cannot keep up──▶ waiting … (a new child, a new epoch)
 *      └──────────────────────┴── too many ends in a row ──▶ failed
 *      close(), from any of them ────────────────────────▶ closed
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { VideoPath, VideoSink } from '../ingest/container-video.ts';
import { BitstreamError } from '../ingest/h264.ts';
import type { Log } from '../telemetry/log.ts';
import { ffmpegArguments } from './ffmpeg-arguments.ts';
import { FlvReader } from './flv-reader.ts';
import { type IvfCodec, ivfFrameHeader, ivfHeader } from './ivf.ts';

/** A child that is given pictures and answers none for this long hangs. */
const HANG: Milliseconds = 5_000;
/** What may wait for a child that does not keep up; beyond it, pictures are dropped to the next key frame. */
const MOST_WAITING: Bytes = 2 * 1024 * 1024;
/** As many ends within this time are no accident. */
const MOST_ENDS = 3;
const ENDS_WITHIN: Milliseconds = 60_000;
/** Of what it says of itself. */
const LAST_WORDS = 500;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface TranscoderOptions {
  readonly ffmpeg: string;
  readonly codec: IvfCodec;
  readonly width: number;
  readonly height: number;
  readonly clock: Clock;
  readonly log: Log;
  /** It has closed or failed, and holds nothing any more. */
  readonly ended: () => void;
}

export class VideoTranscoder implements VideoPath {
  readonly #options: TranscoderOptions;
  readonly #sink: VideoSink;
  #child: Child | null = null;
  #waitsForKey = true;
  /** When the oldest picture that has had no answer was given. */
  #unanswered: Milliseconds | null = null;
  #ends: Milliseconds[] = [];
  #over = false;

  constructor(options: TranscoderOptions, sink: VideoSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** The process id of the child; null without one. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  frame(time: number, key: boolean, data: Uint8Array): boolean {
    if (this.#over) return false;
    const now = this.#options.clock.now();
    if (this.#unanswered !== null && now - this.#unanswered > HANG) this.#restart('ffmpeg hangs');
    if (this.#over || (this.#waitsForKey && !key)) return false;
    this.#child ??= this.#start();
    const { stdin } = this.#child;
    if (stdin.writableLength > MOST_WAITING && !key) {
      this.#waitsForKey = true;
      this.#sink.lost();
      return false;
    }
    this.#waitsForKey = false;
    this.#unanswered ??= now;
    stdin.write(ivfFrameHeader(data.byteLength, Math.max(0, Math.round(time / 1000))));
    stdin.write(data);
    return true;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop();
    this.#options.ended();
  }

  #start(): Child {
    const { ffmpeg, codec, width, height } = this.#options;
    // What the server knows is no business of a decoder of foreign bytes.
    const child = spawn(ffmpeg, ffmpegArguments(width, height), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '' },
    });
    const reader = new FlvReader();
    let words = '';
    let why: Error | null = null;
    child.stdout.on('data', (bytes: Buffer) => {
      if (this.#child === child) this.#read(reader, bytes);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-LAST_WORDS);
    });
    // A child that ends takes its input with it; `close` says the rest.
    child.stdin.on('error', (error) => {
      why ??= error;
    });
    child.on('error', (error) => {
      why = error;
    });
    child.on('close', () => {
      if (this.#child === child) this.#restart(words.trim() || (why?.message ?? 'ffmpeg ended'));
    });
    child.stdin.write(ivfHeader(codec, width, height));
    return child;
  }

  #read(reader: FlvReader, bytes: Uint8Array): void {
    this.#unanswered = null;
    try {
      for (const event of reader.push(bytes)) {
        if (this.#over) return;
        if (event.type === 'configuration') this.#sink.configured(event.avcC);
        else this.#sink.picture(event.time * 1000, event.data);
      }
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.#restart(error.message);
    }
  }

  #restart(why: string): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    log.warn({ why }, 'a transcoder ended before its stream');
    this.#stop();
    this.#ends = [...this.#ends.filter((at) => now - at < ENDS_WITHIN), now];
    if (this.#ends.length > MOST_ENDS) {
      this.close();
      this.#sink.failed('codec-unsupported', 'These pictures cannot be transcoded: ffmpeg ends again and again. Send H.264.');
      return;
    }
    this.#sink.lost();
  }

  #stop(): void {
    const child = this.#child;
    this.#child = null;
    this.#waitsForKey = true;
    this.#unanswered = null;
    child?.kill('SIGKILL');
    child?.stdin.destroy();
  }
}
