import { state } from 'lit/decorators.js';
import type { Broadcast } from '../../capture/broadcast.ts';
import type { BroadcastHandler, BroadcastSettings, BroadcastState, OnAir } from '../../capture/broadcast-handler.ts';
import type { PublisherReport } from '../../capture/publisher-options.ts';
import type { CapturableElement, CardText } from '../../capture/sources/source-choice.ts';
import { GlasscastError } from '../../protocol/errors.ts';
import type { OverlayPush, Playback, RecordingPush } from '../../protocol/messages/stream.ts';
import { toGlasscastError } from '../../ui/errors.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import type { StudioSource } from '../../ui/studio-context.ts';
import { type DeviceList, NO_DEVICES } from '../../webrtc/device-choice.ts';
import type { RtcLiveDetail, RtcOfflineDetail, RtcRecordingDetail, RtcReportDetail, RtcSourceDetail } from './broadcaster-events.ts';
import { BroadcasterSettingsElement } from './broadcaster-settings-element.ts';
import { words } from './broadcaster-words.ts';

const MOST_LAYERS = 3;
/** Settings that take effect while live. */
const WHILE_LIVE: readonly (keyof BroadcasterSettingsElement)[] = [
  'captureWidth',
  'captureHeight',
  'frameRate',
  'bitrate',
  'layers',
  'noAudio',
  'noEchoCancellation',
  'noNoiseSuppression',
  'noAutoGain',
];

/** Settings that take effect as soon as there is a picture. */
const DRAWN: readonly (keyof BroadcasterSettingsElement)[] = ['overlay', 'overlayOptions'];

type Engine = typeof import('./studio-engine.ts');

/** A broadcaster without its looks: attributes, methods and events, and the broadcast behind them. */
export abstract class BroadcastElement extends BroadcasterSettingsElement {
  @state() protected media: MediaStream | null = null;
  @state() protected insetMedia: MediaStream | null = null;
  @state() protected broadcastState: BroadcastState = 'off';
  @state() protected onAir: OnAir | null = null;
  @state() protected figures: PublisherReport | null = null;
  @state() protected failure: GlasscastError | null = null;
  @state() protected notice: GlasscastError | null = null;
  /** How the recording stands that was asked for; null where none was, or none has begun. */
  @state() protected recording: RecordingPush | null = null;
  /** What the server says of the overlay that it was asked for; null where it was asked for none. */
  @state() protected serverOverlay: OverlayPush | null = null;
  @state() protected sound: MediaStreamTrack | null = null;
  @state() protected deviceList: DeviceList = NO_DEVICES;

  /** How many sizes a session can have: while on air as many as it began with. */
  protected mostLayers = MOST_LAYERS;
  /** In `performance.now()`. */
  protected liveSince = 0;

  #broadcast: Broadcast | undefined;
  #engine: Promise<Engine> | undefined;
  /** How often it was stopped: a start that is still loading is called off by it. */
  #stops = 0;

  /** `off`, `requesting` (the camera), `preview`, `connecting`, `live`, `reconnecting`, `stopping` or `error`. */
  get state(): BroadcastState {
    return this.broadcastState;
  }

  /** Viewers see a card and hear nothing. */
  get paused(): boolean {
    return this.#broadcast?.paused ?? false;
  }

  /** Whether the camera is shown over the screen or element. */
  get inset(): boolean {
    return this.#broadcast?.inset ?? false;
  }

  get microphoneEnabled(): boolean {
    return this.#broadcast?.microphoneEnabled ?? true;
  }

  /** Of the microphones: 0 to 4, 1 leaves them as they are. */
  get gain(): number {
    return this.#broadcast?.gain ?? 1;
  }

  /** What may be chosen from, and what is live. Empty before a device was used. */
  get devices(): DeviceList {
    return this.deviceList;
  }

  /** The devices of microphones that are mixed in beside the first. */
  get mixedMicrophones(): readonly string[] {
    return this.#broadcast?.mixedMicrophones ?? [];
  }

