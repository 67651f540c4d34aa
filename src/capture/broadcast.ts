/**
 * One broadcaster on a page, without its looks.
 *
 *   off ──preview──▶ requesting ──▶ preview ──start──▶ connecting ──key frame acknowledged──▶ live ⇄ reconnecting
 *    └────start────▶ requesting ──▶ connecting
 *   stop(), from any of them ──▶ stopping ──▶ off          a failure, from any of them ──▶ error ──start, preview──▶ requesting
 */
import { GlasscastError } from '../protocol/errors.ts';
import { BroadcastControls } from './broadcast-controls.ts';
import type { BroadcastHandler, BroadcastSettings, BroadcastState, OnAir } from './broadcast-handler.ts';
import { BroadcastRun } from './broadcast-run.ts';
import { type CaptureRequest, sameCapture } from './devices.ts';
import { OnAirClaim } from './on-air-claim.ts';
import { OnAirMarks } from './on-air-marks.ts';
import type { PublishKeys } from './publish-keys.ts';
import { type PublisherEvent, type PublisherState, toError } from './publisher-events.ts';
import type { StreamInfo } from './publisher-options.ts';
import type { BroadcastSources, SourceInput } from './sources/broadcast-sources.ts';
import type { CardText } from './sources/source-choice.ts';

export type { BroadcastHandler, BroadcastSettings, BroadcastState };

export class Broadcast extends BroadcastControls {
  readonly #handler: BroadcastHandler;
  readonly #keys: PublishKeys;
  readonly #marks: OnAirMarks;
  readonly #claim = new OnAirClaim();
  #state: BroadcastState = 'off';
  #run: BroadcastRun | null = null;
  /** Resolves when the run's sources are open. */
  #ready: Promise<void> = Promise.resolve();
  #onAir: OnAir | null = null;
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
    if (this.#run !== null) return this.#ready;
    const run = this.#begin(settings);
    await this.#ready;
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
   * Brings what is live to another size, frame rate, bit rate, number of layers, sound processing or overlay, without going off air. Sound that is added
   * begins a new session; a microphone that cannot be had is told as a notice. Never rejects.
   */
  async adjust(settings: Pick<BroadcastSettings, 'capture' | 'encoding' | 'overlays'>): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    try {
      await run.adjust(settings);
    } catch (error) {
      if (this.#run === run && error instanceof GlasscastError) this.#handler.notice(error);
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
    // Before anything is waited for: what is chosen meanwhile is newer.
    run.sources.setOverlays(settings.overlays ?? null);
    if (!sameCapture(run.settings.capture, settings.capture)) await run.sources.adjust(settings.capture);
    run.settings = settings;
    await this.#ready;
    await run.sources.drawn;
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
    await run.live;
  }

  /** Nobody should talk to an audience that hears nothing: a microphone that is blocked takes a second click. */
  #confirmSilence(run: BroadcastRun): void {
    const silence = run.takeSilence();
    if (silence === null) return;
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
  #previewOf(wanted: CaptureRequest): BroadcastRun | null {
    const run = this.#run;
    if (run === null || run.settings.capture.audio === wanted.audio) return run;
    run.callOff(new GlasscastError('aborted', 'The preview was opened anew.'));
    run.closeMedia();
    run.host?.close();
    return null;
  }

  #begin(settings: BroadcastSettings): BroadcastRun {
    const ifCurrent = (then: () => void): void => {
      if (this.#run === run) then();
    };
    const run: BroadcastRun = new BroadcastRun(settings, this.wishes, {
      shown: (input, track) => this.#show(input, track),
      sourcesChanged: () => this.sourcesChanged(),
      devices: (list) => this.#handler.devices?.(list),
      notice: (error) => this.#handler.notice(error),
      event: (event) => ifCurrent(() => this.#receive(run, event)),
    });
    this.#run = run;
    this.#setState('requesting');
    this.#ready = this.#open(run);
    return run;
  }

  async #open(run: BroadcastRun): Promise<void> {
    try {
      await run.open({ card: () => this.pauseCard, isStarting: () => this.#starting !== null });
    } catch (error) {
      this.#fail(run, error);
      throw error;
    }
  }

  #show(input: SourceInput, track: MediaStreamTrack | null): void {
    if (input === 'sound') this.#handler.sound?.(track);
    else if (input === 'inset') this.#handler.inset?.(track && new MediaStream([track]));
    else this.#handler.stream(track && new MediaStream([track]));
  }

  #receive(run: BroadcastRun, event: PublisherEvent): void {
    const { server, stream } = run.settings.uplink;
    switch (event.type) {
      case 'state':
        this.#follow(run, event.state);
        return;
      case 'joined':
        this.#keys.set(server, stream, event.publishKey);
        this.#mark();
        this.#tellOnAir({ session: event.session, epoch: event.epoch, playback: event.playback });
        return;
      case 'moved':
        if (this.#onAir !== null) this.#tellOnAir({ ...this.#onAir, session: event.session ?? this.#onAir.session, epoch: event.epoch });
        return;
      case 'recording':
        this.#handler.recording?.(event.recording);
        return;
      case 'overlay':
        this.#handler.overlay?.(event.overlay);
        return;
      case 'report':
        this.#mark();
        this.#handler.report(event.report);
        return;
      case 'input-ended':
        run.feedAgain(event.input, event.error);
        return;
      case 'main-stands':
        run.cameraStands(event.times);
        return;
      case 'notice':
        this.#handler.notice(toError(event.error));
        return;
      case 'failed':
        this.#fail(run, toError(event.error));
    }
  }

  #tellOnAir(details: OnAir): void {
    this.#onAir = details;
    this.#handler.onAir(details);
  }

  #follow(run: BroadcastRun, state: PublisherState): void {
    // Only once the publisher has let go of the tracks: to it, a track that ends is a camera that was unplugged.
    if (state === 'ending') run.closeMedia();
    if (this.#state === 'stopping') return;
    if (state === 'live') {
      this.#setState('live');
      run.wentLive();
    } else if (state === 'reconnecting') {
      this.#setState('reconnecting');
    }
  }

  async #stop(run: BroadcastRun): Promise<void> {
    this.#setState('stopping');
    const { server, stream } = run.settings.uplink;
    run.callOff(new GlasscastError('aborted', 'The broadcast was stopped.'));
    if (run.host === null) run.closeMedia();
    this.#marks.delete(server, stream);
    await run.host?.stop();
    run.closeMedia();
    // The session is over: what starts next is a new one.
    this.#keys.delete(server, stream);
    this.#claim.release();
    this.#run = null;
    this.#onAir = null;
    this.showCard(null);
    this.#setState('off');
  }

  #fail(run: BroadcastRun, cause: unknown): void {
    const error = cause instanceof GlasscastError ? cause : new GlasscastError('media', 'The broadcast could not start.', { cause });
    if (this.#run !== run || this.#state === 'stopping') return;
    this.#run = null;
    this.#onAir = null;
    run.callOff(error);
    run.closeMedia();
    run.host?.close();
    const { server, stream } = run.settings.uplink;
    this.#marks.delete(server, stream);
    // Whoever was replaced does not come back with the old key.
    if (error.code === 'stream-taken') this.#keys.delete(server, stream);
    this.#claim.release();
    this.showCard(null);
    this.#setState('error');
    this.#handler.failed(error);
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
