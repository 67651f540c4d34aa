import { ContextProvider } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import type { BroadcastState } from '../../capture/broadcast-handler.ts';
import type { PublisherReport } from '../../capture/publisher-options.ts';
import { GlasscastError } from '../../protocol/errors.ts';
import type { OverlayPush, RecordingPush } from '../../protocol/messages/stream.ts';
import { missingPart } from '../../signaling/missing-part.ts';
import { Announcer } from '../../ui/announcer.ts';
import { errorText, renderError, toGlasscastError } from '../../ui/errors.ts';
import type { RtcLogDetail } from '../../ui/events.ts';
import * as icons from '../../ui/icons.ts';
import { loadParts } from '../../ui/parts.ts';
import { emptyRoomView, type RoomView, roomContext } from '../../ui/room-context.ts';
import { type StudioPanel, type StudioView, studioContext } from '../../ui/studio-context.ts';
import { buttonStyles, errorStyles, tokens } from '../../ui/tokens.styles.ts';
import { BroadcastElement } from './broadcast-element.ts';
import { formatBitrate, formatElapsed, healthWords, recordingWords, serverOverlayWords, stateWord, words } from './broadcaster-words.ts';
import { broadcasterStyles } from './rtc-broadcaster.styles.ts';
import type { StudioDesk } from './studio-desk.ts';

/**
 * @summary A studio: preview, sources, sound, and the way to the server, with buttons to go live, pause and end.
 * @tagname rtc-broadcaster
 *
 * @slot - A layout of the page's own below the preview and its messages, instead of the controls and panels. Parts of a studio stand in it wherever the page likes.
 * @slot controls - Instead of the row of buttons.
 * @slot settings - Instead of the settings.
 * @slot details - Instead of title, description and link.
 * @slot chat - Instead of the chat.
 * @slot stats - Instead of the figures.
 *
 * @event {CustomEvent<RtcLiveDetail>} rtc-live - On air: the server has acknowledged the first key frame, or the first after a reconnect.
 * @event {CustomEvent<RtcOfflineDetail>} rtc-offline - No longer on air, for good.
 * @event {CustomEvent<RtcReportDetail>} rtc-report - Figures, once a second while on air.
 * @event {CustomEvent<RtcRecordingDetail>} rtc-recording - The recording that was asked for runs, or has stopped while the broadcast goes on.
 * @event {CustomEvent<RtcSourceDetail>} rtc-source-change - What is sent is another than before: source, inset, pause, microphone or gain.
 * @event {CustomEvent<RtcViewersDetail>} rtc-viewers - How many watch.
 * @event {CustomEvent<RtcStateDetail>} rtc-state - The state has changed.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - A failure, also shown in the element.
 * @event {CustomEvent<RtcLogDetail>} rtc-log - What a developer may want to know.
 *
 * @csspart card - Everything.
 * @csspart stage - The area of the preview.
 * @csspart video - The preview.
 * @csspart inset - The camera over the screen or element, in the preview.
 * @csspart pause-card - What viewers see while the broadcast is paused.
 * @csspart state - The state in words, with the time live.
 * @csspart recording - The word that says that the server records.
 * @csspart viewers - How many watch.
 * @csspart start-button - The button that goes live, cancels and ends.
 * @csspart pause-button - The button that pauses and resumes.
 * @csspart preview-button - The button that shows the camera without going live.
 * @csspart figures - Resolution, bit rate and dropped frames.
 * @csspart notice - What is not as it should be while the broadcast goes on.
 * @csspart share - The link to the watch page.
 * @csspart panel - What stands beside the preview: settings, details, chat or figures.
 * @csspart error - What went wrong and what to do.
 *
 * @cssproperty [--rtc-broadcaster-aspect-ratio=16 / 9] - Shape of the preview.
 * @cssproperty [--rtc-panel-width=320px] - Width of the panel in a wide studio.
 * @cssproperty [--rtc-contour-color] - Colour of what `overlay="face-contour"` draws.
 * @cssproperty [--rtc-contour-width] - Width of its lines.
 * @cssproperty [--rtc-live=#c81e3a] - Colour of the word that says live.
 * @cssproperty [--rtc-accent] - Colour of the button.
 * @cssproperty [--rtc-surface] - Background.
 * @cssproperty [--rtc-radius] - Radius of corners.
 */
export class RtcBroadcaster extends BroadcastElement {
  static override styles = [tokens, buttonStyles, errorStyles, broadcasterStyles];

  @query('[part="start-button"]') private readonly startButton!: HTMLButtonElement;

