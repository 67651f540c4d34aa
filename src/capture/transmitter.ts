/**
 * The way of encoded frames to the server: the stream's topic, what it lets through, epochs and clocks. Knows no camera and no encoder.
 *
 *   closed ──open──▶ joining ──▶ joined ⇄ dropped
 *   end(), close(), refused or stopped for good, from any of them ──▶ closed
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { OverlayPush, RecordingPush, StreamReply, TrackDescription, TracksReply } from '../protocol/messages/stream.ts';
import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import type { Connection, ConnectionOptions, TokenProvider } from '../signaling/connection.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import { ClockReporter, type ReportedTrack } from './clock-reporter.ts';
import { AUDIO_TRACK, type EncodedFrame } from './encoded-track.ts';
import { FrameSender } from './frame-sender.ts';
import type { StreamInfo, UplinkOptions } from './publisher-options.ts';
import { overlayOf, type Transport, type Uplink } from './uplink.ts';
import { openUplink } from './uplink-choice.ts';

export interface TransmitterEnvironment {
  /** Wall clock in milliseconds, monotonic and finer than a millisecond. */
  readonly now: () => Milliseconds;
  readonly timers: Timers;
  readonly tokenProvider: TokenProvider;
  readonly connect?: (options: ConnectionOptions) => Connection;
  readonly fetch?: typeof globalThis.fetch;
}

export interface TransmitterOptions {
  readonly uplink: UplinkOptions;
  /** Of the video, at the most. */
  readonly bitrate: BitsPerSecond;
  /** What is sent; asked at each join and each change, since the picture may be another by then. */
  readonly tracks: () => readonly TrackDescription[];
  /** When it was captured. */
  readonly clocks: () => readonly ReportedTrack[];
}

export interface TransmitterHandler {
  /** Joined, also after each drop: from here on frames are worth encoding, beginning with a key frame. */
  joined(reply: StreamReply): void;
  /** Another format is being sent, in another epoch and perhaps another session. */
  moved(reply: TracksReply): void;
  recording(push: RecordingPush): void;
  /** Whether the server draws what it was asked to. */
  overlay?(push: OverlayPush): void;
  /** The connection was lost and is being made anew; frames are not taken meanwhile. */
  dropped(): void;
  /** Over for good. */
  ended(error: GlasscastError): void;
  keyFrameNeeded(): void;
  keyFrameAcknowledged(): void;
  /** The video is to be encoded at this rate from now on. */
  rate(bitrate: BitsPerSecond): void;
  /** The connection is in trouble that may pass. */
  trouble(error: GlasscastError): void;
  /** Something was refused or went unanswered, and the broadcast goes on. */
  notice(error: unknown): void;
}

const TICK: Milliseconds = 200;

export class Transmitter {
  readonly #options: TransmitterOptions;
  readonly #handler: TransmitterHandler;
  readonly #environment: TransmitterEnvironment;
  readonly #uplink: Uplink;
  readonly #sender: FrameSender;
  readonly #clockReporter: ClockReporter;
  #joined = false;
  #closed = false;
  #epoch = 0;
  /** The newest change of tracks: what an older one brings about is out of date. */
  #change = 0;
  /** A change that the server has not answered and has to be told again. */
  #owesChange = false;
  #ticker: TimerId | undefined;