  /** Where to play what is being broadcast, as absolute URLs; null until on air. */
  get playback(): Playback | null {
    return this.onAir === null ? null : absolute(this.onAir.playback, this.serverOrigin);
  }

  /** What to send to viewers: the `watch-url` with the stream's name, else the HLS URL; null until on air without a `watch-url`. */
  get shareLink(): string | null {
    if (this.watchUrl === null) return this.playback?.hls ?? null;
    return new URL(this.watchUrl.replaceAll('{stream}', this.stream ?? ''), document.baseURI).href;
  }

  /** The newest figures; null until on air. */
  get report(): PublisherReport | null {
    return this.figures;
  }

  /**
   * Goes on air, asking for camera and microphone where needed. Resolves once the server has acknowledged the first key frame; viewers
   * find the broadcast within a second from then.
   * @throws GlasscastError `permission-denied`, `permission-dismissed`, `device-not-found`, `device-in-use`, `insecure-context`,
   * `unsupported`, `codec-unsupported`, `media`, `unauthorized`, `stream-taken`, `limit`, `network`, `server`, `invalid` (the stream's name, the
   * server's address), `aborted` (stopped or removed meanwhile)
   */
  async start(): Promise<void> {
    await this.#begin((broadcast, settings) => broadcast.start(settings));
  }

  /** As `start`, in the place of whoever is on air: where `stream-taken` came with `details.may_take_over`. */
  async takeOver(): Promise<void> {
    await this.#begin((broadcast, settings) => broadcast.takeOver(settings));
  }

  /**
   * Shows the camera without going on air. Resolves once it is shown.
   * @throws GlasscastError as `start` does before it connects
   */
  async preview(): Promise<void> {
    await this.#begin((broadcast, settings) => broadcast.preview(settings));
  }

  /** Ends the broadcast for its viewers and turns the camera off. Resolves within three seconds, and never rejects. */
  async stop(): Promise<void> {
    this.#stops++;
    await this.#broadcast?.stop();
  }

  /** Shows viewers a card instead of the picture, and lets them hear nothing, until `resume`. The session goes on. */
  pause(card: Partial<CardText> = {}): void {
    const title = card.title ?? (this.streamTitle || words('card-title'));
    this.#broadcast?.pause({ title, text: card.text ?? words('card-text') });
  }

  resume(): void {
    this.#broadcast?.resume();
  }

  /**
   * Sends another picture from here on, also while live.
   * @param element for `element`: instead of what `for` names
   * @throws GlasscastError `invalid` where no element is named; `permission-denied`, `unsupported`, `device-not-found`, `device-in-use`,
   * `media`: the source before goes on
   */
  async setSource(source: StudioSource, element: CapturableElement | null = this.namedElement): Promise<void> {
    if (source === 'element' && element === null) {
      throw new GlasscastError('invalid', 'Set the attribute for to the id of a <video>, <audio> or <canvas>.');
    }
    const broadcast = await this.loadBroadcast();
    await broadcast.setSource(source === 'element' ? { kind: source, element: element as CapturableElement } : { kind: source });
  }

  /** Shows the camera in a corner of the screen or element, or no longer. */
  async setInset(enabled: boolean): Promise<void> {
    await (await this.loadBroadcast()).setInset(enabled);
  }

  /**
   * Plays a film or a song into the broadcast, then goes back to what was shown before. Resolves once it plays.
   * @throws GlasscastError `media` where the browser cannot play it, `invalid` while off
   */
  async playFile(file: File): Promise<void> {
    await (await this.loadBroadcast()).playFile(file);
  }

  /** Uses another camera or microphone from here on, also while live. */
  async switchDevice(kind: 'audioinput' | 'videoinput', deviceId: string): Promise<void> {
    await (await this.loadBroadcast()).switchDevice(kind, deviceId);
  }

