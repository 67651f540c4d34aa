import { state } from 'lit/decorators.js';
import type { Broadcast } from '../../capture/broadcast.ts';
import type { BroadcastHandler, BroadcastState, OnAir } from '../../capture/broadcast-handler.ts';
import type { PublisherReport } from '../../capture/publisher-options.ts';
import type { CardText } from '../../capture/sources/source-choice.ts';
import type { GlasscastError } from '../../protocol/errors.ts';
import type { OverlayPush, Playback, RecordingPush } from '../../protocol/messages/stream.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import { type DeviceList, NO_DEVICES } from '../../webrtc/device-choice.ts';
import type { RtcLiveDetail, RtcOfflineDetail, RtcRecordingDetail, RtcReportDetail, RtcSourceDetail } from './broadcaster-events.ts';
import { BroadcasterSettingsElement } from './broadcaster-settings-element.ts';

const MOST_LAYERS = 3;

/** What is known of a broadcast: what it tells becomes properties and events. */
export abstract class BroadcastStatusElement extends BroadcasterSettingsElement {
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

  /** Undefined until its code has been loaded. */
  protected broadcast: Broadcast | undefined;

  /** `off`, `requesting` (the camera), `preview`, `connecting`, `live`, `reconnecting`, `stopping` or `error`. */
  get state(): BroadcastState {
    return this.broadcastState;
  }

  /** Viewers see a card and hear nothing. */
  get paused(): boolean {
    return this.broadcast?.paused ?? false;
  }

  /** Whether the camera is shown over the screen or element. */
  get inset(): boolean {
    return this.broadcast?.inset ?? false;
  }

  get microphoneEnabled(): boolean {
    return this.broadcast?.microphoneEnabled ?? true;
  }

  /** Of the microphones: 0 to 4, 1 leaves them as they are. */
  get gain(): number {
    return this.broadcast?.gain ?? 1;
  }

  /** What may be chosen from, and what is live. Empty before a device was used. */
  get devices(): DeviceList {
    return this.deviceList;
  }

  /** The devices of microphones that are mixed in beside the first. */
  get mixedMicrophones(): readonly string[] {
    return this.broadcast?.mixedMicrophones ?? [];
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

  protected get isLive(): boolean {
    return this.broadcastState === 'live' || this.broadcastState === 'reconnecting';
  }

  /** What viewers see while paused; null when they see the picture. */
  protected get card(): CardText | null {
    return this.broadcast?.pauseCard ?? null;
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

  protected fail(error: GlasscastError): void {
    this.failure = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  protected readonly handler: BroadcastHandler = {
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
    this.source = this.broadcast?.source.kind ?? this.source;
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
