/**
 * Pictures of another codec on their way through an ffmpeg child, which lives as long as its recording.
 *
 *   waiting ──key frame──▶ running ──it ends, hangs, or cannot keep up──▶ waiting … (a new child, a new epoch)
 *      └──────────────────────┴── too many ends in a row ──▶ failed
 *      close(), from any of them ────────────────────────▶ closed
 */
import type { Bytes } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { VideoPath, VideoSink } from '../ingest/container-video.ts';
import { BitstreamError } from '../ingest/h264.ts';
import type { Log } from '../telemetry/log.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { ffmpegArguments } from './ffmpeg-arguments.ts';
import { FlvReader } from './flv-reader.ts';
import { type IvfCodec, ivfFrameHeader, ivfHeader } from './ivf.ts';
import { PICTURES, Slots } from './slots.ts';
import { Supervisor } from './supervisor.ts';

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
  readonly #supervisor: Supervisor;
  #reader = new FlvReader();
  #waitsForKey = true;
  #over = false;

  constructor(options: TranscoderOptions, sink: VideoSink) {
    this.#options = options;
    this.#sink = sink;
    const { ffmpeg, width, height, clock, log } = options;
    // Its slot is its recording's, whichever child is in it.
    const workshop = { ffmpeg, slots: new Slots(PICTURES), clock, log };
    this.#supervisor = new Supervisor(workshop, {
      name: 'pictures of a recording',
      share: PICTURES,
      mostWaiting: Number.POSITIVE_INFINITY,
      outputs: () => 1,
      arguments: (abilities) => ffmpegArguments(width, height, abilities),
      output: (_, bytes) => this.#read(bytes),
      lost: () => this.#lost(),
    });
  }

  /** The process id of the child; null without one. */
  get pid(): number | null {
    return this.#supervisor.pid;
  }

  frame(time: number, key: boolean, data: Uint8Array): boolean {
    this.#supervisor.check();
    if (this.#over || (this.#waitsForKey && !key)) return false;
    if (!this.#supervisor.running && !this.#start()) return false;
    if (this.#supervisor.waiting > MOST_WAITING) {
      this.#waitsForKey = true;
      this.#sink.lost();
      return false;
    }
    this.#waitsForKey = false;
    return this.#supervisor.write(ivfFrameHeader(data.byteLength, Math.max(0, Math.round(time / 1000))), data);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#supervisor.stop();
    this.#options.ended();
  }

  #start(): boolean {
    const { codec, width, height } = this.#options;
    this.#reader = new FlvReader();
    return this.#supervisor.start() && this.#supervisor.write(ivfHeader(codec, width, height));
  }

  #read(bytes: Uint8Array): void {
    try {
      for (const event of this.#reader.push(bytes)) {
        if (this.#over) return;
        if (event.type === 'configuration') this.#sink.configured(event.avcC);
        else this.#sink.picture(event.time * 1000, event.data);
      }
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.#supervisor.fail(error.message);
    }
  }

  #lost(): void {
    this.#waitsForKey = true;
    if (!this.#supervisor.givenUp) {
      this.#sink.lost();
      return;
    }
    this.close();
    this.#sink.failed('codec-unsupported', 'These pictures cannot be transcoded: ffmpeg ends again and again. Send H.264.');
  }
}
