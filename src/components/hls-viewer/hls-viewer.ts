import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { startPlayback } from '../../playback/autoplay.ts';
import type { PlaybackEngine } from '../../playback/engine.ts';
import type { HlsSource } from '../../playback/open-hls.ts';
import type { Player, PlayerState } from '../../playback/player.ts';
import { TokenSource } from '../../playback/token-source.ts';
import { GlasscastError } from '../../protocol/errors.ts';
import { isName } from '../../protocol/name-pattern.ts';
import type { Seconds } from '../../protocol/units.ts';
import { loaded } from '../../signaling/missing-part.ts';
import { Announcer } from '../../ui/announcer.ts';
import { renderError, toGlasscastError } from '../../ui/errors.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { MediaElement } from '../../ui/media-element.ts';
import { errorStyles, tokens } from '../../ui/tokens.styles.ts';
import { hlsViewerStyles } from './hls-viewer.styles.ts';

/** Detail of `rtc-latency`. All in seconds. */
export interface RtcLatencyDetail {
  /** From the camera to the screen where `stream` is set, else to the live edge of the playlist. */
  readonly seconds: Seconds;
  /** The distance from the live edge that is aimed at; null where the browser holds it. */
  readonly target: Seconds | null;
  /** How often playback ran dry since the broadcast was loaded. */
  readonly stalls: number;
}

const msg = messages('viewer', {
  waiting: 'Waiting for the broadcast…',
  away: 'The broadcaster is away',
  ended: 'The broadcast has ended',
  loading: 'Loading…',
  playing: 'The broadcast plays',
  sound: 'Tap for sound',
  play: 'Play',
  'invalid-src': '“{src}” is not the address of a playlist.',
  invalid: '“{name}” is not the name of a stream: use 1 to 63 of a-z, 0-9 and -.',
});

/**
 * @summary Plays a broadcast, or any HLS playlist, about half a second behind the camera.
 * @tagname hls-viewer
 *
 * @event {CustomEvent<RtcStateDetail<PlayerState>>} rtc-state - `idle`, `waiting`, `loading`, `playing`, `away`, `ended` or `failed`.
 * @event {CustomEvent<RtcLatencyDetail>} rtc-latency - Once a second while a live broadcast plays.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - Something went wrong; unless the state is `failed`, the viewer goes on trying.
 *
 * @csspart video - The video.
 * @csspart message - What is said over the video while there is nothing to see.
 * @csspart error - The failure, in plain words.
 * @csspart unmute-button - "Tap for sound", where the browser refused sound without a touch.
 * @csspart play-button - Starts playback, where there are no controls.
 *
 * @cssproperty [--rtc-viewer-background=#0b0d13] - Colour behind the picture.
 * @cssproperty [--rtc-viewer-fit=contain] - How the picture fills the element (`object-fit`).
 */
export class HlsViewer extends MediaElement {
  static override styles = [tokens, errorStyles, hlsViewerStyles];

  /** Name of a stream on the server: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`. Wins over `src`. */
  @property() stream: string | null = null;

  /** URL of an HLS playlist, live or recorded, absolute or relative to the page. */
  @property() src: string | null = null;

  /**
   * Seconds behind the live edge to aim at, 0.1 to 30; chosen from the broadcast's part duration when absent (0.45 at 200 ms, 0.36 at
   * 100 ms). Takes effect at once. Stalls raise what is aimed at by up to 1.5 s, and quiet takes it back.
   */
  @property({ attribute: 'target-latency', type: Number }) targetLatency: number | null = null;

  @state() private playerState: PlayerState = 'idle';
  @state() private failure: GlasscastError | null = null;
  @state() private mutedByPolicy = false;
  @state() private needsStart = false;

  readonly #announcer = new Announcer(this);
  /** What had the focus before the update. */
  #focused: Element | null = null;
  #player: Player | null = null;
  #opening: AbortController | null = null;
  #alive = false;
  /** What the player was opened for; anything else calls for another. */
  #opened: readonly unknown[] = [];
  /** With which token and provider it was opened, or plays on. */
  #credentials: readonly unknown[] = [];
  readonly #tokens = this.#tokenSource();

  constructor() {
    super();
    this.video.setAttribute('part', 'video');
  }

  protected override setup(): void {
    this.#alive = true;
    this.requestUpdate();
  }

  protected override teardown(): void {
    this.#alive = false;
    this.#opened = [];
    this.#close();
  }

  /** What plays: hls.js behind our latency control, or the browser itself. Null until there is a source. */
  get api(): PlaybackEngine | null {
    return this.#player?.engine ?? null;
  }

