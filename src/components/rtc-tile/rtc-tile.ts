import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { type Participant, roomContext } from '../../ui/room-context.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { tileName } from '../../ui/tile-layout.ts';
import type { QualityLabel } from '../../ui/tile-quality.ts';
import { tokens } from '../../ui/tokens.styles.ts';
import { tileStyles } from './rtc-tile.styles.ts';
import type { ShownTile, TileExtras } from './tile-extras.ts';

const msg = messages('tile', {
  you: '{name} (you)',
  youUnnamed: 'You',
  guest: 'Guest',
  muted: '{name}, muted',
  screen: '{name}, screen',
  quality: '{name}, {quality}',
  sharing: 'You are sharing your screen',
  connecting: 'Connecting…',
  interrupted: 'Connection interrupted…',
  failed: 'No connection',
  away: 'Reconnecting…',
});

/** From a link to its first picture takes less, mostly. */
const CALM_MS = 400;

/** Hues that white letters are readable on. */
const HUES = ['#4f46e5', '#0e7490', '#b45309', '#be185d', '#15803d', '#7c3aed', '#b91c1c', '#1d4ed8'];

/**
 * @summary One participant: picture, sound, name, and how the connection is doing.
 * @tagname rtc-tile
 * @event {CustomEvent<PinRequestDetail>} rtc-pin-request - The user wants this tile large, or no longer. Cancelable.
 * @event {CustomEvent<TileWatchDetail>} rtc-tile-watch - The tile came into view or went out of it: what nobody sees is not sent.
 * @event rtc-sound-blocked - The browser does not let sound start without a tap. The room shows one prompt for all tiles.
 * @csspart video - The picture.
 * @csspart avatar - What stands in for the picture while there is none.
 * @csspart label - The name, with the state of microphone and connection.
 * @csspart status - Shown while the connection is not well.
 * @csspart pin - The button that pins.
 * @cssproperty --rtc-tile-background - Behind the picture.
 * @cssproperty --rtc-tile-fit - Of a camera's picture: `cover` (default) or `contain`.
 * @cssstate self - One's own tile.
 * @cssstate screen - Shows a shared screen.
 * @cssstate picture - A moving picture is shown.
 * @cssstate muted - The participant's microphone is off.
 * @cssstate speaking - The participant speaks.
 * @cssstate pinned - The user wants this tile large.
 */
export class RtcTile extends RtcElement {
  static override styles = [tokens, tileStyles];

  /** Whom the tile shows; the grid sets it. Alone inside an `rtc-room`, `peer` chooses. */
  @property({ attribute: false }) participant: Participant | undefined;

  /** Id of the participant to show when the tile stands alone in an `rtc-room`; `self` is oneself. */
  @property() peer: string | null = null;

  /** What of the participant is shown. */
  @property({ reflect: true }) source: 'camera' | 'screen' = 'camera';

  /** Whether this is one's own tile. Set by the tile itself. */
  @property({ type: Boolean, reflect: true }) local = false;

  @query('video') private readonly video!: HTMLVideoElement;

  @state() private hasPicture = false;
  @state() private extras: TileExtras | undefined;
  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #internals = this.attachInternals();
  #module: typeof import('./tile-extras.ts') | undefined;
  #extending = false;
  #shown: ShownTile | undefined;
  #soundTaps = 0;
  /** The browser wants a tap before it plays sound. */
  #silenced = false;

  protected override setup(): void {
    this.requestUpdate();
  }

  protected override teardown(): void {
    this.video.srcObject = null;
    this.#shown = undefined;
  }

