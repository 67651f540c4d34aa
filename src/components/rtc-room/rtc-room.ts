import { ContextProvider } from '@lit/context';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { GlasscastError } from '../../protocol/errors.ts';
import { isName } from '../../protocol/name-pattern.ts';
import { Announcer } from '../../ui/announcer.ts';
import { renderError } from '../../ui/errors.ts';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { roomContext } from '../../ui/room-context.ts';
import { type CallSettings, RoomController } from '../../ui/room-controller.ts';
import type { EnableRequestDetail } from '../../ui/room-requests.ts';
import { ServerElement } from '../../ui/server-element.ts';
import { errorStyles, formStyles, tokens } from '../../ui/tokens.styles.ts';
import type { CallState, RoomPeer } from '../../webrtc/room-call.ts';
import { audioConstraints, parseIceServers, positiveNumber, videoConstraints } from './room-attributes.ts';
import type { RtcJoinDetail, RtcLeaveDetail, RtcPeerDetail, RtcRoomEventMap, RtcTrackDetail } from './room-events.ts';
import { roomStyles } from './rtc-room.styles.ts';

const msg = messages('room', {
  title: 'Join “{room}”',
  hint: 'Your camera and microphone start when you join.',
  name: 'Your name',
  join: 'Join',
  joining: 'Joining…',
  reconnecting: 'Connection lost. Reconnecting…',
  alone: 'You are the only one here. Share the link to invite others.',
  tapToHear: 'Tap to hear the others',
  tryAgain: 'Try again',
  joined: '{name} joined',
  left: '{name} left',
  guest: 'Guest',
});

const HEAD_START_MS = 100;

