import type { Milliseconds } from '../protocol/units.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import type { MediaLine } from './media-line.ts';
import type { PublisherReport } from './publisher-options.ts';
import type { Transmitter } from './transmitter.ts';

const INTERVAL: Milliseconds = 1_000;

export interface FiguresOptions {
  readonly now: () => Milliseconds;
  readonly timers: Timers;
  readonly line: MediaLine;
  readonly report: (report: PublisherReport) => void;
}

/** How a broadcast does, once a second; what it encodes is reviewed at the same time. */
export class PublisherFigures {
  readonly #options: FiguresOptions;
  #timer: TimerId | undefined;
  #last = { at: 0, encoded: 0 };

  constructor(options: FiguresOptions) {
    this.#options = options;
  }

  /** From here on, until {@link stop}. */
  start(transmitter: Transmitter): void {
    const { timers, now, line } = this.#options;
    this.#last = { at: now(), encoded: line.video?.encoded ?? 0 };
    timers.clearInterval(this.#timer);
    this.#timer = timers.setInterval(() => this.#report(transmitter), INTERVAL);
  }

  stop(): void {
    this.#options.timers.clearInterval(this.#timer);
  }

  #report(transmitter: Transmitter): void {
    const { now, line, report } = this.#options;
    const { video, tracks } = line;
    if (video === null) return;
    const { encoded } = video;
    const at = now();
    const frameRate = ((encoded - this.#last.encoded) * 1_000) / Math.max(1, at - this.#last.at);
    this.#last = { at, encoded };
    const layers = video.review();
    const codecOf = (kind: 'video' | 'audio'): string | null => tracks.findLast((track) => track.kind === kind)?.codec ?? null;
    const audioCodec = codecOf('audio');
    report({
      bitrate: Math.round(transmitter.throughput),
      targetBitrate: video.bitrate,
      frameRate,
      width: video.size.width,
      height: video.size.height,
      droppedFrames: video.dropped + transmitter.dropped,
      uplinkDelay: transmitter.delay,
      videoCodec: codecOf('video'),
      audioCodec,
      epoch: transmitter.epoch,
      encoder: `WebCodecs H.264${audioCodec === null ? '' : audioCodec === 'opus' ? ' + Opus' : ' + AAC'}`,
      layers,
      limited: video.limited,
      transport: transmitter.transport,
    });
  }
}
