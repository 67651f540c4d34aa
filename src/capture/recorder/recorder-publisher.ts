/**
 * A broadcast whose pictures and sound a MediaRecorder encodes, for browsers that cannot encode frames. Key frames cannot be asked for, and
 * another bit rate, another track or a hole in what was sent takes another recording, which the server plays as another epoch.
 *
 *   idle ──attach──▶ measuring ──start──▶ preparing ──a format gives bytes──▶ joining ──first bytes acknowledged──▶ live ⇄ reconnecting
 *                                            ▲                                 │
 *                                            └──the server does not take it────┘
 *   stop(), from any of them ──▶ ending ──▶ ended          a failure, from any of them ──▶ ended
 */
import { GlasscastError } from '../../protocol/errors.ts';
import type { StreamReply } from '../../protocol/messages/stream.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import type { TokenProvider } from '../../signaling/connection.ts';
import { backgroundTimers } from '../../workers/background-timers.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';
import {
  type Card,
  type FeedOf,
  type InputName,
  type MediaFeeds,
  type PublisherEvent,
  type PublisherState,
  toErrorData,
} from '../publisher-events.ts';
import type { PublisherHost } from '../publisher-host.ts';
import type { EncodingOptions, StreamInfo, UplinkOptions } from '../publisher-options.ts';
import { trackOf } from '../track-feeds.ts';
import { overlayOf, type Uplink } from '../uplink.ts';
import { openUplink } from '../uplink-choice.ts';
import { wallClock } from '../wall-clock.ts';
import { ContainerSender } from './container-sender.ts';
import { RecordedInputs } from './recorded-inputs.ts';
import { type RecorderFormat, recordedKeyFrameInterval, recorderFormats } from './recorder-formats.ts';
import { RecorderRate } from './recorder-rate.ts';
import { Recording } from './recording.ts';
import { RecordingClock } from './recording-clock.ts';

const JOIN_PATIENCE: Milliseconds = 15_000;
/** A recorder that gives nothing for so long does not work, whatever the browser says of it. */
const FORMAT_PATIENCE: Milliseconds = 4_000;
/** Recordings that cannot be sent are not begun anew without a pause. */
const BETWEEN_RECORDINGS: Milliseconds = 1_000;
const TICK: Milliseconds = 200;
const REPORT: Milliseconds = 1_000;
const AUDIO_BITRATE = 96_000;

export class RecorderPublisher implements PublisherHost {
  readonly runsIn = 'page';
  readonly #tokenProvider: TokenProvider;
  readonly #emit: (event: PublisherEvent) => void;
  readonly #timers: Timers = backgroundTimers();
  readonly #inputs = new RecordedInputs(this.#timers, (input) => this.#inputEnded(input));
  readonly #sender: ContainerSender;
  readonly #clock: RecordingClock;
  readonly #running = new Set<TimerId>();
  #state: PublisherState = 'idle';
  #encoding: EncodingOptions | null = null;
  #uplinkOptions: UplinkOptions | null = null;
  #formats: RecorderFormat[] = [];
  #withSound = false;
  #rate = new RecorderRate(0);
  #uplink: Uplink | null = null;
  #recording: Recording | null = null;
  #restart: TimerId | undefined;
  #reply: StreamReply | null = null;
  #joined = false;