  /** `idle`, `waiting`, `loading`, `playing`, `away`, `ended` or `failed`. */
  get state(): PlayerState {
    return this.playerState;
  }

  /** Seconds behind the camera where `stream` is set, else behind the live edge; null when nothing live plays. */
  get latency(): Seconds | null {
    return this.#player?.latency ?? null;
  }

  /** The playlist in use, without the token; empty where there is none. */
  get currentSrc(): string {
    return this.#player?.address ?? '';
  }

  /** As HTMLMediaElement's, once the state is `failed`; `message` says what happened. Else null. */
  get error(): MediaError | null {
    if (this.playerState !== 'failed' || this.failure === null) return this.video.error;
    const decode = this.failure.code === 'media' || this.failure.code === 'codec-unsupported';
    const constants = { MEDIA_ERR_ABORTED: 1, MEDIA_ERR_NETWORK: 2, MEDIA_ERR_DECODE: 3, MEDIA_ERR_SRC_NOT_SUPPORTED: 4 } as const;
    return { ...constants, code: decode ? 3 : 2, message: this.failure.message };
  }

  /** Starts over: what one does after a failure. */
  load(): void {
    this.#opened = [];
    this.requestUpdate();
  }

  /** Jumps to the live edge; without effect where nothing live plays. */
  seekToLive(): void {
    this.#player?.engine.seekToLive();
  }

  protected override repeat(type: string): void {
    // A failure of the video is the player's to cure; what it cannot cure is told when it gives up.
    if (type === 'error' && this.playerState !== 'failed') return;
    if (type === 'playing' || type === 'pause' || type === 'play') this.needsStart = this.video.paused;
    if (type === 'volumechange' && !this.video.muted) this.mutedByPolicy = false;
    super.repeat(type);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    this.#focused = this.shadowRoot?.activeElement ?? null;
    if (changed.has('targetLatency')) this.#applyTarget();
    this.#follow();
    // Controls of nothing would only be in the way of what is said over the video.
    const empty = this.playerState === 'idle' || this.playerState === 'waiting' || this.playerState === 'failed';
    this.video.controls = this.controls && !empty;
    // Able to take the focus over from a button that is gone; with controls it is by itself, and -1 would make them unreachable.
    if (this.video.controls) this.video.removeAttribute('tabindex');
    else this.video.tabIndex = -1;
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    // A button that has done its work is gone: the keyboard stays at the place where it was.
    if (this.#focused?.isConnected === false) this.video.focus({ preventScroll: true });
  }

  /** Opens what the attributes now name, unless that is open. */
  #follow(): void {
    if (!this.#alive) return;
    const wanted = this.#wanted();
    const credentials = [this.effectiveToken, this.effectiveTokenProvider];
    const isAllowedNow = !same(credentials, this.#credentials);
    this.#credentials = credentials;
    if (isAllowedNow) this.#tokens.pageChanged();
    // Another token is no reason to interrupt what plays; to what was refused it is one to try again.
    if (same(wanted, this.#opened) && !(isAllowedNow && this.playerState === 'failed')) return;
    this.#opened = wanted;
    this.#close();
    if (this.stream !== null || this.src) void this.#open();
  }

  #wanted(): readonly unknown[] {
    const { stream, src, server, effectiveSocketPath } = this;
    const shared = stream === null || this.hasOwnServer ? undefined : this.sharedConnection.value;
    return [stream, src, server, effectiveSocketPath, shared];
  }

  #tokenSource(): TokenSource {
    const element = this;
    return new TokenSource({
      get token() {
        return element.effectiveToken;
      },
      get provider() {
        return element.effectiveTokenProvider;
      },
    });
  }

  async #open(): Promise<void> {
    const opening = new AbortController();
    this.#opening = opening;
    const { signal } = opening;
    try {
      const source = this.#source();
      this.#setState('waiting');
      const { openHls } = await loaded(import('../../playback/open-hls.ts'));
      const player = await openHls({
        video: this.video,
        source,
        socketPath: this.effectiveSocketPath,
        tokens: this.#tokens,
        shared: this.hasOwnServer ? null : (this.sharedConnection.value ?? null),
        targetLatency: this.#target(),
        signal,
      });
      this.#player = player;
      player.on('state', (next) => this.#changed(next));
      player.on('error', (error) => this.#report(error));
      player.on('latency', (seconds) => this.#tellLatency(player, seconds));
      player.start();
    } catch (cause) {
      if (signal.aborted) return;
      this.#setState('failed');
      this.#report(toGlasscastError(cause, 'network'));
    }
  }

  #close(): void {
    this.#opening?.abort();
    this.#opening = null;
    this.#player = null;
    this.failure = null;
    this.needsStart = false;
    this.#setState('idle');
  }

  /** @throws GlasscastError `invalid` */
  #source(): HlsSource {
    const { stream, src } = this;
    if (stream !== null) {
      if (!isName(stream)) throw invalid(stream);
      return { stream, server: this.serverOrigin };
    }
    const url = URL.parse(src ?? '', document.baseURI);
    if (url === null) throw new GlasscastError('invalid', msg('invalid-src', { src: src ?? '' }));
    return { url: url.href, server: this.#serverIfKnown() };
  }

  /** A playlist from anywhere needs no server of ours. */
  #serverIfKnown(): string | null {
    return this.server === null && this.sharedConnection.value === undefined ? null : this.serverOrigin;
  }

  #target(): Seconds | null {
    const { targetLatency } = this;
    if (targetLatency === null) return null;
    if (targetLatency >= 0.1 && targetLatency <= 30) return targetLatency;
    this.warnOnce(`target-latency is 0.1 to 30 seconds, not ${this.getAttribute('target-latency') ?? targetLatency}; it is ignored.`);
    return null;
  }

  #applyTarget(): void {
    const { api } = this;
    if (api !== null) api.targetLatency = this.#target();
  }

