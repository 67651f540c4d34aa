/**
 * One broadcast, from its feeds to the server: when it joins, when it is live, and when it is over. Runs in a worker, or on the page where none can
 * be had.
 *
 *   idle ──attach──▶ measuring ──start──▶ preparing ──encoders described──▶ joining ──key frame acknowledged──▶ live
 *                                                                                                                │  ▲
 *                                                                                                connection lost │  │ acknowledged
 *                                                                                                                ▼  │
 *                                                                                                        reconnecting
 *   stop(), from any of them ──▶ ending ──▶ ended          a failure, from any of them ──▶ ended
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { StreamReply } from '../protocol/messages/stream.ts';
import type { Milliseconds } from '../protocol/units.ts';
import type { TimerId } from '../workers/worker-timers.ts';
import { totalBitrate } from './layer-plan.ts';
import { MediaLine } from './media-line.ts';
import {
  type Card,
  type InputName,
  type MediaFeeds,
  type PictureFeed,
  type PublisherEvent,
  type PublisherState,
  type SoundFeed,
  toErrorData,
} from './publisher-events.ts';
import { PublisherFigures } from './publisher-figures.ts';
import type { EncodingOptions, PublisherReport, StreamInfo, UplinkOptions } from './publisher-options.ts';
import { Transmitter, type TransmitterEnvironment } from './transmitter.ts';

/** A microphone that gives no sound for so long does not hold up the picture. */
const AUDIO_PATIENCE: Milliseconds = 2_000;
/** An encoder that was given pictures and gives none back for so long does not work. */
const ENCODER_PATIENCE: Milliseconds = 4_000;
const VIDEO_PATIENCE: Milliseconds = 10_000;
const JOIN_PATIENCE: Milliseconds = 15_000;
const NOTICE_INTERVAL: Milliseconds = 10_000;
/** By then the first frames of another source have come. */
const NEW_CLOCK: Milliseconds = 500;

export class Publisher {
  readonly #environment: TransmitterEnvironment;
  readonly #emit: (event: PublisherEvent) => void;
  readonly #line: MediaLine;
  readonly #figures: PublisherFigures;
  #state: PublisherState = 'idle';
  #transmitter: Transmitter | null = null;
  readonly #timers = new Set<TimerId>();
  #waitsForSound = false;
  #noticed = { message: '', at: 0 };

