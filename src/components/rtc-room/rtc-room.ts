import { ContextProvider } from '@lit/context';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import type { GlasscastError } from '../../protocol/errors.ts';
import { Announcer } from '../../ui/announcer.ts';
import { renderError } from '../../ui/errors.ts';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { preloadParts } from '../../ui/parts.ts';
import { figuresContext, type Panel, roomContext } from '../../ui/room-context.ts';
import { RoomController } from '../../ui/room-controller.ts';
import { LATE_REQUESTS, type RoomRequests, type TileWatchDetail } from '../../ui/room-requests.ts';
import { buttonStyles, errorStyles, tokens } from '../../ui/tokens.styles.ts';
import type { DeviceList } from '../../webrtc/device-choice.ts';
import type { CallState, RoomCallEvents, RoomPeer } from '../../webrtc/room-call.ts';
import { PartLoading } from './part-loading.ts';
import { PassingNotice } from './passing-notice.ts';
import type { RtcJoinDetail, RtcLeaveDetail, RtcPeerDetail, RtcRoomEventMap } from './room-events.ts';
import { RoomSettingsElement } from './room-settings-element.ts';
import { roomStyles } from './rtc-room.styles.ts';
import type { TileWatch } from './tile-watch.ts';

const msg = messages('room', {
  joining: 'Joining…',
  reconnecting: 'Connection to the server lost. Reconnecting…',
  callGoesOn: 'Connection to the server lost. The call goes on; reconnecting…',
  back: 'Connected again.',
  alone: 'You are the only one here. Share the link to invite others.',
  tapToHear: 'Tap to hear the others',
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  joined: '{name} joined',
  left: '{name} left',
  guest: 'Guest',
});

const HEAD_START_MS = 250;

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

/** How `sendMessage` sends. */
export interface SendMessageOptions {
  /** From page to page, past the server, for the page's own use; otherwise it is a chat message. */
  readonly direct?: boolean;
  /** One participant's id; everybody where it is missing. Only with `direct`. */
  readonly to?: string;
}

