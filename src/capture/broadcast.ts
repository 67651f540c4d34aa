/**
 * One broadcaster on a page, without its looks.
 *
 *   off ──preview──▶ requesting ──▶ preview ──start──▶ connecting ──key frame acknowledged──▶ live ⇄ reconnecting
 *    └────start────▶ requesting ──▶ connecting
 *   stop(), from any of them ──▶ stopping ──▶ off          a failure, from any of them ──▶ error ──start, preview──▶ requesting
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { Playback } from '../protocol/messages/stream.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import type { DeviceList } from '../webrtc/device-choice.ts';
import { type CapturedMedia, type CaptureRequest, openCamera, stopTracks } from './devices.ts';
import type { PublishKeys } from './publish-keys.ts';
import { type PublisherEvent, type PublisherState, toError } from './publisher-events.ts';
import { openPublisher, type PublisherHost } from './publisher-host.ts';
import type { EncodingOptions, PublisherReport, StreamInfo, UplinkOptions } from './publisher-options.ts';
import { type CardText, MAX_GAIN, type SourceChoice, UNCHANGED_GAIN } from './sources/source-choice.ts';
import { openFeeds, requireEncoders } from './track-feeds.ts';

export type BroadcastState = 'off' | 'requesting' | 'preview' | 'connecting' | 'live' | 'reconnecting' | 'stopping' | 'error';

export interface BroadcastSettings {
  readonly capture: CaptureRequest;
  readonly encoding: EncodingOptions;
  readonly uplink: Omit<UplinkOptions, 'publishKey' | 'hasTokenProvider' | 'takeOver'>;
  readonly tokenProvider: TokenProvider | undefined;
  readonly workerUrl: string | null;
}

export interface OnAir {
  readonly session: string;
  readonly epoch: number;
  readonly playback: Playback;
}

export interface BroadcastHandler {
  state(state: BroadcastState, previous: BroadcastState): void;
  /** What the preview shows; null once the camera is off. */
  stream(stream: MediaStream | null): void;
  /** The camera that is shown over the main picture, or null. */
  inset?(stream: MediaStream | null): void;
  /** What there is to choose from, and what is live. */
  devices?(list: DeviceList): void;
  /** The source, the inset, the microphone, the gain, or whether it is paused, is another than before. */
  sources?(): void;
  /** The sound that is sent, for a level meter; null where there is none. */
  sound?(track: MediaStreamTrack | null): void;
  /** Joined, also after each reconnect. */
  onAir(details: OnAir): void;
  report(report: PublisherReport): void;
  /** Something is wrong, and the broadcast goes on. */
  notice(error: GlasscastError): void;
  failed(error: GlasscastError): void;
}

/** What one go at being on air holds, from the camera to the uplink. */
interface Run {
  readonly abort: AbortController;
  /** Of the preview, until it goes on air. */
  settings: BroadcastSettings;
  readonly live: PromiseWithResolvers<void>;
  media: CapturedMedia | null;
  host: PublisherHost | null;
  ready: Promise<void>;
}

export class Broadcast {
  readonly #handler: BroadcastHandler;
  readonly #keys: PublishKeys;
  #state: BroadcastState = 'off';
  #run: Run | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #source: SourceChoice = { kind: 'camera' };
  #inset = false;
  #paused = false;
  #microphoneEnabled = true;
  #gain = UNCHANGED_GAIN;
  /** How often it was stopped. */
  #stops = 0;

  constructor(handler: BroadcastHandler, keys: PublishKeys) {
    this.#handler = handler;
    this.#keys = keys;
  }

  get state(): BroadcastState {
    return this.#state;
  }

