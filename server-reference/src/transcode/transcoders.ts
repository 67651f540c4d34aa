/** All transcoders of what broadcasters send: whether there can be any, and one for each recording that needs it. */
import type { Clock } from '../clock.ts';
import type { VideoPath, VideoSink } from '../ingest/container-video.ts';
import type { MatroskaTrack } from '../ingest/matroska-tracks.ts';
import type { Log } from '../telemetry/log.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { IvfCodec } from './ivf.ts';
import { PICTURES, type Slots } from './slots.ts';
import { VideoTranscoder } from './video-transcoder.ts';

/** By the names that Matroska has for them. */
export const IVF_CODECS: Readonly<Record<string, IvfCodec>> = { V_VP8: 'VP80', V_VP9: 'VP90', V_AV1: 'AV01' };
/** As broadcasters declare them: RFC 6381 codec strings, or plain names. */
const DECLARED = /^(?:vp0?8|vp0?9|av0?1)(?:\.|$)/i;
/** Of pictures that can be transcoded. */
export const MIN_SIDE = 16;
export const MAX_SIDE = 4096;

export interface TranscodersOptions {
  /** The program; null where there is none. */
  readonly ffmpeg: Ffmpeg | null;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly log: Log;
}

export class Transcoders {
  readonly #options: TranscodersOptions;
  readonly #running = new Set<VideoTranscoder>();

  constructor(options: TranscodersOptions) {
    this.#options = options;
  }

  /** How many are at work. */
  get size(): number {
    return this.#running.size;
  }

  /** Their processes. */
  get pids(): number[] {
    return [...this.#running].flatMap(({ pid }) => (pid === null ? [] : [pid]));
  }

  /** Whether pictures of this declared codec would need one. */
  isNeeded(codec: string): boolean {
    return DECLARED.test(codec);
  }

  /** Why there can be none at all, and the remedy; null where there can. */
  get unavailable(): string | null {
    if (this.#options.slots.most === 0)
      return 'VP8, VP9 and AV1 are not taken here: this server transcodes nothing (--max-transcodes 0). Send H.264.';
    if (this.#options.ffmpeg !== null) return null;
    return 'VP8, VP9 and AV1 are made into H.264 by ffmpeg, which this server does not have: install it, or name it with --ffmpeg. H.264 needs none.';
  }

  /** A transcoder for a recording; null where there is none to be had, and `failed` has said why. */
  start({ codec, width, height }: MatroskaTrack, sink: VideoSink): VideoPath | null {
    const ivf = IVF_CODECS[codec];
    const { ffmpeg, slots, clock, log } = this.#options;
    const refuse = (reason: 'codec-unsupported' | 'limit', details: string): null => {
      sink.failed(reason, details);
      return null;
    };
    if (ivf === undefined) return refuse('codec-unsupported', `The pictures are ${codec}; this server takes H.264, VP8, VP9 and AV1.`);
    const { unavailable } = this;
    if (ffmpeg === null || unavailable !== null) return refuse('codec-unsupported', unavailable ?? '');
    if (width < MIN_SIDE || height < MIN_SIDE || width > MAX_SIDE || height > MAX_SIDE)
      return refuse('codec-unsupported', `The pictures are ${width}x${height}; ${MIN_SIDE} to ${MAX_SIDE} can be transcoded.`);
    const release = slots.take(PICTURES);
    if (release === null) return refuse('limit', 'This server transcodes no more streams at once; send H.264.');
    const ended = (): void => {
      this.#running.delete(transcoder);
      release();
    };
    const transcoder: VideoTranscoder = new VideoTranscoder({ ffmpeg, codec: ivf, width, height, clock, log, ended }, sink);
    this.#running.add(transcoder);
    return transcoder;
  }

  close(): void {
    for (const transcoder of [...this.#running]) transcoder.close();
  }
}