  /** The room changes for everybody; most of it is about others. */
  protected override shouldUpdate(changed: Map<PropertyKey, unknown>): boolean {
    const before = this.#shown;
    const shown = this.#find();
    const same =
      before && shown ? (Object.keys(shown) as (keyof ShownTile)[]).every((key) => before[key] === shown[key]) : before === shown;
    if (changed.size === 0 && this.#taps === this.#soundTaps && same) return false;
    this.#shown = shown;
    return true;
  }

  protected override willUpdate(): void {
    this.local = this.#shown?.participant.self ?? false;
  }

  protected override render(): TemplateResult {
    const shown = this.#shown;
    return html`
      <video
        part="video"
        autoplay
        playsinline
        aria-hidden="true"
        @playing=${this.#playing}
        @resize=${this.#playing}
        @emptied=${this.#emptied}
        @pause=${this.#play}
      ></video>
      ${shown === undefined ? nothing : this.#renderOver(shown)}
    `;
  }

  #renderOver({ participant, slot, name }: ShownTile): TemplateResult {
    const status = statusOf(participant);
    const quality = this.#quality;
    const ownScreen = slot === 'screen' && participant.self;
    return html`
      ${this.#picture ? nothing : html`<div class="avatar" part="avatar" aria-hidden="true">${ownScreen ? html`<p>${msg('sharing')}</p>` : html`<span>${initials(participant)}</span>`}</div>`}
      <div class="label" part="label" aria-hidden="true" title=${quality?.words ?? nothing}>
        ${participant.microphone || slot === 'screen' ? nothing : icons.microphoneOff}<span class="name" dir="auto">${name}</span>${quality?.icon}
      </div>
      ${status === undefined ? nothing : html`<div class="status ${status}" part="status">${msg(status)}</div>`}
      ${this.extras?.render()}
    `;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#attach(this.#shown);
    this.#describe(this.#shown);
    if (this.#shown?.pinnable) void this.#extend();
    if (this.#taps === this.#soundTaps) return;
    this.#soundTaps = this.#taps;
    this.#silenced = false;
    void this.#play();
  }

  get #taps(): number {
    return this.#room.value?.soundTaps ?? 0;
  }

  /** Whether the picture is to be seen. */
  get #picture(): boolean {
    const { participant, slot } = this.#shown ?? {};
    return this.hasPicture && !!participant?.[slot === 'screen' ? slot : 'camera'];
  }