  #changed(next: PlayerState): void {
    if (next !== 'failed') this.failure = null;
    this.#setState(next);
    if (next === 'failed') super.repeat('error');
    // Not before there is a picture: a load that is under way would interrupt the start.
    if (next !== 'playing' || !this.video.paused) return;
    if (this.autoplay) void this.#start();
    else this.needsStart = true;
  }

  async #start(): Promise<void> {
    const outcome = await startPlayback(this.video);
    if (outcome === 'muted') this.mutedByPolicy = true;
    this.needsStart = this.video.paused;
  }

  #setState(next: PlayerState): void {
    const previous = this.playerState;
    if (previous === next) return;
    this.playerState = next;
    this.#announce(next);
    this.emit<RtcStateDetail<PlayerState>>('rtc-state', { state: next, previous });
  }

  #announce(next: PlayerState): void {
    if (next === 'waiting' || next === 'away' || next === 'ended') this.#announcer.announce(msg(next));
    else if (next === 'playing') this.#announcer.announce(msg('playing'));
    // A failure speaks for itself.
    else if (next === 'failed') this.#announcer.announce('');
  }

  #report(error: GlasscastError): void {
    this.failure = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  #tellLatency(player: Player, seconds: Seconds): void {
    const { aimedLatency: target, stalls } = player.engine;
    this.emit<RtcLatencyDetail>('rtc-latency', { seconds, target, stalls });
  }

  #unmute(): void {
    this.mutedByPolicy = false;
    this.video.muted = false;
    if (this.video.paused) void this.#start();
  }

  protected override render(): TemplateResult {
    return html`${this.video}${this.#curtain()}${this.#unmuteButton()}${this.#announcer.render()}`;
  }

  #unmuteButton(): TemplateResult | typeof nothing {
    if (!this.mutedByPolicy) return nothing;
    return html`<button class="unmute" part="unmute-button" type="button" @click=${() => this.#unmute()}>
      ${icons.speaker}${msg('sound')}
    </button>`;
  }

  #curtain(): TemplateResult | typeof nothing {
    const { playerState } = this;
    if (playerState === 'failed') return html`<div class="curtain">${renderError(this.failure)}</div>`;
    if (playerState === 'waiting' || playerState === 'away' || playerState === 'ended') {
      return html`<div class="curtain">
        ${playerState === 'ended' ? nothing : html`<span class="pulse"></span>`}
        <p part="message">${msg(playerState)}</p>
        ${playerState === 'waiting' ? renderError(this.failure) : nothing}
      </div>`;
    }
    if (playerState === 'loading') {
      return html`<div class="curtain clear"><span class="pulse"></span><p part="message">${msg('loading')}</p></div>`;
    }
    // A page that brings its own controls (media-chrome's `slot="media"`) has its own button.
    if (playerState === 'playing' && this.needsStart && !this.controls && this.slot !== 'media') {
      return html`<div class="curtain clear">
        <button class="start" part="play-button" type="button" aria-label=${msg('play')} @click=${() => this.#start()}>${icons.play}</button>
      </div>`;
    }
    return nothing;
  }
}

const same = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index]);

function invalid(name: string): GlasscastError {
  return new GlasscastError('invalid', msg('invalid', { name }));
}
