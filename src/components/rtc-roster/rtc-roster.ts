import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { LIMITS } from '../../protocol/limits.ts';
import * as icons from '../../ui/icons.ts';
import { type Participant, type RoomView, roomContext } from '../../ui/room-context.ts';
import type { KickRequestDetail, MuteRequestDetail, PinRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { describe, nameOf, troubleOf } from './participant-words.ts';
import { rosterMessages as msg } from './roster-messages.ts';
import { rosterStyles } from './rtc-roster.styles.ts';

/** What the user is asked about before it is done. */
type Question = 'kick' | 'close' | null;

const BAN_MINUTES = LIMITS.banMs / 60_000;

/**
 * @summary Who is in the `rtc-room` around it, and how they are doing; for moderators, a way to mute, to remove and to close.
 * @tagname rtc-roster
 * @event {CustomEvent<PinRequestDetail>} rtc-pin-request - The user wants somebody's tile large, or no longer. Cancelable.
 * @event {CustomEvent<MuteRequestDetail>} rtc-mute-request - A moderator turns off somebody's microphone, camera or screen. Cancelable.
 * @event {CustomEvent<KickRequestDetail>} rtc-kick-request - A moderator removes somebody, and has confirmed it. Cancelable.
 * @event rtc-close-request - A moderator closes the room for everyone, and has confirmed it. Cancelable.
 * @csspart count - How many are here, and how many may be.
 * @csspart person - One participant: a button that makes the tile large.
 * @csspart actions - What a moderator can do about one participant.
 * @csspart close - The button that closes the room.
 * @cssproperty --rtc-accent - Colour of who is speaking or pinned.
 * @cssproperty --rtc-surface - Behind everything.
 */
export class RtcRoster extends RtcElement {
  static override styles = [tokens, buttonStyles, rosterStyles];
  /** @ignore */
  static override shadowRootOptions: ShadowRootInit = { ...RtcElement.shadowRootOptions, delegatesFocus: true };

  /** Whose actions are shown, by id. */
  @state() private open: string | null = null;
  @state() private question: Question = null;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  #shown: RoomView | undefined;
  /** Where the focus goes after the next drawing. */
  #target: string | undefined;

  protected override setup(): void {
    this.addEventListener('keydown', this.#keyPressed);
    this.requestUpdate('lang');
  }

  protected override teardown(): void {
    this.removeEventListener('keydown', this.#keyPressed);
  }

  protected override shouldUpdate(changed: Map<PropertyKey, unknown>): boolean {
    const [now, before] = [this.#room.value, this.#shown];
    return (
      changed.size > 0 ||
      now?.participants !== before?.participants ||
      now?.pinned !== before?.pinned ||
      now?.can !== before?.can ||
      now?.maxPeers !== before?.maxPeers
    );
  }

  protected override willUpdate(): void {
    this.#shown = this.#room.value;
    const stays = this.#shown?.participants.some(({ id, self }) => id === this.open && !self);
    if (this.open !== null && !(stays && this.#moderates)) {
      this.open = null;
      if (this.question === 'kick') this.question = null;
    }
    if (!this.#moderates) this.question = null;
  }

  /** Whoever loses the button that had the focus finds it nearby. */
  protected override update(changed: Map<PropertyKey, unknown>): void {
    const row = this.shadowRoot?.activeElement?.closest<HTMLElement>('li') ?? null;
    const focused = this.shadowRoot?.activeElement !== null;
    const place = row === null ? -1 : this.#rows.indexOf(row);
    super.update(changed);
    const target = this.#target === undefined ? null : this.renderRoot.querySelector<HTMLElement>(this.#target);
    this.#target = undefined;
    if (target !== null) target.focus();
    else if (focused && this.shadowRoot?.activeElement === null) this.#focusNear(row, place);
  }

  protected override render(): TemplateResult {
    const { participants = [], maxPeers = null } = this.#shown ?? {};
    const count = participants.length;
    if (count === 0) return html`<p class="count" part="count" tabindex="-1">${msg('outside')}</p>`;
    return html`<p class="count" part="count" tabindex="-1">
        ${maxPeers === null ? msg('countOpen', { count }) : msg('count', { count, max: maxPeers })}
      </p>
      <ul role="list" aria-label=${msg('people')}>
        ${repeat(
          participants,
          ({ id, self }) => (self ? '' : id),
          (participant) => this.#renderPerson(participant),
        )}
      </ul>
      ${this.#moderates ? this.#renderClosing() : nothing}`;
  }

  #renderPerson(participant: Participant): TemplateResult {
    const { id, self, speaking } = participant;
    const pinned = this.#isPinned(participant);
    const trouble = troubleOf(participant);
    const moderated = !self && this.#moderates;
    return html`<li class=${speaking ? 'speaking' : ''} data-id=${self ? 'self' : id}>
      <div class="row ${self && this.#moderates ? 'alone' : ''}">
        <button
          class="who"
          part="person"
          type="button"
          aria-pressed=${pinned ? 'true' : 'false'}
          title=${msg('pin')}
          @click=${() => this.#pin(participant)}
        >
          <span class="text">
            <span class="name"><bdi>${nameOf(participant)}</bdi></span><span class="visually-hidden">, ${describe(participant)}</span>
            ${trouble === undefined ? nothing : html`<span class="trouble">${trouble}</span>`}
          </span>
          ${renderStates(participant, pinned)}
        </button>
        ${moderated ? this.#renderMore(participant) : nothing}
      </div>
      ${moderated && this.open === id ? this.#renderActions(participant) : nothing}
    </li>`;
  }

  #renderMore(participant: Participant): TemplateResult {
    const { id } = participant;
    const open = this.open === id;
    const toggle = (): void => {
      this.open = open ? null : id;
      this.question = null;
    };
    const name = msg('actions', { name: nameOf(participant) });
    return html`<button class="more" type="button" aria-expanded=${open ? 'true' : 'false'} aria-label=${name} title=${name} @click=${toggle}>
      <span aria-hidden="true">⋯</span>
    </button>`;
  }

  #renderActions(participant: Participant): TemplateResult {
    const { id, microphone, camera, screen } = participant;
    const name = nameOf(participant);
    if (this.question === 'kick') {
      return this.#renderQuestion(msg('removeAsk', { name: isolated(name), minutes: BAN_MINUTES }), msg('removeYes'), () => this.#kick(id));
    }
    const mute = (kind: MuteRequestDetail['kind'], words: string): TemplateResult => {
      const ask = (): void => void this.emit<MuteRequestDetail>('rtc-mute-request', { peerId: id, kind }, { cancelable: true });
      return html`<button type="button" data-kind=${kind} @click=${ask}>${words}</button>`;
    };
    return html`<div class="actions" part="actions" role="group" aria-label=${msg('actions', { name })}>
      ${microphone ? mute('mic', msg('mic')) : nothing}${camera ? mute('camera', msg('camera')) : nothing}
      ${screen ? mute('screen', msg('screenOff')) : nothing}
      <button class="remove" type="button" @click=${() => this.#ask('kick')}>${msg('remove')}</button>
    </div>`;
  }

  #renderClosing(): TemplateResult {
    if (this.question === 'close') {
      return html`<div class="closing">${this.#renderQuestion(msg('closeAsk'), msg('closeYes'), () => this.#close())}</div>`;
    }
    return html`<div class="closing">
      <button class="close" part="close" type="button" @click=${() => this.#ask('close')}>${msg('close')}</button>
    </div>`;
  }

  #renderQuestion(question: string, yes: string, confirmed: () => void): TemplateResult {
    return html`<div class="actions" part="actions" role="group" aria-labelledby="ask">
      <p class="ask" id="ask">${question}</p>
      <button class="danger" type="button" @click=${confirmed}>${yes}</button>
      <button class="cancel" type="button" @click=${() => this.#cancel()}>${msg('cancel')}</button>
    </div>`;
  }

  get #moderates(): boolean {
    return (this.#shown?.can.includes('moderate') ?? false) && (this.#shown?.participants.length ?? 0) > 0;
  }

  get #rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll('li')];
  }

  #isPinned({ self, id }: Participant): boolean {
    const tile = self ? 'self' : id;
    const pinned = this.#shown?.pinned;
    return pinned === tile || pinned === `${tile}/screen`;
  }

  #pin(participant: Participant): void {
    const tile = this.#isPinned(participant) ? null : participant.self ? 'self' : participant.id;
    this.emit<PinRequestDetail>('rtc-pin-request', { tile }, { cancelable: true });
  }

  /** The focus goes to the answer that does no harm: a key that is held down answers as well. */
  #ask(question: Question): void {
    this.question = question;
    if (question === 'close') this.open = null;
    this.#target = '.cancel';
  }

  #cancel(): void {
    this.#target = this.question === 'close' ? '.close' : '.remove';
    this.question = null;
  }

  #kick(peerId: string): void {
    this.question = null;
    this.open = null;
    this.emit<KickRequestDetail>('rtc-kick-request', { peerId }, { cancelable: true });
  }

  #close(): void {
    this.question = null;
    this.#target = '.close';
    this.emit('rtc-close-request', undefined, { cancelable: true });
  }

  #focusNear(row: HTMLElement | null, place: number): void {
    const rows = this.#rows;
    const near = row?.isConnected ? row : place < 0 ? undefined : (rows[place] ?? rows.at(-1));
    const target = near?.querySelector<HTMLElement>('.more') ?? near?.querySelector<HTMLElement>('.who');
    (target ?? this.renderRoot.querySelector<HTMLElement>('.count'))?.focus();
  }

  readonly #keyPressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || (this.question === null && this.open === null)) return;
    // What is around it may close on the same key.
    event.preventDefault();
    event.stopPropagation();
    if (this.question !== null) {
      this.#cancel();
      return;
    }
    this.#target = `[data-id="${CSS.escape(this.open ?? '')}"] .more`;
    this.open = null;
  };
}

/** A name of another direction than the sentence around it keeps to itself. */
function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

function renderStates({ microphone, camera, screen, quality }: Participant, pinned: boolean): TemplateResult {
  const { level } = quality;
  return html`<span class="states" aria-hidden="true">
    ${pinned ? html`<span class="on">${icons.pin}</span>` : nothing}
    ${level === 'fair' ? icons.signalFair : level === 'poor' ? icons.signalPoor : nothing}
    ${screen ? html`<span class="on">${icons.screen}</span>` : nothing}
    <span class=${microphone ? '' : 'off'}>${microphone ? icons.microphone : icons.microphoneOff}</span>
    <span class=${camera ? '' : 'off'}>${camera ? icons.camera : icons.cameraOff}</span>
  </span>`;
}