  constructor(tokenProvider: TokenProvider, onEvent: (event: PublisherEvent) => void) {
    this.#tokenProvider = tokenProvider;
    this.#emit = onEvent;
    this.#sender = new ContainerSender({
      now: wallClock,
      push: (chunk) => this.#uplink?.pushChunk(chunk) ?? Promise.reject(new GlasscastError('network', 'The stream is not joined.')),
      pushesAtOnce: () => this.#uplink?.pushesAtOnce ?? 0,
      bufferedAmount: () => this.#uplink?.bufferedAmount ?? 0,
      onStalled: () => this.#uplink?.probe(),
      onAcknowledged: ({ epoch }) => this.#onAcknowledged(epoch),
      onBroken: (error) => this.#onBroken(error),
    });
    this.#clock = new RecordingClock({
      now: wallClock,
      timers: this.#timers,
      time: () => this.#uplink?.serverTime() ?? Promise.reject(new GlasscastError('network', 'The stream is not joined.')),
      report: (report) => this.#uplink?.reportClock(report),
      log: (error) => this.#notice(error),
    });
  }

  attach({ video, audio }: MediaFeeds): void {
    if (this.#state !== 'idle') return;
    this.#inputs.set('main', this.#trackOf(video));
    if (audio !== null) this.#inputs.set('sound', this.#trackOf(audio));
    this.#setState('measuring');
  }

  start(encoding: EncodingOptions, uplink: UplinkOptions): void {
    if (this.#state !== 'measuring') return;
    this.#encoding = encoding;
    this.#uplinkOptions = uplink;
    this.#rate = new RecorderRate(encoding.bitrate);
    this.#withSound = this.#inputs.hasSound;
    this.#formats = recorderFormats(this.#withSound);
    this.#running.add(
      this.#timers.setTimeout(() => {
        if (this.#state === 'joining') this.#fail(new GlasscastError('network', 'The server does not take the broadcast. Try again.'));
      }, JOIN_PATIENCE),
    );
    this.#running.add(this.#timers.setInterval(() => this.#tick(), TICK));
    this.#running.add(this.#timers.setInterval(() => this.#report(), REPORT));
    void this.#open();
  }

  replace<I extends InputName>(input: I, feed: FeedOf<I> | null): void {
    const track = feed === null ? null : this.#trackOf(feed);
    // A recorder takes one picture: what would lie over it is left out.
    if (input === 'inset') return;
    this.#inputs.set(input, track);
    if (input === 'sound' && track !== null && !this.#withSound) this.#addSound();
    else if (input === 'main' || this.#withSound) this.#record();
  }

  setCard(card: Card | null): void {
    this.#inputs.setCard(card);
    this.#record();
  }

  setEncoding(encoding: EncodingOptions): void {
    this.#encoding = encoding;
    if (this.#rate.retarget(encoding.bitrate, wallClock())) this.#record();
  }

  setToken(token: string): void {
    this.#uplink?.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    if (this.#uplinkOptions !== null) this.#uplinkOptions = { ...this.#uplinkOptions, info: { ...this.#uplinkOptions.info, ...info } };
    this.#uplink?.setInfo(info);
  }

  async stop(): Promise<void> {
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#setState('ending');
    this.#release();
    await this.#uplink?.end();
    this.#setState('ended');
  }

  close(): void {
    if (this.#state !== 'ending' && this.#state !== 'ended') this.#state = 'ended';
    this.#release();
    this.#uplink?.close();
  }

  /** Of the feed the track alone is wanted. */
  #trackOf(feed: ReadableStream): MediaStreamTrack | null {
    const track = trackOf(feed);
    feed.cancel().catch(() => undefined); // a feed that broke by itself is closed all the same
    return track;
  }

  /** Joins with the best format that is left. */
  async #open(): Promise<void> {
    this.#setState('preparing');
    for (let [format] = this.#formats; format !== undefined; [format] = this.#formats) {
      const works = await this.#works(format);
      if (this.#isOver()) return;
      if (works) return this.#join(format);
      this.#formats.shift();
    }
    this.#fail(new GlasscastError('codec-unsupported', 'This browser can neither encode nor record video that the server takes.'));
  }

  /** Whether the format gives bytes: what a browser says of itself is not always so. */
  async #works(format: RecorderFormat): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#timers.setTimeout(() => resolve(false), FORMAT_PATIENCE);
    let trial: Recording | null = null;
    try {
      trial = this.#newRecording(format, { bytes: () => resolve(true), ended: () => resolve(false) });
      return await promise;
    } catch {
      return false;
    } finally {
      this.#timers.clearTimeout(timer);
      trial?.close();
    }
  }

  #join({ container }: RecorderFormat): void {
    if (this.#uplinkOptions === null) return;
    this.#setState('joining');
    const publishKey = this.#reply?.publish_key ?? this.#uplinkOptions.publishKey;
    const { hasTokenProvider } = this.#uplinkOptions;
    const uplink: Uplink = openUplink(
      { ...this.#uplinkOptions, container, publishKey },
      {
        joined: (reply) => this.#onJoined(reply),
        dropped: () => this.#onDropped(),
        ended: (error) => this.#onEnded(error),
        keyFrameWanted: () => undefined, // cannot be had from a recorder; the next comes in time
        bitrateLimited: (_track, bitrate) => {
          if (this.#rate.limit(bitrate, wallClock())) this.#record();
        },
        recording: (recording) => this.#emit({ type: 'recording', recording }),
        overlay: (overlay) => this.#emit({ type: 'overlay', overlay }),
        trouble: (error) => (this.#state === 'joining' && this.#reply === null ? this.#fail(error) : this.#notice(error)),
      },
      { timers: this.#timers, tokenProvider: hasTokenProvider ? this.#tokenProvider : null },
    );
    this.#uplink = uplink;
    uplink.open(() => []);
  }

  #onJoined(reply: StreamReply): void {
    this.#reply = reply;
    this.#joined = true;
    this.#sender.open(reply.credit);
    this.#emit({ type: 'joined', session: reply.session, epoch: reply.epoch, publishKey: reply.publish_key, playback: reply.playback });
    const overlay = overlayOf(reply);
    if (overlay !== null) this.#emit({ type: 'overlay', overlay });
    this.#record();
  }

  #onDropped(): void {
    this.#joined = false;
    this.#stopRecording();
    this.#sender.close();
    if (this.#state === 'live') this.#setState('reconnecting');
  }

  #onEnded(error: GlasscastError): void {
    if (error.code === 'codec-unsupported') this.#nextFormat();
    else this.#fail(error);
  }

  #onAcknowledged(epoch: number | undefined): void {
    this.#clock.acknowledged(epoch);
    if (this.#state === 'joining' || this.#state === 'reconnecting') this.#setState('live');
  }

  #onBroken(error: unknown): void {
    this.#stopRecording();
    if (error instanceof GlasscastError && error.code === 'codec-unsupported') {
      this.#nextFormat();
      return;
    }
    // Dropped, the next join begins another.
    if (error instanceof GlasscastError && error.code === 'network') return;
    if (error === null) this.#rate.overrun(wallClock());
    else this.#notice(error);
    this.#timers.clearTimeout(this.#restart);
    this.#restart = this.#timers.setTimeout(() => this.#record(), BETWEEN_RECORDINGS);
  }

  /** Other formats, and perhaps another container: joined anew. The server begins another session with it. */
  #addSound(): void {
    if (this.#state === 'measuring') return;
    this.#withSound = true;
    this.#formats = recorderFormats(true);
    this.#reopen();
  }

  #nextFormat(): void {
    if (this.#isOver()) return;
    this.#formats.shift();
    this.#reopen();
  }

  #reopen(): void {
    this.#joined = false;
    this.#stopRecording();
    this.#sender.close();
    this.#uplink?.close();
    void this.#open();
  }

  /** Begins another recording of what is to be seen and heard now. */
  #record(): void {
    const [format] = this.#formats;
    if (!this.#joined || format === undefined) return;
    this.#stopRecording();
    this.#sender.begin();
    try {
      this.#recording = this.#newRecording(format, {
        bytes: (bytes) => this.#sender.add(bytes),
        ended: (cause) => this.#recordingEnded(cause),
      });
      this.#clock.begin(this.#recording.startedAt);
    } catch (error) {
      this.#onBroken(error);
    }
  }

  #newRecording(format: RecorderFormat, handler: ConstructorParameters<typeof Recording>[1]): Recording {
    const { mimeType } = format;
    const keyFrameInterval = recordedKeyFrameInterval(format, this.#encoding?.keyFrameInterval ?? 2);
    const bitrates = { videoBitrate: this.#rate.rate, audioBitrate: AUDIO_BITRATE };
    return new Recording({ ...this.#inputs.tracks(this.#withSound), ...bitrates, mimeType, keyFrameInterval }, handler);
  }

  #recordingEnded(cause: unknown): void {
    this.#onBroken(new GlasscastError('media', 'The recorder of this browser has stopped; beginning anew.', { cause }));
  }

  #stopRecording(): void {
    this.#timers.clearTimeout(this.#restart);
    this.#clock.stop();
    this.#recording?.close();
    this.#recording = null;
  }

  #inputEnded(input: 'main' | 'sound'): void {
    if (this.#isOver()) return;
    this.#emit({ type: 'input-ended', input, error: null });
    this.#record();
  }

  #tick(): void {
    if (!this.#joined) return;
    this.#sender.tick();
    if (this.#recording !== null && this.#rate.update(this.#sender.delay - this.#sender.minRoundTrip, wallClock())) this.#record();
  }

  #report(): void {
    const [format] = this.#formats;
    if (!this.#joined || format === undefined) return;
    const { width, height } = this.#inputs.size;
    const bitrate = Math.round(this.#sender.throughput);
    const targetBitrate = this.#rate.rate;
    const { frameRate } = this.#inputs;
    const [video, audio] = format.mimeType.replace(/^.*codecs=/, '').split(',');
    this.#emit({
      type: 'report',
      report: {
        bitrate,
        targetBitrate,
        frameRate,
        width,
        height,
        droppedFrames: 0,
        uplinkDelay: this.#sender.delay,
        videoCodec: video ?? null,
        audioCodec: audio ?? null,
        epoch: this.#clock.epoch,
        encoder: `MediaRecorder ${format.name}`,
        layers: [{ width, height, bitrate, targetBitrate, frameRate, active: true }],
        limited: targetBitrate < (this.#encoding?.bitrate ?? 0) ? 'uplink' : 'none',
        transport: this.#uplink?.transport ?? 'channel',
      },
    });
  }

  #notice(error: unknown): void {
    this.#emit({ type: 'notice', error: toErrorData(error) });
  }

  #fail(error: unknown): void {
    if (this.#isOver()) return;
    this.#release();
    this.#uplink?.close();
    this.#setState('ended');
    this.#emit({ type: 'failed', error: toErrorData(error) });
  }

  #isOver(): boolean {
    return this.#state === 'ending' || this.#state === 'ended';
  }

  #release(): void {
    for (const id of this.#running) this.#timers.clearTimeout(id);
    this.#running.clear();
    this.#joined = false;
    this.#stopRecording();
    this.#sender.close();
    this.#inputs.close();
  }

  #setState(state: PublisherState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emit({ type: 'state', state });
  }
}