  @query('[part="video"]') private readonly video!: HTMLVideoElement;
  @query('[part="inset"]') private readonly insetVideo!: HTMLVideoElement;

  @state() private panel: StudioPanel | null = null;
  @state() private copied = false;
  @state() private hasOwnLayout = false;

  readonly #announcer = new Announcer(this);
  readonly #studio = new ContextProvider(this, { context: studioContext });
  readonly #room = new ContextProvider(this, { context: roomContext, initialValue: emptyRoomView });
  readonly #children = new MutationObserver(() => this.#childrenChanged());
  #listeners = new AbortController();
  #desk: StudioDesk | undefined;
  /** What held the broadcast back when it was last said. */
  #limited: PublisherReport['limited'] = 'none';
  /** What had the focus before the update. */
  #focused: Element | null = null;

  protected override setup(): void {
    this.#listeners = new AbortController();
    this.#children.observe(this, { childList: true, attributes: true, attributeFilter: ['slot'], subtree: true });
    this.#childrenChanged();
    const { signal } = this.#listeners;
    void this.#openDesk(signal);
    const retry = (): void => {
      void this.#openDesk(signal);
      void this.#loadParts();
    };
    addEventListener('online', retry, { signal });
  }

  protected override teardown(): void {
    this.#listeners.abort('removed');
    this.#children.disconnect();
    this.#desk?.close();
    this.#desk = undefined;
    void this.stop();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.#focused = this.shadowRoot?.activeElement ?? null;
    this.#desk?.follow(this.onAir !== null);
    this.#studio.setValue(this.#view);
    this.#room.setValue(this.#roomView);
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    // A binding sets objects with every drawing, and a video begins anew each time.
    if (changed.has('media')) this.video.srcObject = this.media;
    if (changed.has('insetMedia')) this.insetVideo.srcObject = this.insetMedia;
    // Whoever works with the keyboard goes on at the one button that is always there; a panel gives the focus back to who opened it.
    const lost = this.#focused?.checkVisibility() === false && this.#focused.closest('rtc-panel') === null;
    if (lost) this.startButton.focus();
    void this.#loadParts();
  }