  /** Adds a microphone to the first one, or takes it away. */
  async mixMicrophone(deviceId: string, enabled: boolean): Promise<void> {
    await (await this.loadBroadcast()).mixMicrophone(deviceId, enabled);
  }

  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    (await this.loadBroadcast()).setMicrophoneEnabled(enabled);
  }

  /** @param gain of the microphones: 0 to 4, 1 leaves them as they are */
  async setGain(gain: number): Promise<void> {
    (await this.loadBroadcast()).setGain(gain);
  }

  protected get isLive(): boolean {
    return this.broadcastState === 'live' || this.broadcastState === 'reconnecting';
  }

  /** What viewers see while paused; null when they see the picture. */
  protected get card(): CardText | null {
    return this.#broadcast?.pauseCard ?? null;
  }

  /** The state is another than before. */
  protected abstract stateChanged(next: BroadcastState): void;
  /** A report has come. */
  protected abstract reported(report: PublisherReport): void;
  /** The recording runs, or has stopped. */
  protected abstract recordingChanged(recording: RecordingPush): void;
  /** The server draws what it was asked to, or does not. */
  protected abstract serverOverlayChanged(overlay: OverlayPush): void;
  /** Something is wrong, and the broadcast goes on. */
  protected abstract noticed(error: GlasscastError): void;

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    // Of the page's own making: what the broadcast itself reports is there already.
    if (changed.has('source') && this.source !== (this.#broadcast?.source.kind ?? 'camera')) this.run(this.setSource(this.source));
    if (changed.has('streamTitle') || changed.has('streamDescription')) {
      this.#broadcast?.setInfo({ title: this.streamTitle, description: this.streamDescription });
    }
  }

  protected override firstUpdated(changed: Map<PropertyKey, unknown>): void {
    super.firstUpdated(changed);
    void this.#resumeUnasked();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    if (changed.has('token') && this.token !== null) this.#broadcast?.setToken(this.token);
    const isOpen = this.broadcastState !== 'off' && this.broadcastState !== 'error';
    const takesEffect =
      (isOpen && DRAWN.some((name) => changed.has(name))) || (this.isLive && WHILE_LIVE.some((name) => changed.has(name)));
    if (takesEffect) this.run(this.adjust());
  }

  /** @throws GlasscastError `network` where it cannot be loaded; the next call tries again */
  protected async loadEngine(): Promise<Engine> {
    this.#engine ??= import('./studio-engine.ts');
    try {
      return await this.#engine;
    } catch (cause) {
      this.#engine = undefined;
      throw new GlasscastError('network', 'A part of the studio could not be loaded. Check your network.', { cause });
    }
  }

  protected async loadBroadcast(): Promise<Broadcast> {
    const { openBroadcast } = await this.loadEngine();
    this.#broadcast ??= openBroadcast(this.#handler);
    return this.#broadcast;
  }

  /**
   * What a click starts has nobody who awaits it: its failure is shown in the element.
   * @internal
   */
  run(action: Promise<unknown>): void {
    action.catch((error: unknown) => {
      const cause = toGlasscastError(error);
      if (cause.code !== 'aborted' && this.failure === null) this.fail(cause);
    });
  }

  /**
   * Takes new settings of picture and sound as far as it can without going off air.
   * @internal
   */
  async adjust(): Promise<void> {
    if (this.#broadcast !== undefined) await this.#broadcast.adjust(await this.#settings());
  }

  protected fail(error: GlasscastError): void {
    this.failure = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  async #begin(action: (broadcast: Broadcast, settings: BroadcastSettings) => Promise<void>): Promise<void> {
    this.failure = null;
    this.notice = null;
    const stops = this.#stops;
    let settings: BroadcastSettings;
    let broadcast: Broadcast;
    try {
      settings = await this.#settings();
      broadcast = this.#broadcast ?? (await this.loadBroadcast());
    } catch (cause) {
      const error = toGlasscastError(cause, 'invalid');
      this.fail(error);
      throw error;
    }
    if (stops !== this.#stops) throw new GlasscastError('aborted', 'The broadcast was stopped before it began.');
    await action(broadcast, settings);
  }

  async #settings(): Promise<BroadcastSettings> {
    const settings = this.broadcastSettings();
    const { readOverlays } = await this.loadEngine();
    const overlays = readOverlays(this, getComputedStyle(this), settings.uplink.server, (message) => this.warnOnce(message));
    return { ...settings, overlays };
  }

  /** Who was live when the page was left goes on without a click. */
  async #resumeUnasked(): Promise<void> {
    const stops = this.#stops;
    const { stream, effectiveServer: server } = this;
    if (stream === null || server === null) return;
    // Nobody has asked for it: a start that does says why it cannot.
    const broadcast = await this.loadBroadcast().catch(() => undefined);
    if (await broadcast?.shouldResume(server, stream)) if (stops === this.#stops) this.run(this.start());
  }

  readonly #handler: BroadcastHandler = {
    state: (next, previous) => this.#onState(next, previous),
    stream: (stream) => {
      // The same picture in another stream would go black for a moment.
      if (pictureOf(stream) === null || pictureOf(stream) !== pictureOf(this.media)) this.media = stream;
    },
    inset: (stream) => {
      this.insetMedia = stream;
    },
    devices: (list) => {
      this.deviceList = list;
    },
    sound: (track) => {
      this.sound = track;
    },
    sources: () => this.#sourcesChanged(),
    onAir: (details) => {
      this.onAir = details;
    },
    recording: (recording) => {
      const isSame = recording.state === this.recording?.state && recording.reason === this.recording.reason;
      this.recording = recording;
      // Said again after each return of the broadcaster.
      if (isSame) return;
      this.recordingChanged(recording);
      this.emit<RtcRecordingDetail>('rtc-recording', { state: recording.state, reason: recording.reason ?? null });
    },
    overlay: (overlay) => {
      const isSame = overlay.overlay === this.serverOverlay?.overlay;
      this.serverOverlay = overlay;
      // Said again after each return of the broadcaster.
      if (!isSame) this.serverOverlayChanged(overlay);
    },
    report: (report) => {
      this.figures = report;
      this.reported(report);
      this.emit<RtcReportDetail>('rtc-report', { report });
    },
    notice: (error) => {
      this.notice = error;
      this.noticed(error);
    },
    failed: (error) => this.fail(error),
  };

  #sourcesChanged(): void {
    this.source = this.#broadcast?.source.kind ?? this.source;
    this.requestUpdate();
    const { source, inset, paused, microphoneEnabled: microphone, gain } = this;
    this.emit<RtcSourceDetail>('rtc-source-change', { source, inset, paused, microphone, gain });
  }

  #onState(next: BroadcastState, previous: BroadcastState): void {
    this.broadcastState = next;
    if (next === 'connecting') this.mostLayers = this.layers;
    this.stateChanged(next);
    this.emit<RtcStateDetail<BroadcastState>>('rtc-state', { state: next, previous });
    if (next === 'live') {
      if (previous === 'connecting') this.liveSince = performance.now();
      // What was told while connecting, such as a missing model, is so still.
      else this.notice = null;
      if (this.onAir !== null && this.playback !== null) {
        this.emit<RtcLiveDetail>('rtc-live', { session: this.onAir.session, epoch: this.onAir.epoch, playback: this.playback });
      }
    }
    if (next === 'off' || next === 'error') {
      const wasOnAir = this.onAir !== null;
      this.mostLayers = MOST_LAYERS;
      this.onAir = null;
      this.figures = null;
      this.recording = null;
      this.serverOverlay = null;
      this.notice = null;
      if (wasOnAir) this.emit<RtcOfflineDetail>('rtc-offline', { reason: next === 'off' ? 'stopped' : 'error' });
    }
    if (this.isLive) addEventListener('beforeunload', this.#askBeforeLeaving);
    else removeEventListener('beforeunload', this.#askBeforeLeaving);
  }

  readonly #askBeforeLeaving = (event: BeforeUnloadEvent): void => event.preventDefault();
}

const pictureOf = (stream: MediaStream | null): MediaStreamTrack | null => stream?.getVideoTracks()[0] ?? null;

function absolute(playback: Playback, server: string): Playback {
  return Object.fromEntries(
    Object.entries(playback)
      .filter(([, url]) => url !== undefined)
      .map(([name, url]) => [name, new URL(url, server).href]),
  );
}
