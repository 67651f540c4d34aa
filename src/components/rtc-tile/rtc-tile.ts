import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { icons } from '../../ui/icons.ts';
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

  @query('video') private readonly video!: HTMLVideoElement;
  @query('audio') private readonly audio!: HTMLAudioElement;

  @state() private hasPicture = false;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true, callback: () => this.requestUpdate() });
  readonly #internals = this.attachInternals();
  #soundTaps = 0;

  protected override setup(): void {
    this.requestUpdate();
  }

  protected override teardown(): void {
    this.video.srcObject = null;
    this.audio.srcObject = null;
  }

  protected override render(): TemplateResult {
    const shown = this.#shown();
    const picture = shown !== undefined && shown.camera && this.hasPicture;
    const name = shown === undefined ? '' : displayName(shown);
    const status = shown === undefined ? undefined : statusOf(shown);
    return html`
      <video part="video" muted autoplay playsinline aria-hidden="true" @playing=${this.#playing} @emptied=${this.#emptied}></video>
      <audio autoplay></audio>
      ${picture || shown === undefined ? nothing : html`<div class="avatar" part="avatar" aria-hidden="true"><span>${initials(shown)}</span></div>`}
      ${shown === undefined ? nothing : html`<div class="label" part="label" aria-hidden="true">${shown.microphone ? nothing : icons.microphoneOff}<span class="name" dir="auto">${name}</span></div>`}
      ${status === undefined ? nothing : html`<div class="status" part="status">${msg(status)}</div>`}
    `;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    const shown = this.#shown();
    this.#attach(this.video, shown?.camera ? shown.tracks.video : null);
    this.#attach(this.audio, shown === undefined || shown.self ? null : shown.tracks.audio);
    this.#setStates(shown);
    const taps = this.#room.value?.soundTaps ?? 0;
    if (taps === this.#soundTaps) return;
    this.#soundTaps = taps;
    if (this.audio.srcObject !== null) void this.#play(this.audio);
  }

  #shown(): Participant | undefined {
    if (this.participant !== undefined) return this.participant;
    const all = this.#room.value?.participants ?? [];
    return this.peer === 'self' ? all.find((one) => one.self) : all.find((one) => one.id === this.peer);
  }

  #attach(element: HTMLMediaElement, track: MediaStreamTrack | null): void {
    const stream = element.srcObject as MediaStream | null;
    if ((stream?.getTracks()[0] ?? null) === track) return;
    element.srcObject = track === null ? null : new MediaStream([track]);
    if (track !== null) void this.#play(element);
  }

  async #play(element: HTMLMediaElement): Promise<void> {
    // The attribute of a template does not reach a clone's property in every browser, and an unmuted video may not autoplay.
    if (element === this.video) element.muted = true;
    try {
      await element.play();
    } catch (cause) {
      const blocked = cause instanceof DOMException && cause.name === 'NotAllowedError';
      if (blocked) this.emit('rtc-sound-blocked', undefined);
      // Anything else means that another track took this one's place, which then plays by itself.
    }
  }

  #setStates(shown: Participant | undefined): void {
    const { states } = this.#internals;
    const set = (name: string, on: boolean): void => void (on ? states.add(name) : states.delete(name));
    set('self', shown?.self ?? false);
    set('muted', shown !== undefined && !shown.microphone);
    set('picture', shown !== undefined && shown.camera && this.hasPicture);
    set('dim', shown !== undefined && statusOf(shown) !== undefined);
    this.#internals.role = 'group';
    if (shown === undefined) return;
    const name = displayName(shown);
    this.#internals.ariaLabel = shown.microphone ? name : msg('muted', { name });
    this.style.setProperty('--_tile-hue', hueOf(shown));
  }

  #playing(): void {
    this.hasPicture = true;
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