  get #view(): StudioView {
    const { captureWidth, captureHeight, frameRate, bitrate, layers, noAudio, noEchoCancellation, noNoiseSuppression, noAutoGain } = this;
    const overlay = this.overlay ?? '';
    return {
      stream: this.stream,
      state: this.broadcastState,
      paused: this.paused,
      source: this.source,
      inset: this.inset,
      microphone: this.microphoneEnabled && !noAudio,
      gain: this.gain,
      otherMicrophones: this.devices.audioinput.filter(({ deviceId }) => deviceId !== this.devices.live.audioinput),
      mixedMicrophones: this.mixedMicrophones,
      sound: this.sound,
      settings: {
        captureWidth,
        captureHeight,
        frameRate,
        bitrate,
        layers,
        noAudio,
        noEchoCancellation,
        noNoiseSuppression,
        noAutoGain,
        overlay,
      },
      offersWatermark: /\bwatermark\b/.test(`${overlay} ${this.overlayOptions}`),
      mostLayers: this.mostLayers,
      title: this.streamTitle,
      description: this.streamDescription,
      record: this.record,
      hasElement: this.namedElement !== null,
      viewers: this.#desk?.viewers ?? null,
      report: this.figures,
      shareLink: this.watchUrl === null && this.onAir === null ? null : this.shareLink,
      panel: this.panel,
      unread: this.#desk?.unread ?? 0,
      hidden: this.leftOut,
    };
  }

  /** What a room's chat and device picker show here. */
  get #roomView(): RoomView {
    return { ...emptyRoomView, ...this.#desk?.chat, room: this.stream, devices: this.deviceList };
  }

  protected override stateChanged(next: BroadcastState): void {
    this.#announcer.announce(stateWord(next));
    if (next !== 'off' && next !== 'error') return;
    this.copied = false;
    this.#limited = 'none';
  }

  /** What holds the broadcast back is said when it begins; its figures change too often to be read out. */
  protected override reported(report: PublisherReport): void {
    const text = healthWords(report);
    if (text !== null && report.limited !== this.#limited) this.#announcer.announce(text);
    this.#limited = report.limited;
  }

  protected override recordingChanged(recording: RecordingPush): void {
    this.#announcer.announce(recordingWords(recording) ?? words('recording'));
  }

  protected override serverOverlayChanged(overlay: OverlayPush): void {
    const text = serverOverlayWords(overlay);
    if (text !== null) this.#announcer.announce(text);
  }

  protected override noticed(error: GlasscastError): void {
    this.#announcer.announce(errorText(error));
    this.emit<RtcLogDetail>('rtc-log', { level: 'warn', message: error.message, cause: error });
  }

  async #openDesk(signal: AbortSignal): Promise<void> {
    let engine: Awaited<ReturnType<typeof this.loadEngine>>;
    try {
      engine = await this.loadEngine();
    } catch (cause) {
      // A start that needs it says so to the user, and tries again.
      if (!signal.aborted) this.emit<RtcLogDetail>('rtc-log', { level: 'warn', message: toGlasscastError(cause).message, cause });
      return;
    }
    if (signal.aborted || this.#desk !== undefined) return;
    this.#desk = new engine.StudioDesk(this, {
      show: (panel) => {
        this.panel = panel;
      },
      panel: () => this.panel,
      connection: () => this.socketSettings,
    });
    this.requestUpdate();
  }

  async #loadParts(): Promise<void> {
    try {
      await Promise.all([loadParts(this), loadParts(this.renderRoot)]);
    } catch (cause) {
      const missing = await missingPart(cause);
      if (this.notice !== null) return;
      this.notice = missing;
      this.noticed(missing);
    }
  }

  #childrenChanged(): void {
    this.hasOwnLayout = Array.from(this.children).some((child) => child.slot === '');
    if (this.hasUpdated) void this.#loadParts();
  }

  #leaves(name: string): boolean {
    return this.leftOut.includes(name);
  }

  async #copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.copied = true;
      this.#announcer.announce(words('copied'));
    } catch (cause) {
      this.fail(new GlasscastError('permission-denied', 'The browser does not let the page copy.', { cause }));
    }
  }

  override render(): TemplateResult {
    const { panel } = this;
    const wide = panel !== null && !this.hasOwnLayout;
    return html`
      <div class="card" part="card" ?data-panel=${wide}>
        <div class="stage" part="stage">${this.#renderPicture()}${this.#renderBadges()}</div>
        <div class="body">
          ${this.#renderFailure()}${this.#renderNotice()}
          ${this.hasOwnLayout ? html`<slot></slot>` : this.#renderControls()}
        </div>
        ${wide ? html`<rtc-panel part="panel" .panel=${panel}>${panel === 'chat' && this.onAir === null ? html`<p class="later">${words('chat-later')}</p>` : PANELS[panel]}</rtc-panel>` : nothing}
        <div class="foot">
          ${this.#leaves('figures') ? nothing : this.#renderFigures()}
          ${this.#leaves('share') ? nothing : this.#renderShare()}
        </div>
        <div class="bar">${this.#renderButton()}${this.isLive && !this.#leaves('pause') ? this.#renderPause() : nothing}</div>
      </div>
      ${this.#announcer.render()}
    `;
  }

  #renderControls(): TemplateResult | typeof nothing {
    if (this.#leaves('controls')) return nothing;
    return html`<slot name="controls"><rtc-studio-controls exportparts=${CONTROL_PARTS}></rtc-studio-controls></slot>`;
  }

  #renderPicture(): TemplateResult {
    const asking = this.broadcastState !== 'off' && this.broadcastState !== 'error';
    const mirrored = this.source === 'camera' && isMirrored(this.media);
    // One video for all time: Chromium never frees one that was removed with a stream in it.
    return html`
      <video class=${mirrored ? 'mirrored' : ''} part="video" aria-label=${words('preview-label')} ?hidden=${this.media === null}
        .muted=${true} autoplay playsinline></video>
      <video class="inset ${isMirrored(this.insetMedia) ? 'mirrored' : ''}" part="inset" aria-hidden="true" ?hidden=${this.insetMedia === null || this.media === null} .muted=${true} autoplay playsinline></video>
      ${this.paused && this.isLive ? html`<div class="paused" part="pause-card"><strong dir="auto">${this.card?.title}</strong><span dir="auto">${this.card?.text}</span></div>` : nothing}
      <div class="placeholder" ?hidden=${this.media !== null}>
        ${icons.camera}
        <button part="preview-button" type="button" aria-disabled=${asking ? 'true' : nothing}
          @click=${() => !asking && this.run(this.preview())}>${words('preview')}</button>
      </div>
    `;
  }

  #renderBadges(): TemplateResult {
    const elapsed = this.isLive ? ` · ${formatElapsed(performance.now() - this.liveSince)}` : '';
    const isPaused = this.broadcastState === 'live' && this.paused;
    const viewers = this.#desk?.viewers ?? null;
    return html`<div class="badges">
      <span class="badge" part="state" data-state=${isPaused ? 'paused' : this.broadcastState}>${isPaused ? words('paused') : stateWord(this.broadcastState)}${elapsed}</span>
      ${this.recording?.state === 'recording' ? html`<span class="badge recording" part="recording">${words('recording')}</span>` : nothing}
      ${viewers === null || this.onAir === null || this.#leaves('viewers') ? nothing : html`<span class="badge plain" part="viewers">${words('viewers', { count: viewers })}</span>`}
    </div>`;
  }

  #renderFailure(): TemplateResult | typeof nothing {
    const { failure } = this;
    const details = Object(failure?.details) as { may_take_over?: unknown; reason?: unknown; stopped?: unknown };
    // Not begun, or gone on for too long.
    if (failure?.code === 'limit') return renderError(failure, nothing, words(details.stopped === true ? 'over' : 'full'));
    if (failure?.code !== 'stream-taken') return renderError(failure);
    const takenOver = details.reason === 'taken-over';
    const offer = takenOver || details.may_take_over === true;
    const button = html`<button type="button" @click=${() => this.run(this.takeOver())}>${words('take-over')}</button>`;
    const text = takenOver ? words('taken-over') : details.may_take_over === true ? words('other-tab') : errorText(failure);
    return renderError(failure, offer ? button : nothing, text);
  }

  /** One button for all states, so that it keeps the focus. */
  #renderButton(): TemplateResult {
    const { look, icon, label, action } = this.#button();
    return html`<button class="go ${look}" part="start-button" type="button" aria-disabled=${action === null ? 'true' : nothing}
      @click=${() => action && this.run(action())}>${icon}${label}</button>`;
  }

  #button(): { look: string; icon: unknown; label: string; action: (() => Promise<void>) | null } {
    switch (this.broadcastState) {
      case 'off':
      case 'preview':
      case 'error':
        return { look: 'primary', icon: icons.live, label: words('start'), action: () => this.start() };
      case 'live':
      case 'reconnecting':
        return { look: 'danger', icon: icons.stop, label: words('stop'), action: () => this.stop() };
      case 'stopping':
        return { look: '', icon: nothing, label: stateWord('stopping'), action: null };
      default:
        return { look: '', icon: nothing, label: words('cancel'), action: () => this.stop() };
    }
  }

  #renderPause(): TemplateResult {
    const { paused } = this;
    return html`<button class="pause" part="pause-button" type="button" @click=${() => (paused ? this.resume() : this.pause())}>
      ${paused ? icons.play : icons.pause}${words(paused ? 'resume' : 'pause')}</button>`;
  }

  #renderFigures(): TemplateResult | typeof nothing {
    const report = this.figures;
    if (report === null) return nothing;
    return html`
      <dl class="figures" part="figures">
        <div><dt>${words('resolution')}</dt><dd>${report.width}×${report.height} · ${words('fps', { frames: Math.round(report.frameRate) })}</dd></div>
        <div><dt>${words('bitrate')}</dt><dd>${formatBitrate(report.bitrate)}</dd></div>
        <div><dt>${words('dropped')}</dt><dd>${report.droppedFrames}</dd></div>
      </dl>
    `;
  }

  #renderNotice(): TemplateResult {
    const text = this.notice === null ? healthWords(this.figures) : errorText(this.notice);
    const texts = [recordingWords(this.recording), serverOverlayWords(this.serverOverlay), text].filter((line) => line !== null);
    return html`${texts.map((line) => html`<p class="notice" part="notice">${line}</p>`)}`;
  }

  #renderShare(): TemplateResult | typeof nothing {
    const link = this.shareLink;
    if (this.onAir === null || this.watchUrl === null || link === null) return nothing;
    return html`
      <div class="share" part="share">
        <a href=${link} target="_blank" rel="noopener">${words('watch')}</a>
        <button type="button" @click=${() => this.#copy(link)}>${this.copied ? words('copied') : words('copy')}</button>
      </div>
    `;
  }
}

const CONTROL_PARTS = 'microphone, level, camera, screen, element, file, inset, settings, details, chat, stats';

const PANELS: Readonly<Record<StudioPanel, TemplateResult>> = {
  settings: html`<slot name="settings"><rtc-studio-settings></rtc-studio-settings></slot>`,
  details: html`<slot name="details"><rtc-studio-details></rtc-studio-details></slot>`,
  chat: html`<slot name="chat"><rtc-chat></rtc-chat></slot>`,
  stats: html`<slot name="stats"><rtc-studio-stats></rtc-studio-stats></slot>`,
};

/** The camera on a phone's back looks at what others should be able to read. */
function isMirrored(stream: MediaStream | null): boolean {
  return stream?.getVideoTracks()[0]?.getSettings().facingMode !== 'environment';
}
