/**
 * One broadcaster on a page, without its looks.
 *
 *   off ──preview──▶ requesting ──▶ preview ──start──▶ connecting ──key frame acknowledged──▶ live ⇄ reconnecting
 *    └────start────▶ requesting ──▶ connecting
 *   stop(), from any of them ──▶ stopping ──▶ off          a failure, from any of them ──▶ error ──start, preview──▶ requesting
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import { BroadcastControls } from './broadcast-controls.ts';
import type { BroadcastHandler, BroadcastSettings, BroadcastState } from './broadcast-handler.ts';
import { type CaptureRequest, sameCapture } from './devices.ts';
import { OnAirClaim } from './on-air-claim.ts';
import { OnAirMarks } from './on-air-marks.ts';
import type { PublishKeys } from './publish-keys.ts';
import { type ErrorData, type PublisherEvent, type PublisherState, toError } from './publisher-events.ts';
import { openPublisher, type PublisherHost } from './publisher-host.ts';
import type { EncodingOptions, StreamInfo } from './publisher-options.ts';
import { BroadcastSources, type SourceInput } from './sources/broadcast-sources.ts';
import type { CardText } from './sources/source-choice.ts';
import { openAudioFeed, openFeeds, openVideoFeed, requireEncoders } from './track-feeds.ts';

export type { BroadcastHandler, BroadcastSettings, BroadcastState };

/** What one go at being on air holds, from the sources to the uplink. */
interface Run {
  readonly abort: AbortController;
  /** Of the preview, until it goes on air. */
  settings: BroadcastSettings;
  readonly live: PromiseWithResolvers<void>;
  readonly sources: BroadcastSources;
  host: PublisherHost | null;
  ready: Promise<void>;
  /** Why there is no microphone though one was wanted, until the user has been told. */
  silence: GlasscastError | null;
  readonly fedAgain: WeakSet<MediaStreamTrack>;
}

export class Broadcast extends BroadcastControls {
  readonly #handler: BroadcastHandler;
  readonly #keys: PublishKeys;
  readonly #marks: OnAirMarks;
  readonly #claim = new OnAirClaim();
  #state: BroadcastState = 'off';
  #run: Run | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  /** How often it was stopped. */
  #stops = 0;

  constructor(handler: BroadcastHandler, keys: PublishKeys, marks = new OnAirMarks()) {
    super();
    this.#handler = handler;
    this.#keys = keys;
    this.#marks = marks;
  }

  get state(): BroadcastState {
    return this.#state;
  }