  get #quality(): QualityLabel | undefined {
    const { participant, slot } = this.#shown ?? {};
    return slot === 'video' && participant ? this.#module?.labelQuality(participant.quality) : undefined;
  }

  #find(): ShownTile | undefined {
    // One that was removed lets go of what it showed: a playing video keeps itself alive.
    if (!this.isConnected) return undefined;
    const { participants = [], pinned, devices } = this.#room.value ?? {};
    const participant = this.participant ?? participants.find(({ self, id }) => (this.peer === 'self' ? self : id === this.peer));
    if (participant === undefined) return undefined;
    const screen = this.source === 'screen';
    const name = displayName(participant);
    const tile = tileName(participant, screen);
    return {
      participant,
      slot: screen ? 'screen' : 'video',
      tile,
      name: screen ? msg('screen', { name }) : name,
      pinned: pinned === tile,
      pinnable: participants.some((one) => !one.self && (this.#extending || one.link === 'connected')),
      sink: devices?.live.audiooutput ?? null,
    };
  }

  async #extend(): Promise<void> {
    if (this.#extending) return;
    this.#extending = true;
    // The first picture goes first.
    await new Promise((resolve) => setTimeout(resolve, CALM_MS));
    try {
      this.#module = await import('./tile-extras.ts');
      this.extras = new this.#module.TileExtras(this, this.video, () => this.#shown);
    } catch {
      this.warnOnce('cannot be pinned: its script could not be loaded');
    }
  }

  /** Puts the participant's tracks into the element's stream; one's own voice and one's own screen stay out of it. */
  #attach(shown: ShownTile | undefined): void {
    const wanted = shown === undefined ? [] : tracksOf(shown);
    const stream = (this.video.srcObject as MediaStream | null) ?? new MediaStream();
    const tracks = stream.getTracks();
    const added = wanted.filter((track): track is MediaStreamTrack => track !== null && !tracks.includes(track));
    for (const track of tracks) if (!wanted.includes(track)) stream.removeTrack(track);
    for (const track of added) stream.addTrack(track);
    if (stream.getVideoTracks().length === 0) this.hasPicture = false;
    if (added.length === 0) return;
    if (this.video.srcObject === null) this.video.srcObject = stream;
    // No event says that a picture came back to a stream that goes on playing.
    if (added.some((track) => track.kind === 'video')) this.video.requestVideoFrameCallback(() => this.#playing());
    void this.#play();
  }

  /** Also when something has paused it, such as a picture-in-picture window that is closed: a call does not wait. */
  async #play(): Promise<void> {
    const { video } = this;
    if (video.srcObject === null) return;
    video.muted = this.local || this.#silenced;
    try {
      await video.play();
    } catch (cause) {
      // Anything else means that other tracks took these ones' place, which then play by themselves.
      if (!(cause instanceof DOMException && cause.name === 'NotAllowedError') || video.muted) return;
      this.#silenced = true;
      this.emit('rtc-sound-blocked', undefined);
      // The picture may always start.
      video.muted = true;
      video.play().catch(() => this.#emptied());
    }
  }

  #describe(shown: ShownTile | undefined): void {
    this.#internals.role = 'group';
    this.#set('picture', this.#picture);
    if (shown === undefined) return;
    const { participant, slot, name, pinned } = shown;
    const { self, microphone, tracks } = participant;
    const camera = slot === 'video';
    const muted = camera && !microphone;
    this.#set('self', self);
    this.#set('screen', !camera);
    // A camera that looks away from its owner shows what others see.
    this.#set('mirrored', self && tracks.video?.getSettings().facingMode !== 'environment');
    this.#set('muted', muted);
    this.#set('speaking', camera && participant.speaking);
    this.#set('pinned', pinned);
    this.#set('dim', statusOf(participant) !== undefined);
    const said = muted ? msg('muted', { name }) : name;
    const quality = this.#quality?.words;
    this.#internals.ariaLabel = quality === undefined ? said : msg('quality', { name: said, quality });
    this.style.setProperty('--_tile-hue', hueOf(participant));
  }

  #set(name: string, on: boolean): void {
    const { states } = this.#internals;
    if (on) states.add(name);
    else states.delete(name);
  }

  #playing(): void {
    const { videoWidth, videoHeight } = this.video;
    // A stream without a picture plays, too.
    this.hasPicture = videoWidth > 0;
    this.#set('upright', videoHeight > videoWidth);
  }

  #emptied(): void {
    this.hasPicture = false;
  }
}

function tracksOf({ slot, participant }: ShownTile): readonly (MediaStreamTrack | null)[] {
  const { self, camera, screen, tracks } = participant;
  if (slot === 'video') return [self ? null : tracks.audio, camera ? tracks.video : null];
  // One's own screen would show itself within itself.
  return self || !screen ? [] : [tracks.screenAudio, tracks.screen];
}

function displayName(participant: Participant): string {
  if (participant.self) return participant.name === '' ? msg('youUnnamed') : msg('you', { name: participant.name });
  return participant.name === '' ? msg('guest') : participant.name;
}

function statusOf({ self, link, away }: Participant): 'connecting' | 'interrupted' | 'failed' | 'away' | undefined {
  const broken = link === 'failed' || link === 'interrupted' || link === 'connecting' ? link : undefined;
  // Media flows on without the socket, and then nothing is missing.
  return away && (self || broken) ? 'away' : broken;
}

function initials(participant: Participant): string {
  const name = participant.name || displayName(participant);
  const words = name.split(/\s+/u).filter((word) => word !== '');
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => Array.from(word ?? '')[0] ?? '');
  return letters.join('').toLocaleUpperCase();
}

function hueOf({ name, id }: Participant): string {
  let sum = 0;
  for (const letter of name || id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return HUES[sum % HUES.length] ?? '#4f46e5';
}
