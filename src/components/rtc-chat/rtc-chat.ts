import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { LIMITS } from '../../protocol/limits.ts';
import type { ChatEntry } from '../../signaling/chat-entry.ts';
import { Announcer } from '../../ui/announcer.ts';
import { fieldStyles } from '../../ui/field.styles.ts';
import * as icons from '../../ui/icons.ts';
import { type RoomView, roomContext } from '../../ui/room-context.ts';
import type { ChatEntryRequestDetail, ChatRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { draftOf, keepDraft } from './chat-drafts.ts';
import { type MessageContext, renderMessage } from './chat-message.ts';
import { chatMessages as msg } from './chat-messages.ts';
import { EndFollower } from './end-follower.ts';
import { chatStyles } from './rtc-chat.styles.ts';

/** The counter appears with this many characters left. */
const NEARLY_FULL = 50;
/** More messages at once than this are a history, which nobody wants to have read out. */
const SPOKEN = 3;
/** How long assistive technology may take to look at what has changed. */
const QUIET_MS = 1000;

/**
 * @summary What is said in writing in the `rtc-room` around it, and a field to write in.
 * @tagname rtc-chat
 * @event {CustomEvent<ChatRequestDetail>} rtc-chat-request - The user sends a message. Cancelable; the words then stay in the field.
 * @event {CustomEvent<ChatEntryRequestDetail>} rtc-chat-delete-request - The user deletes a message, or discards one that was not sent. Cancelable.
 * @event {CustomEvent<ChatEntryRequestDetail>} rtc-chat-retry-request - The user sends a message again that did not get through. Cancelable.
 * @csspart log - The list of messages, which scrolls.
 * @csspart message - One message; with `own`, the user's.
 * @csspart name - Who wrote it.
 * @csspart time - When.
 * @csspart body - What.
 * @csspart state - That it is on its way or was not sent.
 * @csspart delete - The button that deletes it.
 * @csspart retry - The button that sends it again.
 * @csspart newer - The button that leads to new messages.
 * @csspart form - The field and its button.
 * @csspart input - The field.
 * @csspart send - The button that sends.
 * @csspart counter - How many characters are left.
 * @cssproperty --rtc-accent - Colour of the main button, and a tint of the user's messages.
 * @cssproperty --rtc-surface - Behind everything.
 * @cssproperty --rtc-surface-2 - Behind the messages of others.
 */
export class RtcChat extends RtcElement {
  static override styles = [tokens, buttonStyles, fieldStyles, chatStyles];
  /** @ignore */
  static override shadowRootOptions: ShadowRootInit = { ...RtcElement.shadowRootOptions, delegatesFocus: true };

  @query('.log') private readonly log!: HTMLElement | null;
  @query('textarea') private readonly field!: HTMLTextAreaElement | null;

  @state() private draft = '';
  /** Messages of others below what the reader sees. */
  @state() private unseen = 0;
  /** Changes in the list are not read out. */
  @state() private quiet = true;
  /** What messages say of time is as of then, in milliseconds since 1970. */
  @state() private now = 0;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #announcer = new Announcer(this);
  readonly #end = new EndFollower(
    this,
    () => this.log,
    () => {
      this.unseen = 0;
    },
  );
  readonly #messages: Omit<MessageContext, 'now' | 'moderates'> = {
    remove: (id) => this.emit<ChatEntryRequestDetail>('rtc-chat-delete-request', { id }, { cancelable: true }),
    retry: (id) => this.emit<ChatEntryRequestDetail>('rtc-chat-retry-request', { id }, { cancelable: true }),
  };
  #shown: RoomView | undefined;
  #known: ReadonlySet<string> = new Set();
  #quietTimer: ReturnType<typeof setTimeout> | undefined;
  #limitTimer: ReturnType<typeof setTimeout> | undefined;

  protected override setup(): void {
    this.requestUpdate();
  }

  protected override teardown(): void {
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#limitTimer);
  }

  /** The room changes with every word that is spoken; the chat does not. */
  protected override shouldUpdate(changed: Map<PropertyKey, unknown>): boolean {
    const [now, before] = [this.#room.value, this.#shown];
    return (
      changed.size > 0 ||
      now?.chat !== before?.chat ||
      now?.can !== before?.can ||
      now?.room !== before?.room ||
      isInside(now) !== isInside(before)
    );
  }

  protected override willUpdate(): void {
    const view = this.#room.value;
    this.now = Date.now();
    if (!this.hasUpdated || view?.room !== this.#shown?.room) {
      this.draft = draftOf(view?.room ?? null);
      this.#known = new Set();
      this.#end.toEnd();
      this.unseen = 0;
    }
    if (view?.chat !== this.#shown?.chat || !this.hasUpdated) this.#received(view?.chat ?? []);
    this.#shown = view;
  }

  /** Whoever loses the button that had the focus finds it nearby. */
  protected override update(changed: Map<PropertyKey, unknown>): void {
    const message = this.shadowRoot?.activeElement?.closest<HTMLElement>('.message');
    const place = message?.parentElement === null || !message ? -1 : [...(message.parentElement?.children ?? [])].indexOf(message);
    super.update(changed);
    if (place < 0 || this.shadowRoot?.activeElement) return;
    const button = this.renderRoot.querySelectorAll('.message')[place]?.querySelector('button');
    (button ?? this.field)?.focus();
  }

  protected override render(): TemplateResult {
    const { chat = [], can = [] } = this.#shown ?? {};
    const context = { ...this.#messages, now: this.now, moderates: can.includes('moderate') };
    return html`<div
        class="log"
        part="log"
        role="log"
        tabindex="0"
        aria-label=${msg('messages')}
        aria-live=${this.quiet ? 'off' : 'polite'}
        @scroll=${() => this.#end.scrolled()}
      >
        ${chat.length === 0 ? html`<p class="empty">${msg('empty')}</p>` : nothing}
        <ol role="list">
          ${repeat(
            chat,
            ({ id }) => id,
            (entry, index) => renderMessage(entry, chat[index - 1], context),
          )}
        </ol>
      </div>
      ${this.#renderForm()}${this.#announcer.render()}`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    if (changed.has('draft')) this.#grow();
  }

  #renderForm(): TemplateResult {
    const inside = isInside(this.#shown);
    const left = this.#charactersLeft;
    const counted = left <= NEARLY_FULL;
    return html`<form part="form" @submit=${this.#submit}>
      ${
        this.unseen === 0
          ? nothing
          : html`<button class="newer" part="newer" type="button" @click=${this.#showNewer}>${msg('newer')}</button>`
      }
      <textarea
        part="input"
        rows="1"
        enterkeyhint="send"
        autocomplete="off"
        dir="auto"
        aria-label=${msg('write')}
        aria-describedby=${counted ? 'counter' : nothing}
        aria-invalid=${left < 0 ? 'true' : 'false'}
        placeholder=${msg(inside ? 'placeholder' : 'outside')}
        ?disabled=${!inside}
        .value=${live(this.draft)}
        @input=${this.#typed}
        @keydown=${this.#keyPressed}
      ></textarea>
      <button class="primary" part="send" type="submit" aria-label=${msg('send')} title=${msg('send')} ?disabled=${!inside}>${icons.send}</button>
      ${
        counted
          ? html`<p class="counter ${left < 0 ? 'over' : ''}" id="counter" part="counter">
              ${left < 0 ? msg('over', { count: -left }) : msg('left', { count: left })}
            </p>`
          : nothing
      }
    </form>`;
  }

  get #charactersLeft(): number {
    return LIMITS.chatCharacters - [...this.draft.trim()].length;
  }

  #received(chat: readonly ChatEntry[]): void {
    const added = chat.filter(({ id }) => !this.#known.has(id));
    this.#known = new Set(chat.map(({ id }) => id));
    // Who has just sent something wants to see it.
    if (added.some(({ state: is }) => is === 'sending')) this.#end.toEnd();
    else if (!this.#end.follows) this.unseen += added.filter(({ own }) => !own).length;
    if (!this.hasUpdated || added.length > SPOKEN) this.#hush();
    this.#awaitLimit(chat);
  }

  #hush(): void {
    this.quiet = true;
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => {
      this.quiet = false;
    }, QUIET_MS);
  }

  /** Draws anew when a message that was one too many may be sent again. */
  #awaitLimit(chat: readonly ChatEntry[]): void {
    clearTimeout(this.#limitTimer);
    const now = Date.now();
    const waits = chat.flatMap(({ error }) => (error?.retryAt === undefined || error.retryAt <= now ? [] : [error.retryAt - now]));
    if (waits.length === 0) return;
    this.#limitTimer = setTimeout(
      () => {
        this.now = Date.now();
        this.#awaitLimit(this.#shown?.chat ?? []);
      },
      Math.min(...waits),
    );
  }

  #typed(event: InputEvent): void {
    const was = this.#charactersLeft;
    this.draft = (event.target as HTMLTextAreaElement).value;
    keepDraft(this.#shown?.room ?? null, this.draft);
    if (was >= 0 && this.#charactersLeft < 0) this.#sayTooLong();
  }

  #keyPressed(event: KeyboardEvent): void {
    // 229: in Safari the key that ends a composition comes after it.
    if (event.isComposing || event.keyCode === 229) {
      event.stopPropagation();
      return;
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    this.#send();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    this.#send();
    this.field?.focus();
  }

  #send(): void {
    const body = this.draft.trim();
    if (body === '' || !isInside(this.#shown)) return;
    if (this.#charactersLeft < 0) {
      this.#sayTooLong();
      return;
    }
    if (!this.emit<ChatRequestDetail>('rtc-chat-request', { body }, { cancelable: true })) return;
    this.draft = '';
    keepDraft(this.#shown?.room ?? null, '');
  }

  #sayTooLong(): void {
    this.#announcer.announce(msg('over', { count: -this.#charactersLeft }));
  }

  #showNewer(): void {
    this.#end.toEnd();
    this.unseen = 0;
    this.log?.focus();
  }

  /** As tall as what is in it; the styles say how tall at most. */
  #grow(): void {
    const { field } = this;
    if (field === null) return;
    field.style.blockSize = 'auto';
    field.style.blockSize = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    // What the field takes, the list has less.
    this.#end.settle();
  }
}

function isInside(view: RoomView | undefined): boolean {
  return view !== undefined && view.participants.length > 0;
}