/**
 * @summary A video call: joins a room and shows everybody in it.
 * @tagname rtc-room
 * @slot - A layout of the page's own, instead of the default one. Parts of a room stand in it wherever the page likes.
 * @slot prejoin - Instead of the form that joins.
 * @slot grid - Instead of the grid of participants.
 * @slot controls - Instead of the controls.
 * @slot roster - Instead of the list of participants.
 * @slot chat - Instead of the chat.
 * @event {CustomEvent<RtcJoinDetail>} rtc-join - The room was joined.
 * @event {CustomEvent<RtcLeaveDetail>} rtc-leave - The room was left.
 * @event {CustomEvent<RtcPeerDetail>} rtc-peer-join - Somebody came.
 * @event {CustomEvent<RtcPeerDetail>} rtc-peer-leave - Somebody went.
 * @event {CustomEvent<RtcTrackDetail>} rtc-track - A participant's track arrived.
 * @event {CustomEvent<RtcMessageDetail>} rtc-message - A participant's page sent something with `sendMessage(data, {direct: true})`.
 * @event {CustomEvent<RtcQualityDetail>} rtc-quality - The link to a participant has become better or worse; the cause is named.
 * @event {CustomEvent<RtcStateDetail>} rtc-state - `joining`, `joined`, `reconnecting`, `left` or `failed`.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - Something failed; the room shows it in words, too.
 * @csspart error - The message of a failure.
 * @csspart prejoin - The box of the form that joins.
 * @csspart notice - What is going on: joining, reconnecting, nobody else here.
 * @csspart sound - The prompt for blocked sound.
 * @csspart panel - What stands beside the tiles: chat, participants, statistics or devices.
 * @cssproperty --rtc-accent - Colour of the main button.
 * @cssproperty --rtc-stage - Behind the tiles.
 * @cssproperty --rtc-radius - Rounding of tiles; the room's own is a little larger.
 * @cssproperty --rtc-contour-color - Colour of what `overlay="face-contour"` draws.
 * @cssproperty --rtc-contour-width - Width of its lines.
 * @cssproperty --rtc-panel-width - Width of the panel in a wide room. Default: 320px.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds overloads of inherited methods, nothing to initialize
export class RtcRoom extends RoomSettingsElement {
  static override styles = [tokens, buttonStyles, errorStyles, roomStyles];

  @state() private soundBlocked = false;
  @state() private hasOwnLayout = false;

  readonly #provider = new ContextProvider(this, { context: roomContext });
  readonly #figures = new ContextProvider(this, { context: figuresContext, initialValue: [] });
  readonly #announcer = new Announcer(this);
  readonly #controller = new RoomController(this, {
    acquire: () => this.acquireConnection(),
    release: () => this.releaseConnection(),
    origin: () => this.serverOrigin,
    settings: () => this.callSettings(this.#typedName),
    constraints: () => this.constraints,
    uploadBudget: () => this.uploadBudget,
    changed: (view) => {
      this.#provider.setValue(view);
      this.requestUpdate();
    },
    stateChanged: (next, previous) => this.#stateChanged(next, previous),
    event: (name, detail) => this.#callEvent(name, detail as never),
    quality: (change) => void this.emit('rtc-quality', change),
    figures: (figures) => this.#figures.setValue(figures),
    reading: () => this.#controller.view.panel === 'chat' || (this.hasOwnLayout && this.querySelector('rtc-chat') !== null),
    notice: (text) => {
      this.#notice.show(text);
      this.#announcer.announce(text);
    },
    announce: (text) => this.#announcer.announce(text),
    error: (error) => this.reportError(error),
    passed: (left) => {
      this.error = left;
    },
  });
  readonly #notice = new PassingNotice(() => this.requestUpdate());
  readonly #parts = new PartLoading({
    linking: () => this.#linking,
    roots: () => [this, this.renderRoot],
    failed: (error) => this.#controller.tell('parts', error),
    passed: () => this.#controller.passed('parts'),
  });
  readonly #children = new MutationObserver(() => this.#childrenChanged());
  #listeners = new AbortController();
  #typedName: string | undefined;
  /** Whether the form is shown. */
  #asks = false;
  #tileWatch: Promise<TileWatch> | undefined;
  /** The notice that is shown. */
  #told: string | null = null;

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

  /** Whether one's own screen is shared. */
  get screenEnabled(): boolean {
    return this.#controller.view.screen;
  }

  /** What may be chosen from, and what is live. Empty before a device was used. */
  get devices(): DeviceList {
    return this.#controller.view.devices;
  }

  /**
   * Joins the room, and asks for camera and microphone. Refused devices do not keep anybody out: the join is then receive-only.
   * @throws GlasscastError `invalid` for a missing or malformed room, `room-full`, `room-not-found`, `unauthorized`, `kicked`
   */
  async join(): Promise<void> {
    // On its way while the links are.
    const pictures = ['rtc-grid', 'rtc-tile'].filter((tag) => !this.hasOwnLayout || this.querySelector(tag) !== null);
    preloadParts(...pictures).catch(() => undefined);
    await this.#controller.join({ muted: this.startMuted, cameraOff: this.startCameraOff });
  }

  /** Says goodbye, stops camera and microphone, and closes every link. */
  async leave(): Promise<void> {
    await this.#controller.leave();
  }

  /** Mutes or unmutes; asks for a microphone first where there is none yet. */
  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    await this.#controller.media.setMicrophoneEnabled(enabled);
  }

  /** Opens or closes the camera, with its light. */
  async setCameraEnabled(enabled: boolean): Promise<void> {
    await this.#controller.media.setCameraEnabled(enabled);
  }

  /** Asks which screen to share, and shares it, with its sound where there is one. Nothing happens when the user chooses none. */
  async startScreenShare(): Promise<void> {
    await this.#controller.media.startScreenShare();
  }

  stopScreenShare(): void {
    this.#controller.media.stopScreenShare();
  }

  /**
   * Uses another device from here on; nothing is negotiated anew.
   * @param kind `audioinput`, `videoinput` or `audiooutput`
   */
  async switchDevice(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    await this.#controller.media.switchDevice(kind, deviceId);
  }

  /**
   * Sends a chat message, or, with `direct`, anything that JSON can hold or an ArrayBuffer, from page to page: in order, and again
   * after a link has healed. Others get it as `rtc-message`.
   * @throws GlasscastError `invalid` for what cannot be sent or passes 64 KiB (500 characters of chat), `limit` when too much waits,
   * `no-peer` for an unknown participant
   */
  async sendMessage(data: unknown, options: SendMessageOptions = {}): Promise<void> {
    const { sendMessage } = await import('./send-message.ts');
    await sendMessage(this.#controller, data, options);
  }

  /**
   * Removes a participant, who is then refused for ten minutes.
   * @throws GlasscastError `unauthorized` without the grant `moderate`, `no-peer`
   */
  async kick(peerId: string): Promise<void> {
    await (await this.#controller.features()).kick(peerId);
  }

  /** Statistics of each link, by the participant's id. */
  async getStats(): Promise<Map<string, RTCStatsReport>> {
    const { statsOf } = await import('./room-actions.ts');
    return await statsOf(this.#controller.call?.links);
  }

  protected override setup(): void {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    this.#children.observe(this, { childList: true, attributes: true, attributeFilter: ['slot'], subtree: true });
    this.#childrenChanged();
    this.#onRequest('rtc-join-request', ({ name }) => {
      this.#typedName = name?.trim() || undefined;
      return this.join();
    });
    this.#onRequest('rtc-microphone-request', ({ enabled }) => this.setMicrophoneEnabled(enabled));
    this.#onRequest('rtc-camera-request', ({ enabled }) => this.setCameraEnabled(enabled));
    this.#onRequest('rtc-leave-request', () => this.leave());
    for (const type of LATE_REQUESTS) this.#onRequest(type, (detail) => this.#act(type, detail));
    this.addEventListener(
      'rtc-sound-blocked',
      () => {
        this.soundBlocked = true;
      },
      { signal },
    );
    // Some of what is asked for must follow the press at once.
    const prepare = (): void => void import('./room-actions.ts').catch(() => undefined);
    for (const type of ['pointerover', 'focusin']) this.addEventListener(type, prepare, { once: true, signal });
    this.addEventListener('rtc-tile-watch', (event) => void this.#watch(event as CustomEvent<TileWatchDetail>), { signal });
    // Before the client's own listener, which closes the socket without a goodbye.
    window.addEventListener('pagehide', () => void this.leave(), { signal, capture: true });
    const networkChanged = (): void => {
      this.#controller.networkChanged();
      this.#parts.retry();
    };
    window.addEventListener('online', networkChanged, { signal });
    // Typed nowhere, and missing in some browsers.
    const { connection } = navigator as Navigator & { connection?: EventTarget };
    connection?.addEventListener('change', networkChanged, { signal });
    if (this.hasUpdated) this.#joinUnasked();
  }

  protected override teardown(): void {
    this.#listeners.abort('removed');
    this.#children.disconnect();
    this.#notice.clear();
    this.#parts.close();
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
    if (!this.#controller.isActive) this.#controller.set({ room: this.room, name: this.#typedName ?? this.displayName ?? '' });
    // Before the first drawing as well: a call may have begun, and the attribute have changed since.
    else if (this.room !== this.#controller.view.room) void this.#moveRoom();
    const told = this.#noticeText;
    // Who does not see it hears it; what passes has been told already, even where something worse is shown.
    if (told !== null && told !== this.#told && told !== this.#notice.text) this.#announcer.announce(told);
    this.#told = told;
    if (changed.has('overlay') || changed.has('overlayOptions')) this.#controller.overlayChanged();
    this.#controller.set({ overlay: this.overlay ?? '' });
    if (!this.hasUpdated) return;
    if (changed.has('room') || changed.has('noPrejoin')) this.#joinUnasked();
    for (const name of ['noEchoCancellation', 'noNoiseSuppression', 'noAutoGain', 'captureWidth', 'captureHeight', 'frameRate'])
      if (changed.has(name)) this.#controller.constraintsChanged();
  }

  /** The form and the call take each other's place: who had the focus in one finds it in the other. */
  protected override update(changed: Map<PropertyKey, unknown>): void {
    const asked = this.#asks;
    const focused = this.shadowRoot?.activeElement;
    super.update(changed);
    if (focused && asked !== this.#asks) void this.#focus(this.#asks ? 'rtc-prejoin' : 'rtc-controls');
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#parts.update();
  }

  protected override render(): TemplateResult {
    const asks = !this.hasOwnLayout && this.#controller.view.participants.length === 0 && !this.#joinsUnasked;
    this.#asks = asks;
    const layout = this.hasOwnLayout ? html`<slot></slot>` : asks ? this.#renderPrejoin() : this.#renderCall();
    return html`<div class="room" ?data-own=${this.hasOwnLayout}>${this.#renderNotices()}${layout}</div>${this.#announcer.render()}`;
  }

  #renderCall(): TemplateResult {
    const { panel } = this.#controller.view;
    return html`<div class="main">
        <div class="stage"><slot name="grid"><rtc-grid exportparts="tile, tiles, large"></rtc-grid></slot></div>
        ${panel === null ? nothing : html`<rtc-panel part="panel" .panel=${panel}>${PANELS[panel]}</rtc-panel>`}
      </div>
      <slot name="controls"><rtc-controls exportparts="bar, microphone, camera, screen, devices, chat, roster, stats, pip, fullscreen, leave, badge"></rtc-controls></slot>`;
  }

  #renderPrejoin(): TemplateResult {
    return html`<div class="prejoin" part="prejoin"><slot name="prejoin"><rtc-prejoin></rtc-prejoin></slot></div>`;
  }

  #renderNotices(): TemplateResult {
    return html`<div class="notices">
      ${renderError(this.#shownError, this.#renderRemedy())}
      ${this.soundBlocked ? html`<button class="primary" part="sound" type="button" @click=${this.#tapped}>${icons.speaker}${msg('tapToHear')}</button>` : nothing}
      ${this.#told === null ? nothing : html`<div class="notice" part="notice">${this.#told}</div>`}
    </div>`;
  }

  get #shownError(): GlasscastError | null {
    // Nothing has failed yet that the user could mend, and the call itself goes on.
    const passing = this.state === 'reconnecting' && this.error?.code === 'network';
    return passing ? null : this.error;
  }

  /** What is going on, in words; null where there is nothing to say, or something worse. */
  get #noticeText(): string | null {
    const { state, participants } = this.#controller.view;
    if (this.#shownError !== null || (this.hasOwnLayout && this.#notice.text === null)) return null;
    if (state === 'reconnecting') return msg(participants.length > 1 ? 'callGoesOn' : state);
    if (state === 'joining') return msg(state);
    return this.#notice.text ?? (state === 'joined' && participants.length === 1 ? msg('alone') : null);
  }

  #renderRemedy(): TemplateResult {
    const offered = this.#parts.isMissing || this.#controller.refused.length > 0 || (!this.#controller.isActive && this.noPrejoin);
    return html`<span class="remedies">
      ${offered ? html`<button type="button" @click=${this.#tryAgain}>${msg('tryAgain')}</button>` : nothing}
      <button type="button" class="dismiss" aria-label=${msg('dismiss')} title=${msg('dismiss')} @click=${this.#dismiss}>×</button>
    </span>`;
  }

  get #linking(): boolean {
    const { state } = this;
    return state === 'joining' || (state === 'joined' && this.peers.some(({ link }) => link === 'connecting'));
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

  #stateChanged(next: CallState, previous: CallState): void {
    this.emit('rtc-state', { state: next, previous });
    const room = this.#controller.view.room ?? '';
    if (next === 'joined' && previous === 'reconnecting') this.#announcer.announce(msg('back'));
    if (next === 'joined' && previous === 'joining') this.emit<RtcJoinDetail>('rtc-join', { room, peerId: this.peerId ?? '' });
    if (next === 'left' || next === 'failed') {
      this.#tileWatch = undefined;
      this.soundBlocked = false;
      // What was told was about the call.
      this.#notice.clear();
    }
    if (next === 'left' || (next === 'failed' && previous !== 'joining')) this.emit<RtcLeaveDetail>('rtc-leave', { room });
  }

  #callEvent(name: 'join' | 'leave' | 'track' | 'message', detail: RoomPeer & RoomCallEvents['track'] & RoomCallEvents['message']): void {
    if (name === 'track' || name === 'message') {
      this.emit(`rtc-${name}`, detail);
      return;
    }
    if (name === 'leave') void this.#tileWatch?.then((watch) => watch.left(detail.id));
    this.emit<RtcPeerDetail>(`rtc-peer-${name}`, { peer: detail });
    this.#announcer.announce(msg(name === 'join' ? 'joined' : 'left', { name: detail.name || msg('guest') }));
  }

  async #watch(event: CustomEvent<TileWatchDetail>): Promise<void> {
    const { detail } = event;
    const [tile] = event.composedPath();
    this.#tileWatch ??= import('./tile-watch.ts').then(({ TileWatch }) => new TileWatch());
    // Without it everything is sent, as if it were seen.
    const watch = await this.#tileWatch.catch(() => undefined);
    const watched = tile instanceof Element ? watch?.report(tile, detail) : undefined;
    if (watched !== undefined) this.#controller.call?.watch(detail.peerId, detail.slot, watched);
  }

  /** Acts on a request unless a listener, here or further up, has cancelled it; all have run when the microtask does. */
  #onRequest<K extends keyof RoomRequests>(type: K, act: (detail: RoomRequests[K]) => Promise<void>): void {
    const listener = (event: Event): void => {
      queueMicrotask(() => {
        // What fails is shown, and told as an event.
        if (!event.defaultPrevented) act((event as CustomEvent<RoomRequests[K]>).detail).catch(() => undefined);
      });
    };
    this.addEventListener(type, listener, { signal: this.#listeners.signal });
  }

  async #act<K extends (typeof LATE_REQUESTS)[number]>(type: K, detail: RoomRequests[K]): Promise<void> {
    const { signal } = this.#listeners;
    const { act } = await import('./room-actions.ts');
    // Removed meanwhile: nothing may be opened that nobody would close.
    if (!signal.aborted) await act(type, detail, this.#controller, this);
  }

  #childrenChanged(): void {
    this.hasOwnLayout = Array.from(this.children).some((child) => child.slot === '');
    if (this.hasUpdated) this.#parts.update();
  }

  async #focus(selector: string): Promise<void> {
    const target = this.renderRoot.querySelector<HTMLElement>(selector);
    if (target === null) return;
    await customElements.whenDefined(target.localName);
    if (target instanceof LitElement) await target.updateComplete;
    target.focus();
  }

  #tryAgain(): void {
    if (this.#parts.isMissing) this.#parts.retry();
    else if (this.#controller.refused.length > 0) void this.#controller.retryMedia();
    else this.join().catch(() => undefined);
  }

  #dismiss(): void {
    if (this.error !== null) this.#controller.dismiss(this.error);
  }

  #tapped(): void {
    this.soundBlocked = false;
    this.#controller.set({ soundTaps: this.#controller.view.soundTaps + 1 });
  }
}

const PANELS: Readonly<Record<Panel, TemplateResult>> = {
  chat: html`<slot name="chat"><rtc-chat></rtc-chat></slot>`,
  roster: html`<slot name="roster"><rtc-roster></rtc-roster></slot>`,
  stats: html`<rtc-stats></rtc-stats>`,
  devices: html`<rtc-device-picker></rtc-device-picker>`,
};