  constructor(options: TransmitterOptions, handler: TransmitterHandler, environment: TransmitterEnvironment) {
    this.#options = options;
    this.#handler = handler;
    this.#environment = environment;
    const { now, timers, tokenProvider, connect, fetch } = environment;
    this.#uplink = openUplink(
      options.uplink,
      {
        joined: (reply) => this.#onJoined(reply),
        dropped: () => this.#onDropped(),
        ended: (error) => this.#end(error),
        keyFrameWanted: () => handler.keyFrameNeeded(),
        bitrateLimited: (track, bitrate) => this.#onLimit(track, bitrate),
        recording: (push) => handler.recording(push),
        overlay: (push) => handler.overlay?.(push),
        trouble: (error) => handler.trouble(error),
      },
      {
        timers,
        tokenProvider: options.uplink.hasTokenProvider ? tokenProvider : null,
        ...(connect === undefined ? {} : { connect }),
        ...(fetch === undefined ? {} : { fetch }),
      },
    );
    this.#sender = new FrameSender({
      bitrate: options.bitrate,
      soundBitrate: () => this.#soundBitrate(),
      now,
      push: (chunk) => this.#uplink.pushChunk(chunk),
      pushesAtOnce: () => this.#uplink.pushesAtOnce,
      bufferedAmount: () => this.#uplink.bufferedAmount,
      onStalled: () => this.#uplink.probe(),
      onRate: (bitrate) => handler.rate(bitrate),
      onKeyFrameNeeded: () => handler.keyFrameNeeded(),
      onKeyFrameAcknowledged: () => handler.keyFrameAcknowledged(),
      // A socket that closes takes no frames for a moment before it says that it has closed, and that is told.
      onRefused: (error) => {
        if (!(error instanceof GlasscastError && error.code === 'network')) handler.notice(error);
      },
    });
    this.#clockReporter = new ClockReporter({
      now,
      timers,
      tracks: options.clocks,
      time: () => this.#uplink.serverTime(),
      report: (report) => this.#uplink.reportClock(report),
      log: (error) => handler.notice(error),
    });
  }

  /** Whether frames are taken. */
  get joined(): boolean {
    return this.#joined;
  }

  /** How the frames travel. */
  get transport(): Transport {
    return this.#uplink.transport;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Video frames dropped because the uplink did not keep up. */
  get dropped(): number {
    return this.#sender.dropped;
  }

  /** Age of the oldest frame that the server has not acknowledged. */
  get delay(): Milliseconds {
    return this.#sender.delay;
  }

  /** Acknowledged in the last second. */
  get throughput(): BitsPerSecond {
    return this.#sender.throughput;
  }

  /** Joins the stream's topic, once. */
  open(): void {
    if (!this.#closed) this.#uplink.open(() => this.#options.tracks());
  }

  /** Sends a frame as soon as the uplink lets it through; drops it unless joined. */
  send(track: number, frame: EncodedFrame): void {
    if (!this.#joined) return;
    this.#sender.add({
      kind: track === AUDIO_TRACK ? 'audio' : 'video',
      queuedAt: this.#environment.now(),
      record: { track, key: frame.key, duration: frame.duration, dts: frame.timestamp, cts: 0, data: frame.data },
    });
  }

  /** Picture or sound have another format from here on. Frames wait until the server has opened an epoch for it. */
  async tracksChanged(): Promise<void> {
    // A join declares the tracks as they are by then.
    if (!this.#joined) return;
    const change = ++this.#change;
    this.#owesChange = false;
    this.#sender.hold();
    try {
      const reply = await this.#uplink.pushTracks(this.#options.tracks());
      if (change !== this.#change) return;
      this.#epoch = reply.epoch;
      this.#handler.moved(reply);
      this.#clockReporter.start();
      this.#sender.release();
    } catch (cause) {
      if (change !== this.#change) return;
      const error = cause instanceof GlasscastError ? cause : new GlasscastError('server', 'The new format was refused.', { cause });
      if (error.code === 'network') this.#owesChange = true;
      else this.#end(error);
    }
  }

  /** Frames have come another way from here on: their clocks are told anew, and as they settle. */
  clocksChanged(): void {
    if (this.#joined) this.#clockReporter.start();
  }

  /** @param bitrate of the video, at the most, from here on */
  setBitrate(bitrate: BitsPerSecond): void {
    this.#sender.retarget(bitrate);
  }

  setToken(token: string): void {
    this.#uplink.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    this.#uplink.setInfo(info);
  }

  /** Tells the server that the broadcast is over, and closes. Never rejects. */
  async end(): Promise<void> {
    this.#release();
    await this.#uplink.end();
  }

  /** Lets go without ending the session: the server keeps it for whoever has the publish key. */
  close(): void {
    this.#release();
    this.#uplink.close();
  }

  #onJoined(reply: StreamReply): void {
    if (this.#closed) return;
    const { timers } = this.#environment;
    this.#change++;
    this.#owesChange = false;
    this.#epoch = reply.epoch;
    this.#sender.open(reply.credit);
    this.#joined = true;
    this.#clockReporter.start();
    timers.clearInterval(this.#ticker);
    this.#ticker = timers.setInterval(() => this.#tick(), TICK);
    this.#handler.joined(reply);
    const overlay = overlayOf(reply);
    if (overlay !== null) this.#handler.overlay?.(overlay);
  }

  #onDropped(): void {
    if (this.#closed) return;
    this.#stop();
    this.#handler.dropped();
  }

  #end(error: GlasscastError): void {
    if (this.#closed) return;
    this.close();
    this.#handler.ended(error);
  }

  #tick(): void {
    if (this.#owesChange) void this.tracksChanged();
    this.#sender.tick();
  }

  #onLimit(track: number, bitrate: BitsPerSecond): void {
    // The server limits each layer alike; ours share one rate.
    const layers = this.#options.tracks().filter(({ kind }) => kind === 'video');
    if (layers[0]?.id === track) this.#sender.limit(bitrate * layers.length);
  }

  #soundBitrate(): BitsPerSecond {
    return this.#options.tracks().find(({ id }) => id === AUDIO_TRACK)?.bitrate ?? 0;
  }

  #release(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#joined = false;
    this.#change++;
    this.#sender.close();
    this.#clockReporter.stop();
    this.#environment.timers.clearInterval(this.#ticker);
    this.#ticker = undefined;
  }
}
