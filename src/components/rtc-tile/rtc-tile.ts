import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { type Participant, roomContext } from '../../ui/room-context.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { tokens } from '../../ui/tokens.styles.ts';
import { tileStyles } from './rtc-tile.styles.ts';

const msg = messages('tile', {
  you: '{name} (you)',
  youUnnamed: 'You',
  guest: 'Guest',
  muted: '{name}, muted',
  connecting: 'Connecting…',
  interrupted: 'Connection interrupted…',
  failed: 'No connection',
  away: 'Reconnecting…',
});

/** Hues that white letters are readable on. */
const HUES = ['#4f46e5', '#0e7490', '#b45309', '#be185d', '#15803d', '#7c3aed', '#b91c1c', '#1d4ed8'];

/**
 * @summary One participant: picture, sound, name, and how the connection is doing.
 * @tagname rtc-tile
 * @event rtc-sound-blocked - The browser does not let sound start without a tap. The room shows one prompt for all tiles.
 * @csspart video - The picture.
 * @csspart avatar - What stands in for the picture while the camera is off.
 * @csspart label - The name, with the microphone's state.
 * @csspart status - Shown while the connection is not well.
 * @cssproperty --rtc-tile-background - Behind the picture.
 * @cssproperty --rtc-tile-fit - `cover` (default) or `contain`.
 * @cssstate self - One's own tile.
 * @cssstate picture - A moving picture is shown.
 * @cssstate muted - The participant's microphone is off.
 */
export class RtcTile extends RtcElement {
  static override styles = [tokens, tileStyles];

  /** Whom the tile shows; the grid sets it. Alone inside an `rtc-room`, `peer` chooses. */
  @property({ attribute: false }) participant: Participant | undefined;

  /** Id of the participant to show when the tile stands alone in an `rtc-room`; `self` is oneself. */
  @property() peer: string | null = null;

  /** Whether this is one's own tile. Set by the tile itself. */
  @property({ type: Boolean, reflect: true }) local = false;

  @query('video') private readonly video!: HTMLVideoElement;

  @state() private hasPicture = false;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #internals = this.attachInternals();
  #shown: Participant | undefined;
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
    return changed.size > 0 || this.#find() !== this.#shown || this.#taps !== this.#soundTaps;
  }

  protected override willUpdate(): void {
    this.#shown = this.#find();
    this.local = this.#shown?.self ?? false;
  }

  protected override render(): TemplateResult {
    const shown = this.#shown;
    const picture = shown?.camera && this.hasPicture;
    const status = shown && statusOf(shown);
    return html`
      <video part="video" autoplay playsinline aria-hidden="true" @playing=${this.#playing} @resize=${this.#playing} @emptied=${this.#emptied}></video>
      ${picture || shown === undefined ? nothing : html`<div class="avatar" part="avatar" aria-hidden="true"><span>${initials(shown)}</span></div>`}
      ${shown === undefined ? nothing : html`<div class="label" part="label" aria-hidden="true">${shown.microphone ? nothing : icons.microphoneOff}<span class="name" dir="auto">${displayName(shown)}</span></div>`}
      ${status === undefined ? nothing : html`<div class="status ${status}" part="status">${msg(status)}</div>`}
    `;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#attach(this.#shown);
    this.#describe(this.#shown);
    if (this.#taps === this.#soundTaps) return;
    this.#soundTaps = this.#taps;
    this.#silenced = false;
    void this.#play();
  }

  get #taps(): number {
    return this.#room.value?.soundTaps ?? 0;
  }

  #find(): Participant | undefined {
    if (this.participant !== undefined) return this.participant;
    const all = this.#room.value?.participants ?? [];
    return this.peer === 'self' ? all.find((one) => one.self) : all.find((one) => one.id === this.peer);
  }

  /** Puts the participant's tracks into the element's stream; one's own voice stays out of it. */
  #attach(shown: Participant | undefined): void {
    const wanted = shown === undefined ? [] : [shown.self ? null : shown.tracks.audio, shown.camera ? shown.tracks.video : null];
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

  #describe(shown: Participant | undefined): void {
    const { states } = this.#internals;
    const set = (name: string, on: boolean | undefined): void => void (on ? states.add(name) : states.delete(name));
    set('self', shown?.self);
    set('muted', shown && !shown.microphone);
    set('picture', shown?.camera && this.hasPicture);
    set('dim', shown && statusOf(shown) !== undefined);
    this.#internals.role = 'group';
    if (shown === undefined) return;
    const name = displayName(shown);
    this.#internals.ariaLabel = shown.microphone ? name : msg('muted', { name });
    this.style.setProperty('--_tile-hue', hueOf(shown));
  }

  #playing(): void {
    // A stream without a picture plays, too.
    this.hasPicture = this.video.videoWidth > 0;
  }

  #emptied(): void {
    this.hasPicture = false;
  }
}

function displayName(participant: Participant): string {
  if (participant.self) return participant.name === '' ? msg('youUnnamed') : msg('you', { name: participant.name });
  return participant.name === '' ? msg('guest') : participant.name;
}

function statusOf({ self, link, away }: Participant): 'connecting' | 'interrupted' | 'failed' | 'away' | undefined {
  if (link === 'failed' || link === 'interrupted' || link === 'connecting') return link;
  return self && away ? 'away' : undefined;
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
