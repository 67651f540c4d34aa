import { html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { Broadcast, type BroadcastSettings, type BroadcastState, type OnAir } from '../../capture/broadcast.ts';
import { PublishKeys } from '../../capture/publish-keys.ts';
import type { PublisherReport } from '../../capture/publisher-options.ts';
import { GlasscastError } from '../../protocol/errors.ts';
import type { Playback } from '../../protocol/messages/stream.ts';
import { isName } from '../../protocol/name-pattern.ts';
import { Announcer } from '../../ui/announcer.ts';
import { errorText, renderError, toGlasscastError } from '../../ui/errors.ts';
import type { RtcErrorDetail, RtcLogDetail, RtcStateDetail } from '../../ui/events.ts';
import * as icons from '../../ui/icons.ts';
import { ServerSettingsElement } from '../../ui/server-settings-element.ts';
import { buttonStyles, errorStyles, tokens } from '../../ui/tokens.styles.ts';
import { DEFAULTS, readSettings } from './broadcaster-settings.ts';
import { formatBitrate, formatElapsed, stateWord, words } from './broadcaster-words.ts';
import { broadcasterStyles } from './rtc-broadcaster.styles.ts';

/** Detail of `rtc-live`: the server has acknowledged a key frame. */
export interface RtcLiveDetail {
  readonly session: string;
  readonly epoch: number;
  readonly playback: Playback;
}

/** Detail of `rtc-offline`. */
export interface RtcOfflineDetail {
  readonly reason: 'stopped' | 'error';
}

/** Detail of `rtc-report`, once a second while on air. */
export interface RtcReportDetail {
  readonly report: PublisherReport;
}

const keys = new PublishKeys();

/**
 * @summary Broadcasts the camera: capture, H.264 in a worker, and the way to the server, with a preview and a button.
 * @tagname rtc-broadcaster
 *
 * @event {CustomEvent<RtcLiveDetail>} rtc-live - On air: the server has acknowledged the first key frame, or the first after a reconnect.
 * @event {CustomEvent<RtcOfflineDetail>} rtc-offline - No longer on air, for good.
 * @event {CustomEvent<RtcReportDetail>} rtc-report - Figures, once a second while on air.
 * @event {CustomEvent<RtcStateDetail>} rtc-state - The state has changed.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - A failure, also shown in the element.
 * @event {CustomEvent<RtcLogDetail>} rtc-log - What a developer may want to know.
 *
 * @csspart card - Everything.
 * @csspart stage - The area of the preview.
 * @csspart video - The preview.
 * @csspart state - The state in words, with the time live.
 * @csspart start-button - The button that goes live, cancels and stops.
 * @csspart preview-button - The button that shows the camera without going live.
 * @csspart figures - Resolution, bit rate and dropped frames.
 * @csspart notice - What is not as it should be while the broadcast goes on.
 * @csspart share - The link to the watch page.
 * @csspart error - What went wrong and what to do.
 *
 * @cssproperty [--rtc-broadcaster-aspect-ratio=16 / 9] - Shape of the preview.
 * @cssproperty [--rtc-live=#c81e3a] - Colour of the word that says live.
 * @cssproperty [--rtc-accent] - Colour of the button.
 * @cssproperty [--rtc-surface] - Background.
 * @cssproperty [--rtc-radius] - Radius of corners.
 */
export class RtcBroadcaster extends ServerSettingsElement {
  static override styles = [tokens, buttonStyles, errorStyles, broadcasterStyles];

  /** Name to broadcast under: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`. */
  @property({ reflect: true }) stream: string | null = null;

  /** Wanted width in pixels, 16 to 4096, by default 1280; the camera's nearest is taken. */
  @property({ type: Number, attribute: 'capture-width' }) captureWidth: number = DEFAULTS.captureWidth;

  /** Wanted height in pixels, 16 to 4096, by default 720; the camera's nearest is taken. */
  @property({ type: Number, attribute: 'capture-height' }) captureHeight: number = DEFAULTS.captureHeight;

  /** Wanted frames a second, 1 to 120, by default 30; the camera's nearest is taken. */
  @property({ type: Number, attribute: 'frame-rate' }) frameRate: number = DEFAULTS.frameRate;

  /** Bits a second of the video, 50 000 to 100 000 000, by default 2 000 000. A slow uplink lowers it for as long as it is slow. */
  @property({ type: Number }) bitrate: number = DEFAULTS.bitrate;

  /** Seconds between key frames, 0.5 to 20, by default 2. It should equal the server's segment duration. */
  @property({ type: Number, attribute: 'keyframe-interval' }) keyframeInterval: number = DEFAULTS.keyframeInterval;

  /** `auto`, or an H.264 codec string such as `avc1.42e01f` to insist on. */
  @property() codec = 'auto';

  /** Broadcasts without sound, and does not ask for the microphone. */
  @property({ type: Boolean, attribute: 'no-audio' }) noAudio = false;

  /** `auto` or `channel`: how media travels to the server. */
  @property() transport: 'auto' | 'channel' = 'auto';

  /**
   * Address of a copy of the encoder's worker (`chunks/publisher.worker-*.js` of the same version) on the page's own origin, for pages whose
   * policy forbids `blob:` workers. Where no worker starts at all, the page's main thread encodes.
   */
  @property({ attribute: 'worker-url' }) workerUrl: string | null = null;

  /** Address of the page where people watch, `{stream}` standing for the name. Shown as a link while live. */
  @property({ attribute: 'watch-url' }) watchUrl: string | null = null;

  @query('[part="start-button"]') private readonly startButton!: HTMLButtonElement;

  @state() private media: MediaStream | null = null;
  @state() private broadcastState: BroadcastState = 'off';
  @state() private onAir: OnAir | null = null;
  @state() private figures: PublisherReport | null = null;
  @state() private failure: GlasscastError | null = null;
  @state() private notice: GlasscastError | null = null;
  @state() private copied = false;

  readonly #announcer = new Announcer(this);
  #liveSince = 0;
  /** What had the focus before the update. */
  #focused: Element | null = null;
  readonly #broadcast = new Broadcast(
    {
      state: (next, previous) => this.#onState(next, previous),
      stream: (stream) => {
        this.media = stream;
      },
      onAir: (details) => {
        this.onAir = details;
      },
      report: (report) => {
        if (this.#isSlow(report) && !this.#isSlow(this.figures)) this.#announcer.announce(this.#slowWords(report));
        this.figures = report;
        this.emit<RtcReportDetail>('rtc-report', { report });
      },
      notice: (error) => {
        this.notice = error;
        this.#announcer.announce(errorText(error));
        this.emit<RtcLogDetail>('rtc-log', { level: 'warn', message: error.message, cause: error });
      },
      failed: (error) => this.#fail(error),
    },
    keys,
  );

  /** `off`, `requesting` (the camera), `preview`, `connecting`, `live`, `reconnecting`, `stopping` or `error`. */
  get state(): BroadcastState {
    return this.broadcastState;
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
    this.#clearMessages();
    await this.#broadcast.start(this.#settings());
  }

  /**
   * Shows the camera without going on air. Resolves once it is shown.
   * @throws GlasscastError as `start` does before it connects
   */
  async preview(): Promise<void> {
    this.#clearMessages();
    await this.#broadcast.preview(this.#settings());
  }

  /** Ends the broadcast for its viewers and turns the camera off. Resolves within three seconds, and never rejects. */
  async stop(): Promise<void> {
    await this.#broadcast.stop();
  }

  protected override teardown(): void {
    void this.#broadcast.stop();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.#focused = this.shadowRoot?.activeElement ?? null;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    // Whoever works with the keyboard goes on at the one button that is always there.
    if (this.#focused?.checkVisibility() === false) this.startButton.focus();
    if (changed.has('token') && this.token !== null) this.#broadcast.setToken(this.token);
  }

  #clearMessages(): void {
    this.failure = null;
    this.notice = null;
  }

  #settings(): BroadcastSettings {
    try {
      return this.#readSettings();
    } catch (cause) {
      const error = toGlasscastError(cause, 'invalid');
      this.#fail(error);
      throw error;
    }
  }

  #readSettings(): BroadcastSettings {
    if (!this.stream) throw new GlasscastError('invalid', words('missing-stream'));
    if (!isName(this.stream)) throw new GlasscastError('invalid', words('invalid-stream', { stream: this.stream }));
    const tokenProvider = this.effectiveTokenProvider;
    return {
      ...readSettings(this, (message) => this.warnOnce(message)),
      uplink: {
        server: this.serverOrigin,
        socketPath: this.effectiveSocketPath,
        token: this.effectiveToken ?? null,
        stream: this.stream,
      },
      tokenProvider,
      workerUrl: this.workerUrl === null ? null : new URL(this.workerUrl, document.baseURI).href,
    };
  }

  #onState(next: BroadcastState, previous: BroadcastState): void {
    this.broadcastState = next;
    this.#announcer.announce(stateWord(next));
    this.emit<RtcStateDetail<BroadcastState>>('rtc-state', { state: next, previous });
    if (next === 'live') {
      if (previous === 'connecting') this.#liveSince = performance.now();
      this.notice = null;
      if (this.onAir !== null && this.playback !== null) {
        this.emit<RtcLiveDetail>('rtc-live', { session: this.onAir.session, epoch: this.onAir.epoch, playback: this.playback });
      }
    }
    if (next === 'off' || next === 'error') {
      const wasOnAir = this.onAir !== null;
      this.onAir = null;
      this.figures = null;
      this.notice = null;
      this.copied = false;
      if (wasOnAir) this.emit<RtcOfflineDetail>('rtc-offline', { reason: next === 'off' ? 'stopped' : 'error' });
    }
  }

  #fail(error: GlasscastError): void {
    this.failure = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  /** What a click starts has nobody who awaits it: its failure is shown in the element. */
  #run(action: Promise<void>): void {
    action.catch((error: unknown) => {
      const cause = toGlasscastError(error);
      if (cause.code !== 'aborted' && this.failure === null) this.#fail(cause);
    });
  }

  async #copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.copied = true;
      this.#announcer.announce(words('copied'));
    } catch (cause) {
      this.#fail(new GlasscastError('permission-denied', 'The browser does not let the page copy.', { cause }));
    }
  }

  override render(): TemplateResult {
    return html`
      <div class="card" part="card">
        <div class="stage" part="stage">${this.#renderPicture()}${this.#renderBadge()}</div>
        <div class="body">
          ${renderError(this.failure)}
          <div class="bar">${this.#renderButton()}${this.#renderFigures()}</div>
          ${this.#renderNotice()}${this.#renderShare()}
        </div>
      </div>
      ${this.#announcer.render()}
    `;
  }

  #renderPicture(): TemplateResult {
    const asking = this.broadcastState !== 'off' && this.broadcastState !== 'error';
    // One video for all time: Chromium never frees one that was removed with a stream in it.
    return html`
      <video class="mirrored" part="video" aria-label=${words('preview-label')} ?hidden=${this.media === null} .srcObject=${this.media}
        .muted=${true} autoplay playsinline></video>
      <div class="placeholder" ?hidden=${this.media !== null}>
        ${icons.camera}
        <button part="preview-button" type="button" aria-disabled=${asking ? 'true' : nothing}
          @click=${() => !asking && this.#run(this.preview())}>${words('preview')}</button>
      </div>
    `;
  }

  #renderBadge(): TemplateResult {
    const isLive = this.broadcastState === 'live' || this.broadcastState === 'reconnecting';
    const elapsed = isLive ? ` · ${formatElapsed(performance.now() - this.#liveSince)}` : '';
    return html`<span class="badge" part="state" data-state=${this.broadcastState}>${stateWord(this.broadcastState)}${elapsed}</span>`;
  }

  /** One button for all states, so that it keeps the focus. */
  #renderButton(): TemplateResult {
    const { look, icon, label, action } = this.#button();
    return html`<button class="go ${look}" part="start-button" type="button" aria-disabled=${action === null ? 'true' : nothing}
      @click=${() => action && this.#run(action())}>${icon}${label}</button>`;
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

  #renderFigures(): TemplateResult | typeof nothing {
    const report = this.figures;
    if (report === null) return nothing;
    return html`
      <dl class="figures" part="figures">
        <div><dt>${words('resolution')}</dt><dd>${report.width}×${report.height} · ${Math.round(report.frameRate)} fps</dd></div>
        <div><dt>${words('bitrate')}</dt><dd>${formatBitrate(report.bitrate)}</dd></div>
        <div><dt>${words('dropped')}</dt><dd>${report.droppedFrames}</dd></div>
      </dl>
    `;
  }

  #renderNotice(): TemplateResult | typeof nothing {
    const report = this.figures;
    if (this.notice !== null) return html`<p class="notice" part="notice">${errorText(this.notice)}</p>`;
    if (report === null || !this.#isSlow(report)) return nothing;
    return html`<p class="notice" part="notice">${this.#slowWords(report)}</p>`;
  }

  #isSlow(report: PublisherReport | null): boolean {
    return report !== null && report.targetBitrate < this.bitrate * 0.8;
  }

  #slowWords(report: PublisherReport): string {
    return words('slow-uplink', { rate: formatBitrate(report.targetBitrate) });
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

function absolute(playback: Playback, server: string): Playback {
  return Object.fromEntries(
    Object.entries(playback)
      .filter(([, url]) => url !== undefined)
      .map(([name, url]) => [name, new URL(url, server).href]),
  );
}