  /** Opens the camera without going on air, and measures its clock meanwhile. Rejects as `openCamera` does. */
  async preview(settings: BroadcastSettings): Promise<void> {
    if (this.#stopping !== null) await this.#afterStopping();
    if (this.#run !== null) return this.#run.ready;
    const run = this.#begin(settings);
    await run.ready;
    if (this.#run === run && this.#state === 'requesting') this.#setState('preview');
  }

  /**
   * Goes on air. Resolves once the server has acknowledged the first key frame.
   * @throws GlasscastError why not; `aborted` when stopped meanwhile
   */
  start(settings: BroadcastSettings): Promise<void> {
    return this.#startOnce(settings, false);
  }

  #startOnce(settings: BroadcastSettings, takeOver: boolean): Promise<void> {
    this.#starting ??= this.#start(settings, takeOver).finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** Ends the broadcast for its viewers and turns the camera off. Never rejects. */
  stop(): Promise<void> {
    this.#stops++;
    const run = this.#run;
    if (run === null || this.#stopping !== null) return this.#stopping ?? Promise.resolve();
    this.#stopping = this.#stop(run).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  /** Where the picture comes from, or will once it is opened. */
  get source(): SourceChoice {
    return this.#source;
  }

  /** Whether the camera is shown over the screen or the element. */
  get inset(): boolean {
    return this.#inset;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get microphoneEnabled(): boolean {
    return this.#microphoneEnabled;
  }

  /** Of the microphones, 0 to 4; 1 leaves them as they are. */
  get gain(): number {
    return this.#gain;
  }

  /** Shows a card and sends silence until {@link resume}; the session goes on. */
  pause(_card: CardText): void {
    this.#paused = true;
    this.#handler.sources?.();
  }

  resume(): void {
    this.#paused = false;
    this.#handler.sources?.();
  }

  /** Changes the picture, and the sound that belongs to it, also while live. */
  async setSource(source: SourceChoice): Promise<void> {
    this.#source = source;
    this.#handler.sources?.();
  }

  /** Shows the camera over the screen or the element, or no longer. */
  async setInset(on: boolean): Promise<void> {
    this.#inset = on;
    this.#handler.sources?.();
  }

  /** Plays a film or a song into the broadcast. Resolves once it plays. */
  async playFile(file: File): Promise<void> {
    throw new GlasscastError('unsupported', `${file.name} cannot be played.`);
  }

  /** Changes to another camera or microphone, and remembers it. */
  async switchDevice(_kind: 'audioinput' | 'videoinput', _deviceId: string): Promise<void> {
    this.#handler.sources?.();
  }

  /** Adds a microphone to the first one, or takes it away. */
  async mixMicrophone(_deviceId: string, _on: boolean): Promise<void> {
    this.#handler.sources?.();
  }

  setMicrophoneEnabled(on: boolean): void {
    this.#microphoneEnabled = on;
    if (this.#run?.media?.audio) this.#run.media.audio.enabled = on;
    this.#handler.sources?.();
  }

  /** @param gain of the microphones, 0 to 4 */
  setGain(gain: number): void {
    this.#gain = Math.min(MAX_GAIN, Math.max(0, gain));
    this.#handler.sources?.();
  }

  /** As `start`, in the place of whoever is on air: where `stream-taken` said `details.may_take_over`. */
  takeOver(settings: BroadcastSettings): Promise<void> {
    return this.#startOnce(settings, true);
  }

  setToken(token: string): void {
    this.#run?.host?.setToken(token);
  }

  /** Changes what viewers are told of the stream, also while live. */
  setInfo(info: StreamInfo): void {
    this.#run?.host?.setInfo(info);
  }

  async #start(settings: BroadcastSettings, takeOver: boolean): Promise<void> {
    if (this.#stopping !== null) await this.#afterStopping();
    if (this.#state === 'live' || this.#state === 'reconnecting') return;
    const run = this.#previewOf(settings.capture) ?? this.#begin(settings);
    run.settings = settings;
    await run.ready;
    if (this.#run !== run || run.host === null) throw new GlasscastError('aborted', 'The broadcast was stopped before it was live.');
    this.#setState('connecting');
    const { server, stream } = settings.uplink;
    run.host.start(settings.encoding, {
      ...settings.uplink,
      hasTokenProvider: settings.tokenProvider !== undefined,
      publishKey: this.#keys.get(server, stream),
      takeOver,
    });
    await run.live.promise;
  }

  /** A start that waits for the end before is itself called off by another stop. */
  async #afterStopping(): Promise<void> {
    const stops = this.#stops;
    await this.#stopping;
    if (stops !== this.#stops) throw new GlasscastError('aborted', 'The broadcast was stopped before it began.');
  }

  /** What is running already, unless its camera is another than is wanted now. */
  #previewOf(wanted: CaptureRequest): Run | null {
    const run = this.#run;
    if (run === null || sameCapture(run.settings.capture, wanted)) return run;
    run.abort.abort();
    this.#closeMedia(run);
    run.host?.close();
    return null;
  }

  #begin(settings: BroadcastSettings): Run {
    const live = Promise.withResolvers<void>();
    // Told to the handler too: a preview that fails has nobody who waits for it to be live.
    live.promise.catch(() => undefined);
    const run: Run = { abort: new AbortController(), settings, live, media: null, host: null, ready: Promise.resolve() };
    this.#run = run;
    this.#setState('requesting');
    run.ready = this.#open(run);
    return run;
  }

  /** Camera, publisher, and the one into the other. */
  async #open(run: Run): Promise<void> {
    const { signal } = run.abort;
    try {
      // Before anybody is asked for a camera that could not be used.
      requireEncoders();
      run.media = await openCamera(run.settings.capture, signal);
      this.#handler.stream(run.media.stream);
      if (run.settings.capture.audio && run.media.audio === null) {
        this.#handler.notice(new GlasscastError('device-not-found', 'No microphone was found; going on without sound.'));
      }
      const host = await openPublisher({
        workerUrl: run.settings.workerUrl,
        tokenProvider: () => askToken(run.settings.tokenProvider),
        onEvent: (event) => this.#receive(run, event),
      });
      if (signal.aborted) {
        host.close();
        throw new GlasscastError('aborted', 'Stopped before the broadcast began.');
      }
      run.host = host;
      host.attach(openFeeds(run.media));
    } catch (error) {
      this.#fail(run, error);
      throw error;
    }
  }

  #receive(run: Run, event: PublisherEvent): void {
    if (this.#run !== run) return;
    const { server, stream } = run.settings.uplink;
    switch (event.type) {
      case 'state':
        this.#follow(run, event.state);
        return;
      case 'joined':
        this.#keys.set(server, stream, event.publishKey);
        this.#handler.onAir({ session: event.session, epoch: event.epoch, playback: event.playback });
        return;
      case 'report':
        this.#handler.report(event.report);
        return;
      case 'notice':
        this.#handler.notice(toError(event.error));
        return;
      case 'failed':
        this.#fail(run, toError(event.error));
    }
  }

  #follow(run: Run, state: PublisherState): void {
    // Only once the publisher has let go of the tracks: to it, a track that ends is a camera that was unplugged.
    if (state === 'ending') this.#closeMedia(run);
    if (this.#state === 'stopping') return;
    if (state === 'live') {
      this.#setState('live');
      run.live.resolve();
    } else if (state === 'reconnecting') {
      this.#setState('reconnecting');
    }
  }

  async #stop(run: Run): Promise<void> {
    this.#setState('stopping');
    const { server, stream } = run.settings.uplink;
    run.abort.abort();
    run.live.reject(new GlasscastError('aborted', 'The broadcast was stopped.'));
    await run.host?.stop();
    this.#closeMedia(run);
    // The session is over: what starts next is a new one.
    this.#keys.delete(server, stream);
    this.#run = null;
    this.#setState('off');
  }

  #fail(run: Run, cause: unknown): void {
    const error = cause instanceof GlasscastError ? cause : new GlasscastError('media', 'The broadcast could not start.', { cause });
    if (this.#run !== run || this.#state === 'stopping') return;
    this.#run = null;
    run.abort.abort();
    this.#closeMedia(run);
    run.host?.close();
    run.live.reject(error);
    this.#setState('error');
    this.#handler.failed(error);
  }

  #closeMedia(run: Run): void {
    if (run.media === null) return;
    stopTracks(run.media.stream);
    run.media = null;
    this.#handler.stream(null);
  }

  #setState(state: BroadcastState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#handler.state(state, previous);
  }
}

const sameCapture = (a: CaptureRequest, b: CaptureRequest): boolean =>
  a.width === b.width && a.height === b.height && a.frameRate === b.frameRate && a.audio === b.audio;

async function askToken(provider: TokenProvider | undefined): Promise<string> {
  if (provider === undefined) throw new GlasscastError('unauthorized', 'The page has no token.');
  return await provider();
}