export interface RtcRoom {
  addEventListener<K extends keyof RtcRoomEventMap>(
    type: K,
    listener: (this: RtcRoom, event: RtcRoomEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof RtcRoomEventMap>(
    type: K,
    listener: (this: RtcRoom, event: RtcRoomEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

/**
 * @summary A video call: joins a room and shows everybody in it.
 * @tagname rtc-room
 * @slot - A layout of the page's own, instead of the default one.
 * @slot prejoin - Instead of the form that joins.
 * @slot grid - Instead of the grid of participants.
 * @slot controls - Instead of the controls.
 * @event {CustomEvent<RtcJoinDetail>} rtc-join - The room was joined.
 * @event {CustomEvent<RtcLeaveDetail>} rtc-leave - The room was left.
 * @event {CustomEvent<RtcPeerDetail>} rtc-peer-join - Somebody came.
 * @event {CustomEvent<RtcPeerDetail>} rtc-peer-leave - Somebody went.
 * @event {CustomEvent<RtcTrackDetail>} rtc-track - A participant's track arrived.
 * @event {CustomEvent<RtcStateDetail>} rtc-state - `joining`, `joined`, `reconnecting`, `left` or `failed`.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - Something failed; the room shows it in words, too.
 * @csspart error - The message of a failure.
 * @csspart prejoin - The form that joins.
 * @csspart notice - What is going on: joining, reconnecting, nobody else here.
 * @csspart sound - The prompt for blocked sound.
 * @cssproperty --rtc-accent - Colour of the main button.
 * @cssproperty --rtc-stage - Behind the tiles.
 * @cssproperty --rtc-radius - Rounding of tiles; the room's own is a little larger.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds overloads of inherited methods, nothing to initialize
export class RtcRoom extends ServerElement {
  static override styles = [tokens, formStyles, errorStyles, roomStyles];

  /** The room's slug: 1 to 63 of a-z, 0-9 and -. */
  @property() room: string | null = null;

  /** The name that others see. A token's name wins. */
  @property({ attribute: 'display-name' }) displayName: string | null = null;

  /** How many may be in the room. For information: the server's own limit is what counts. */
  @property({ attribute: 'max-peers', converter: positiveNumber }) maxPeers: number | null = null;

  /** Joins at once, without asking first. */
  @property({ type: Boolean, attribute: 'no-prejoin' }) noPrejoin = false;

  /** Joins without a microphone. */
  @property({ type: Boolean, attribute: 'no-audio' }) noAudio = false;

  /** Joins without a camera. */
  @property({ type: Boolean, attribute: 'no-video' }) noVideo = false;

  /** Joins with the microphone off; it is asked for when it is turned on. */
  @property({ type: Boolean, attribute: 'start-muted' }) startMuted = false;

  /** Joins with the camera off; it is asked for when it is turned on. */
  @property({ type: Boolean, attribute: 'start-camera-off' }) startCameraOff = false;

  /** STUN and TURN servers instead of the server's: addresses, or JSON as RTCPeerConnection takes it. */
  @property({ attribute: 'ice-servers' }) iceServers: string | null = null;

  /** `relay` sends everything through TURN. */
  @property({ attribute: 'ice-transport-policy' }) iceTransportPolicy: string | null = null;

  /** Wanted width of the camera's picture, in pixels. Default: 1280. */
  @property({ attribute: 'capture-width', converter: positiveNumber }) captureWidth: number | null = null;

  /** Wanted height of the camera's picture, in pixels. Default: 720. */
  @property({ attribute: 'capture-height', converter: positiveNumber }) captureHeight: number | null = null;

  /** Wanted pictures a second. Default: 30. */
  @property({ attribute: 'frame-rate', converter: positiveNumber }) frameRate: number | null = null;

  @state() private soundBlocked = false;
  @state() private hasOwnLayout = false;

  readonly #provider = new ContextProvider(this, { context: roomContext });
  readonly #announcer = new Announcer(this);
  readonly #controller = new RoomController(this, {
    acquire: () => this.acquireConnection(),
    release: () => this.releaseConnection(),
    settings: () => this.#settings(),
    changed: (view) => {
      this.#provider.setValue(view);
      this.requestUpdate();
    },
    stateChanged: (next, previous) => this.#stateChanged(next, previous),
    event: (name, detail) => this.#callEvent(name, detail as never),
    error: (error) => this.reportError(error),
    passed: (left) => {
      this.error = left;
    },
  });
  readonly #children = new MutationObserver(() => this.#childrenChanged());
  #listeners = new AbortController();
  #typedName: string | undefined;
  /** Whether the form is shown. */
  #asks = false;

  /** Where the call stands. */
  get state(): CallState {
    return this.#controller.view.state;
  }

  /** Everybody else in the room. */
  get peers(): readonly RoomPeer[] {
    return this.#controller.call?.peers ?? [];
  }

  /** The own id in the room, once joined. */
  get peerId(): string | undefined {
    return this.#controller.call?.localId;
  }

  get microphoneEnabled(): boolean {
    return this.#controller.view.microphone;
  }

  get cameraEnabled(): boolean {
    return this.#controller.view.camera;
  }

  /**
   * Joins the room, and asks for camera and microphone. Refused devices do not keep anybody out: the join is then receive-only.
   * @throws GlasscastError `invalid` for a missing or malformed room, `room-full`, `room-not-found`, `unauthorized`, `kicked`
   */
  async join(): Promise<void> {
    await this.#controller.join({ muted: this.startMuted, cameraOff: this.startCameraOff });
  }

  /** Says goodbye, stops camera and microphone, and closes every link. */
  async leave(): Promise<void> {
    await this.#controller.leave();
  }

  /** Mutes or unmutes; asks for a microphone first where there is none yet. */
  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    await this.#controller.setMicrophoneEnabled(enabled);
  }

  /** Opens or closes the camera, with its light. */
  async setCameraEnabled(enabled: boolean): Promise<void> {
    await this.#controller.setCameraEnabled(enabled);
  }

  /** Statistics of each link, by the participant's id. */
  async getStats(): Promise<Map<string, RTCStatsReport>> {
    return (await this.#controller.call?.getStats()) ?? new Map();
  }

  protected override setup(): void {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    this.#children.observe(this, { childList: true, attributes: true, attributeFilter: ['slot'], subtree: false });
    this.#childrenChanged();
    this.#onRequest<EnableRequestDetail>('rtc-microphone-request', signal, ({ enabled }) => this.setMicrophoneEnabled(enabled));
    this.#onRequest<EnableRequestDetail>('rtc-camera-request', signal, ({ enabled }) => this.setCameraEnabled(enabled));
    this.#onRequest('rtc-leave-request', signal, () => this.leave());
    this.addEventListener(
      'rtc-sound-blocked',
      () => {
        this.soundBlocked = true;
      },
      { signal },
    );
    // Before the client's own listener, which closes the socket without a goodbye.
    window.addEventListener('pagehide', () => void this.leave(), { signal, capture: true });
    window.addEventListener('online', () => this.#controller.call?.networkChanged(), { signal });
    if (this.hasUpdated) this.#joinUnasked();
  }

  protected override teardown(): void {
    this.#listeners.abort();
    this.#children.disconnect();
    void this.#controller.leave();
  }

  /** Joining unasked is a race to the first picture, and drawing takes longest on a fresh page: the links get a head start. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) {
      this.#joinUnasked();
      if (this.#controller.isActive) await this.#controller.underWay(HEAD_START_MS);
    }
    super.scheduleUpdate();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (!this.hasUpdated) return;
    if (changed.has('room') && changed.get('room') !== undefined && this.#controller.isActive) void this.#moveRoom();
    else if (changed.has('room') || changed.has('noPrejoin')) this.#joinUnasked();
  }

  /** The form and the call take each other's place: who had the focus in one finds it in the other. */
  protected override update(changed: Map<PropertyKey, unknown>): void {
    const asked = this.#asks;
    const focused = this.shadowRoot?.activeElement;
    super.update(changed);
    if (focused && asked !== this.#asks) void this.#focus(this.#asks ? 'form .primary' : 'rtc-controls');
  }

  async #focus(selector: string): Promise<void> {
    const target = this.renderRoot.querySelector<HTMLElement>(selector);
    if (target instanceof LitElement) await target.updateComplete;
    target?.focus();
  }

  protected override render(): TemplateResult {
    const asks = !this.hasOwnLayout && this.#controller.view.participants.length === 0 && !this.#joinsUnasked;
    this.#asks = asks;
    const layout = this.hasOwnLayout ? html`<slot></slot>` : this.#renderDefault();
    return html`${asks ? this.#renderPrejoin() : html`${this.#renderNotices()}${layout}`}${this.#announcer.render()}`;
  }

  #renderDefault(): TemplateResult {
    return html`<div class="room">
      <div class="stage"><slot name="grid"><rtc-grid exportparts="tile, tiles"></rtc-grid></slot></div>
      <slot name="controls"><rtc-controls exportparts="bar, microphone, camera, leave"></rtc-controls></slot>
    </div>`;
  }

  #renderPrejoin(): TemplateResult {
    return html`<div class="prejoin">
      ${renderError(this.error)}
      <slot name="prejoin"
        ><form part="prejoin" @submit=${this.#submit}>
          <h2>${msg('title', { room: this.room ?? '' })}</h2>
          <p>${msg('hint')}</p>
          <label>${msg('name')}<input name="name" autocomplete="name" maxlength="80" .value=${this.displayName ?? ''} /></label>
          <button class="primary" type="submit">${icons.camera}${msg('join')}</button>
        </form></slot
      >
    </div>`;
  }

  #renderNotices(): TemplateResult {
    return html`<div class="notices">${renderError(this.error, this.#renderRemedy())}${this.#renderSound()}${this.#renderNotice()}</div>`;
  }

  #renderRemedy(): TemplateResult | typeof nothing {
    const offered = this.#controller.refused.length > 0 || (!this.#controller.isActive && this.noPrejoin);
    return offered ? html`<button type="button" @click=${this.#tryAgain}>${msg('tryAgain')}</button>` : nothing;
  }