  constructor(environment: TransmitterEnvironment, emit: (event: PublisherEvent) => void) {
    this.#environment = environment;
    this.#emit = emit;
    this.#line = new MediaLine(environment, {
      isWanted: () => this.#transmitter?.joined === true,
      advanced: () => this.#advance(),
      tracksChanged: () => void this.#transmitter?.tracksChanged(),
      frame: (track, frame) => this.#transmitter?.send(track, frame),
      inputEnded: (input, cause) => emit({ type: 'input-ended', input, error: cause === null ? null : toErrorData(cause) }),
      mainStands: (times) => emit({ type: 'main-stands', times }),
      notice: (error) => {
        if (!this.#isOver) this.#notice(error);
      },
      failed: (error) => this.#fail(error, true),
    });
    const report = (figures: PublisherReport): void => emit({ type: 'report', report: figures });
    this.#figures = new PublisherFigures({ ...environment, line: this.#line, report });
  }

  get state(): PublisherState {
    return this.#state;
  }

  /** Takes over the feeds and measures their clocks from now on; nothing is encoded yet. */
  attach(feeds: MediaFeeds): void {
    if (this.#state !== 'idle') return;
    this.#setState('measuring');
    this.#line.attach(feeds);
  }

  start(encoding: EncodingOptions, uplink: UplinkOptions): void {
    if (this.#state !== 'measuring') return;
    this.#setState('preparing');
    this.#transmitter = new Transmitter(
      {
        uplink,
        bitrate: totalBitrate(encoding),
        tracks: () => this.#line.tracks,
        clocks: () => this.#line.clocks,
      },
      {
        joined: (reply) => this.#onJoined(reply),
        moved: (reply) => this.#emit({ type: 'moved', ...reply }),
        recording: (recording) => this.#emit({ type: 'recording', recording }),
        overlay: (overlay) => this.#emit({ type: 'overlay', overlay }),
        dropped: () => this.#onDropped(),
        ended: (error) => this.#fail(error),
        keyFrameNeeded: () => this.#line.video?.requestKeyFrame(),
        keyFrameAcknowledged: () => this.#onKeyFrameAcknowledged(),
        rate: (bitrate) => this.#line.setBitrate(bitrate),
        trouble: (error) => this.#onTrouble(error),
        notice: (error) => this.#notice(error),
      },
      this.#environment,
    );
    this.#line.encode(encoding);
    this.#after(ENCODER_PATIENCE, () => {
      if (!this.#line.hasPictures && (this.#line.video?.encoded ?? 0) > 0)
        this.#fail(new GlasscastError('codec-unsupported', 'The video encoder of this browser gives nothing.'), true);
    });
    this.#after(VIDEO_PATIENCE, () => {
      if (!this.#line.hasPictures) this.#fail(new GlasscastError('media', 'The camera gives no pictures. Is another program using it?'));
    });
  }

  /** Another feed from here on, in the same session. Null: a card for `main`, nothing for `inset`, silence for `sound`. */
  replace(input: InputName, feed: PictureFeed | SoundFeed | null): void {
    if (this.#state === 'idle' || this.#isOver) {
      void feed?.cancel();
      return;
    }
    this.#line.replace(input, feed);
    // Sources differ in how long their frames take.
    if (input !== 'inset' && feed !== null) this.#after(NEW_CLOCK, () => this.#transmitter?.clocksChanged());
  }

  /** Shows a card in place of the picture, and sends silence; null goes on. */
  setCard(card: Card | null): void {
    this.#line.setCard(card);
  }

  /** Other rates, fewer layers, another size: from here on, in the same session. */
  setEncoding(encoding: EncodingOptions): void {
    if (this.#isOver) return;
    const possible = { ...encoding, layers: this.#line.layersOf(encoding) };
    // A size that is chosen anew is chosen by the rate.
    this.#transmitter?.setBitrate(totalBitrate(possible));
    this.#line.setEncoding(possible);
  }

  setToken(token: string): void {
    this.#transmitter?.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    this.#transmitter?.setInfo(info);
  }

  /** Tells the server that the broadcast is over, and frees everything. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#setState('ending');
    this.#releaseMedia();
    await this.#transmitter?.end();
    this.#setState('ended');
  }

  /** A track was described, or more is known of a clock. */
  #advance(): void {
    if (this.#state !== 'preparing') return;
    if (this.#line.hasPictures && this.#line.waitsForSound && !this.#waitsForSound) {
      this.#waitsForSound = true;
      this.#after(AUDIO_PATIENCE, () => {
        if (this.#state === 'preparing' && this.#line.waitsForSound)
          this.#line.dropSound(new GlasscastError('media', 'The microphone gives no sound; going live without it.'));
      });
    }
    if (!this.#line.isReady) return;
    this.#setState('joining');
    this.#after(JOIN_PATIENCE, () => {
      if (this.#state === 'joining') this.#fail(new GlasscastError('network', 'The server does not take the broadcast. Try again.'));
    });
    this.#transmitter?.open();
  }

  #onJoined(reply: StreamReply): void {
    this.#emit({
      type: 'joined',
      session: reply.session,
      epoch: reply.epoch,
      publishKey: reply.publish_key,
      playback: reply.playback,
    });
    this.#line.restart();
    if (this.#transmitter !== null) this.#figures.start(this.#transmitter);
  }

  #onDropped(): void {
    // Who was never live is still joining, and is told when that takes too long.
    if (this.#state === 'live') this.#setState('reconnecting');
  }

  #onTrouble(error: GlasscastError): void {
    // Whoever pressed Start wants to know now; once live, the connection tries for as long as it takes.
    if (this.#state === 'preparing' || this.#state === 'joining') this.#fail(error);
    else this.#notice(error);
  }

  #onKeyFrameAcknowledged(): void {
    if (this.#state === 'joining' || this.#state === 'reconnecting') this.#setState('live');
  }

  /** What goes wrong many times a second is told once. */
  #notice(error: unknown): void {
    const data = toErrorData(error);
    const now = this.#environment.now();
    if (data.message === this.#noticed.message && now - this.#noticed.at < NOTICE_INTERVAL) return;
    this.#noticed = { message: data.message, at: now };
    this.#emit({ type: 'notice', error: data });
  }

  /** @param encoder whether another kind of encoder might do better */
  #fail(error: unknown, encoder = false): void {
    if (this.#isOver) return;
    this.#releaseMedia();
    this.#transmitter?.close();
    this.#setState('ended');
    this.#emit({ type: 'failed', error: toErrorData(error), encoder });
  }

  #releaseMedia(): void {
    const { timers } = this.#environment;
    for (const id of this.#timers) timers.clearTimeout(id);
    this.#timers.clear();
    this.#figures.stop();
    this.#line.close();
  }

  get #isOver(): boolean {
    return this.#state === 'ending' || this.#state === 'ended';
  }

  #after(delay: Milliseconds, callback: () => void): void {
    this.#timers.add(this.#environment.timers.setTimeout(callback, delay));
  }

  #setState(state: PublisherState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emit({ type: 'state', state });
  }
}