  /** Opens the camera without going on air, and measures its clock meanwhile. Rejects as `start` does before it connects. */
  async preview(settings: BroadcastSettings): Promise<void> {
    if (this.#stopping !== null) await this.#afterStopping();
    if (this.#run !== null) return this.#run.ready;
    const run = this.#begin(settings);
    await run.ready;
    if (this.#run === run && this.#state === 'requesting') this.#setState('preview');
  }

  /**
   * Goes on air. Resolves once the server has acknowledged the first key frame. Without a microphone it goes on air silently, with a notice;
   * where the microphone is blocked, only after a preview, or at the second start: the first one rejects and shows the preview.
   * @throws GlasscastError why not; `aborted` when stopped meanwhile
   */
  start(settings: BroadcastSettings): Promise<void> {
    return this.#startOnce(settings, false);
  }

  /** Ends the broadcast for its viewers and turns the camera off. Never rejects. */
  stop(): Promise<void> {
    this.#stops++;
    // What it calls off is not what the next start waits for.
    this.#starting = null;
    const run = this.#run;
    if (run === null || this.#stopping !== null) return this.#stopping ?? Promise.resolve();
    this.#stopping = this.#stop(run).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  /**
   * Goes on air in the place of whoever is: where `stream-taken` said `details.may_take_over`. The one before is told, and stays off.
   * @throws GlasscastError as `start`
   */
  takeOver(settings: BroadcastSettings): Promise<void> {
    return this.#startOnce(settings, true);
  }

  /**
   * Whether this tab was live with the stream when its page was left, and `start` needs no click now. A microphone that was muted, and a
   * card that was shown, are so again.
   */
  async shouldResume(server: string, stream: string): Promise<boolean> {
    const mark = await this.#marks.resumable(server, stream);
    if (mark === null || this.#run !== null) return false;
    // In a tab that was duplicated the mark is a copy, and the first tab still on air.
    const mine = await this.#claim.take(server, stream);
    if (this.#run !== null) return false;
    if (!mine) {
      this.#claim.release();
      return false;
    }
    this.wishes.microphone = !mark.muted;
    this.showCard(mark.card);
    return true;
  }

  /**
   * Brings what is live to another size, frame rate, bit rate, number of layers or sound processing, without going off air. Sound that is added
   * begins a new session; a microphone that cannot be had is told as a notice. Never rejects.
   */
  async adjust({ capture, encoding }: Pick<BroadcastSettings, 'capture' | 'encoding'>): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    const before = run.settings;
    const after = { ...before, capture: { ...capture, audio: before.capture.audio || capture.audio }, encoding };
    run.settings = after;
    if (!sameEncoding(before.encoding, encoding)) run.host?.setEncoding(encoding);
    if (sameCapture(before.capture, after.capture)) return;
    try {
      await run.sources.adjust(after.capture);
    } catch (error) {
      if (this.#run !== run || !(error instanceof GlasscastError)) return;
      run.settings = { ...run.settings, capture: { ...run.settings.capture, audio: before.capture.audio } };
      this.#handler.notice(error);
    }
  }

  setToken(token: string): void {
    this.#run?.host?.setToken(token);
  }

  /** Changes what viewers are told of the stream, also while live. */
  setInfo(info: StreamInfo): void {
    this.#run?.host?.setInfo(info);
  }

  protected override get sources(): BroadcastSources | null {
    return this.#run?.sources ?? null;
  }

  protected override showCard(card: CardText | null): void {
    super.showCard(card);
    this.#run?.host?.setCard(card);
    this.sourcesChanged();
  }

  protected override sourcesChanged(): void {
    this.#mark();
    this.#handler.sources?.();
  }

  #startOnce(settings: BroadcastSettings, takeOver: boolean): Promise<void> {
    if (this.#starting !== null) return this.#starting;
    const starting = this.#start(settings, takeOver).finally(() => {
      if (this.#starting === starting) this.#starting = null;
    });
    this.#starting = starting;
    return starting;
  }

  async #start(settings: BroadcastSettings, takeOver: boolean): Promise<void> {
    if (this.#stopping !== null) await this.#afterStopping();
    if (this.#state === 'live' || this.#state === 'reconnecting') return;
    const { server, stream } = settings.uplink;
    const run = this.#previewOf(settings.capture) ?? this.#begin(settings);
    const mine = this.#claim.take(server, stream);
    if (!sameCapture(run.settings.capture, settings.capture)) await run.sources.adjust(settings.capture);
    run.settings = settings;
    await run.ready;
    const publishKey = (await mine) ? this.#keys.get(server, stream) : null;
    if (this.#run !== run || run.host === null) throw new GlasscastError('aborted', 'The broadcast was stopped before it was live.');
    this.#confirmSilence(run);
    this.#setState('connecting');
    run.host.start(settings.encoding, {
      ...settings.uplink,
      hasTokenProvider: settings.tokenProvider !== undefined,
      publishKey,
      takeOver,
    });
    await run.live.promise;
  }

  /** Nobody should talk to an audience that hears nothing: a microphone that is blocked takes a second click. */
  #confirmSilence(run: Run): void {
    const { silence } = run;
    run.silence = null;
    if (silence?.code !== 'permission-denied') return;
    this.#setState('preview');
    throw silence;
  }

  /** A start that waits for the end before is itself called off by another stop. */
  async #afterStopping(): Promise<void> {
    const stops = this.#stops;
    await this.#stopping;
    if (stops !== this.#stops) throw new GlasscastError('aborted', 'The broadcast was stopped before it began.');
  }

  /** What is running already, unless it has sound and none is wanted now, or the other way round. */
  #previewOf(wanted: CaptureRequest): Run | null {
    const run = this.#run;
    if (run === null || run.settings.capture.audio === wanted.audio) return run;
    run.abort.abort();
    this.#closeMedia(run);
    run.host?.close();
    return null;
  }

  #begin(settings: BroadcastSettings): Run {
    const live = Promise.withResolvers<void>();
    // Told to the handler too: a preview that fails has nobody who waits for it to be live.
    live.promise.catch(() => undefined);
    const sources = new BroadcastSources(settings.capture, this.wishes, {
      track: (input, track) => this.#trackChanged(run, input, track),
      changed: () => this.sourcesChanged(),
      devices: (list) => this.#handler.devices?.(list),
      notice: (error) => this.#handler.notice(error),
    });
    const run: Run = {
      abort: new AbortController(),
      settings,
      live,
      sources,
      host: null,
      ready: Promise.resolve(),
      silence: null,
      fedAgain: new WeakSet(),
    };
    this.#run = run;
    this.#setState('requesting');
    run.ready = this.#open(run);
    return run;
  }

  /** Sources, publisher, and the ones into the other. */
  async #open(run: Run): Promise<void> {
    const { signal } = run.abort;
    try {
      // Before anybody is asked for a camera that could not be used.
      requireEncoders();
      run.silence = await run.sources.open();
      if (signal.aborted) throw new GlasscastError('aborted', 'Stopped before the camera was open.');
      if (run.silence !== null && (run.silence.code !== 'permission-denied' || this.#starting === null)) {
        this.#handler.notice(silenceNotice(run.silence));
        run.silence = null;
      }
      const host = await openPublisher({
        workerUrl: run.settings.workerUrl,
        tokenProvider: () => askToken(run.settings.tokenProvider),
        ...(run.settings.encoding.tier === undefined ? {} : { tier: run.settings.encoding.tier }),
        withSound: run.sources.tracks.sound !== null,
        onEvent: (event) => this.#receive(run, event),
      });
      if (signal.aborted) {
        host.close();
        throw new GlasscastError('aborted', 'Stopped before the broadcast began.');
      }
      const { main, inset, sound } = run.sources.tracks;
      if (main === null) throw new GlasscastError('device-not-found', 'The camera is gone. Connect it again, then try anew.');
      run.host = host;
      host.attach(openFeeds({ video: main, audio: sound }));
      if (inset !== null) host.replace('inset', openVideoFeed(inset));
      if (this.pauseCard !== null) host.setCard(this.pauseCard);
    } catch (error) {
      this.#fail(run, error);
      throw error;
    }
  }

  #trackChanged(run: Run, input: SourceInput, track: MediaStreamTrack | null): void {
    if (this.#run !== run) return;
    this.#show(input, track);
    if (run.host === null) return;
    if (track === null) run.host.replace(input, null);
    else if (input === 'sound') run.host.replace(input, openAudioFeed(track));
    else run.host.replace(input, openVideoFeed(track));
  }

  #show(input: SourceInput, track: MediaStreamTrack | null): void {
    if (input === 'sound') this.#handler.sound?.(track);
    else if (input === 'inset') this.#handler.inset?.(track && new MediaStream([track]));
    else this.#handler.stream(track && new MediaStream([track]));
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
        this.#mark();
        this.#handler.onAir({ session: event.session, epoch: event.epoch, playback: event.playback });
        return;
      case 'report':
        this.#mark();
        this.#handler.report(event.report);
        return;
      case 'input-ended':
        this.#feedAgain(run, event.input, event.error);
        return;
      case 'notice':
        this.#handler.notice(toError(event.error));
        return;
      case 'failed':
        this.#fail(run, toError(event.error));
    }
  }

  /** A track that has ended is replaced by the sources; a feed that broke while its track goes on is opened anew, once. */
  #feedAgain(run: Run, input: SourceInput, error: ErrorData | null): void {
    const track = run.sources.tracks[input];
    if (error === null || track?.readyState !== 'live' || run.fedAgain.has(track)) return;
    run.fedAgain.add(track);
    this.#handler.notice(toError(error));
    this.#trackChanged(run, input, track);
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
    if (run.host === null) this.#closeMedia(run);
    this.#marks.delete(server, stream);
    await run.host?.stop();
    this.#closeMedia(run);
    // The session is over: what starts next is a new one.
    this.#keys.delete(server, stream);
    this.#claim.release();
    this.#run = null;
    this.showCard(null);
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
    const { server, stream } = run.settings.uplink;
    this.#marks.delete(server, stream);
    // Whoever was replaced does not come back with the old key.
    if (error.code === 'stream-taken') this.#keys.delete(server, stream);
    this.#claim.release();
    this.showCard(null);
    this.#setState('error');
    this.#handler.failed(error);
  }

  #closeMedia(run: Run): void {
    const open = run.sources.tracks;
    if (!run.sources.close()) return;
    for (const input of ['main', 'inset', 'sound'] as const) if (open[input] !== null) this.#show(input, null);
  }

  /** What a page that is reloaded goes on with. */
  #mark(): void {
    const run = this.#run;
    if (run === null || (this.#state !== 'live' && this.#state !== 'reconnecting' && this.#state !== 'connecting')) return;
    const { server, stream } = run.settings.uplink;
    const { choice, inset, microphone } = this.wishes;
    this.#marks.set(server, stream, {
      camera: choice.kind === 'camera' || inset,
      microphone: run.settings.capture.audio,
      muted: !microphone,
      card: this.pauseCard,
    });
  }

  #setState(state: BroadcastState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#handler.state(state, previous);
  }
}

/** Plain data, and always of one making. */
const sameEncoding = (a: EncodingOptions, b: EncodingOptions): boolean => JSON.stringify(a) === JSON.stringify(b);

const silenceNotice = (reason: GlasscastError): GlasscastError =>
  reason.code === 'device-not-found'
    ? new GlasscastError('device-not-found', 'No microphone was found; going on without sound.', { cause: reason })
    : reason;

async function askToken(provider: TokenProvider | undefined): Promise<string> {
  if (provider === undefined) throw new GlasscastError('unauthorized', 'The page has no token.');
  return await provider();
}