  #renderSound(): TemplateResult | typeof nothing {
    if (!this.soundBlocked) return nothing;
    return html`<button class="primary" part="sound" type="button" @click=${this.#tapped}>${icons.speaker}${msg('tapToHear')}</button>`;
  }

  #renderNotice(): TemplateResult | typeof nothing {
    const { state, participants } = this.#controller.view;
    const pending = state === 'joining' || state === 'reconnecting';
    if (this.hasOwnLayout || this.error !== null || !(pending || (state === 'joined' && participants.length === 1))) return nothing;
    return html`<div class="notice" part="notice">${msg(pending ? state : 'alone')}</div>`;
  }

  get #joinsUnasked(): boolean {
    return this.noPrejoin && this.state !== 'left' && this.state !== 'failed';
  }

  #joinUnasked(): void {
    // The error is shown, and told as an event.
    if (this.noPrejoin && this.room !== null && !this.#controller.isActive) this.join().catch(() => undefined);
  }

  async #moveRoom(): Promise<void> {
    await this.leave();
    this.#joinUnasked();
  }

  #settings(): CallSettings {
    const { room } = this;
    if (!isName(room)) {
      const what = room === null || room === '' ? 'Set the attribute room.' : `“${room}” is not a room's name: use a-z, 0-9 and -.`;
      throw new GlasscastError('invalid', what);
    }
    const iceServers = parseIceServers(this.iceServers);
    if (this.iceServers && iceServers === undefined) this.warnOnce('ice-servers is not understood; the server’s are used');
    const policy = this.iceTransportPolicy ?? 'all';
    if (policy !== 'all' && policy !== 'relay') this.warnOnce(`ice-transport-policy="${policy}" is unknown; all is used`);
    return {
      room,
      name: this.#typedName ?? (this.displayName?.trim() || undefined),
      audio: !this.noAudio,
      video: !this.noVideo,
      iceServers,
      iceTransportPolicy: policy === 'relay' ? 'relay' : 'all',
      constraints: {
        audio: audioConstraints,
        video: videoConstraints({ width: this.captureWidth, height: this.captureHeight, frameRate: this.frameRate }),
      },
    };
  }

  #stateChanged(next: CallState, previous: CallState): void {
    this.emit('rtc-state', { state: next, previous });
    const room = this.room ?? '';
    if (next === 'joined' && previous === 'joining') this.emit<RtcJoinDetail>('rtc-join', { room, peerId: this.peerId ?? '' });
    if (next === 'left' || (next === 'failed' && previous !== 'joining')) this.emit<RtcLeaveDetail>('rtc-leave', { room });
  }

  #callEvent(name: 'join' | 'leave' | 'track', detail: RoomPeer & RtcTrackDetail): void {
    if (name === 'track') {
      this.emit<RtcTrackDetail>('rtc-track', detail);
      return;
    }
    this.emit<RtcPeerDetail>(`rtc-peer-${name}`, { peer: detail });
    this.#announcer.announce(msg(name === 'join' ? 'joined' : 'left', { name: detail.name || msg('guest') }));
  }

  /** Acts on a request unless a listener, here or further up, has cancelled it; all have run when the microtask does. */
  #onRequest<D>(type: string, signal: AbortSignal, act: (detail: D) => Promise<void>): void {
    const listener = (event: Event): void => {
      queueMicrotask(() => {
        if (!event.defaultPrevented) void act((event as CustomEvent<D>).detail);
      });
    };
    this.addEventListener(type, listener, { signal });
  }

  #childrenChanged(): void {
    this.hasOwnLayout = Array.from(this.children).some((child) => child.slot === '');
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = new FormData(event.target as HTMLFormElement).get('name');
    this.#typedName = typeof name === 'string' && name.trim() !== '' ? name.trim() : undefined;
    this.join().catch(() => undefined);
  }

  #tryAgain(): void {
    if (this.#controller.isActive) void this.#controller.retryMedia();
    else this.join().catch(() => undefined);
  }

  #tapped(): void {
    this.soundBlocked = false;
    this.#controller.soundTapped();
  }
}
