/**
 * Pictures of another codec on their way through an ffmpeg child, which lives as long as its recording.
 *
 *   waiting ──key frame──▶ running ──it ends, hangs, or cannot keep up──▶ waiting … (a new child, a new epoch)
 *      └──────────────────────┴── too many ends in a row ──▶ failed
 *      close(), from any of them ────────────────────────▶ closed
 */
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { VideoPath, VideoSink } from '../ingest/container-video.ts';
import { BitstreamError } from '../ingest/h264.ts';
import type { Log } from '../telemetry/log.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { ffmpegArguments } from './ffmpeg-arguments.ts';
import { FfmpegChild } from './ffmpeg-child.ts';
import { FlvReader } from './flv-reader.ts';
import { type IvfCodec, ivfFrameHeader, ivfHeader } from './ivf.ts';
import { Restarts } from './restarts.ts';

/** A child that is given pictures and answers none for this long hangs. */
const HANG: Milliseconds = 5_000;
/** What may wait for a child that does not keep up; beyond it, pictures are dropped to a key frame for which there is room. */
const MOST_WAITING: Bytes = 2 * 1024 * 1024;

export interface TranscoderOptions {
  readonly ffmpeg: Ffmpeg;
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
  #child: FfmpegChild | null = null;
  #waitsForKey = true;
  /** When the oldest picture that has had no answer was given. */
  #unanswered: Milliseconds | null = null;
  readonly #restarts = new Restarts();
  #startAt: Milliseconds = 0;
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
    if (this.#over || (this.#waitsForKey && (!key || now < this.#startAt))) return false;
    this.#child ??= this.#start();
    if (this.#child.waiting > MOST_WAITING) {
      this.#waitsForKey = true;
      this.#sink.lost();
      return false;
    }
    this.#waitsForKey = false;
    this.#unanswered ??= now;
    this.#child.write(ivfFrameHeader(data.byteLength, Math.max(0, Math.round(time / 1000))));
    this.#child.write(data);
    return true;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop();
    this.#options.ended();
  }

  #start(): FfmpegChild {
    const { ffmpeg, codec, width, height } = this.#options;
    const reader = new FlvReader();
    const child: FfmpegChild = new FfmpegChild({
      ffmpeg,
      arguments: (abilities) => ffmpegArguments(width, height, abilities),
      outputs: 1,
      output: (_, bytes) => this.#read(reader, bytes),
      ended: (why) => this.#restart(why),
    });
    child.write(ivfHeader(codec, width, height));
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
    const startAt = this.#restarts.ended(now);
    if (startAt === null) {
      this.close();
      this.#sink.failed('codec-unsupported', 'These pictures cannot be transcoded: ffmpeg ends again and again. Send H.264.');
      return;
    }
    this.#startAt = startAt;
    this.#sink.lost();
  }

  #stop(): void {
    const child = this.#child;
    this.#child = null;
    this.#waitsForKey = true;
    this.#unanswered = null;
    child?.close();
  }
}
