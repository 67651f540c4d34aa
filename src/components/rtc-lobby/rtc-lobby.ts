import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { LIMITS } from '../../protocol/limits.ts';
import type { LobbyRoom } from '../../signaling/lobby-session.ts';
import { Announcer } from '../../ui/announcer.ts';
import { renderError } from '../../ui/errors.ts';
import { fieldStyles } from '../../ui/field.styles.ts';
import { fillHref } from '../../ui/href-template.ts';
import { LobbyController } from '../../ui/lobby-controller.ts';
import { ServerElement } from '../../ui/server-element.ts';
import { buttonStyles, errorStyles, tokens } from '../../ui/tokens.styles.ts';
import type { RtcLobbyEventMap, RtcLobbyRoomDetail } from './lobby-events.ts';
import { lobbyMessages as msg } from './lobby-messages.ts';
import { renderRoom } from './lobby-room.ts';
import { problemAfter, problemBefore, RoomForm } from './room-form.ts';
import { lobbyStyles } from './rtc-lobby.styles.ts';

/** A slug has at most this many characters. */
const SLUG_LENGTH = 63;

export interface RtcLobby {
  addEventListener<K extends keyof RtcLobbyEventMap>(
    type: K,
    listener: (this: RtcLobby, event: RtcLobbyEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof RtcLobbyEventMap>(
    type: K,
    listener: (this: RtcLobby, event: RtcLobbyEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

/**
 * @summary The rooms of a server, who is in each, and a form that creates one.
 * @tagname rtc-lobby
 * @event {CustomEvent<RtcLobbyRoomDetail>} rtc-room-open - The user opens a room. Cancelable: a link is then not followed.
 * @event {CustomEvent<RtcLobbyRoomDetail>} rtc-room-create - The user has created a room.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - Something failed; the lobby shows it in words, too.
 * @csspart rooms - The list, with its heading.
 * @csspart room - One room.
 * @csspart open - What opens it: a link with `href-template`, a button without.
 * @csspart form - The form that creates a room.
 * @csspart create - Its button.
 * @csspart error - The message of a failure.
 * @csspart notice - Loading, reconnecting, nothing there.
 * @cssproperty --rtc-accent - Colour of the main button.
 * @cssproperty --rtc-surface - Behind the rooms and the form.
 * @cssproperty --rtc-radius - Rounding of both.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds overloads of inherited methods, nothing to initialize
export class RtcLobby extends ServerElement {
  static override styles = [tokens, buttonStyles, fieldStyles, errorStyles, lobbyStyles];

  /** Where a room opens, with `{slug}` in place of its slug: `/call.html?room={slug}`. Only http, https and relative addresses. */
  @property({ attribute: 'href-template' }) hrefTemplate: string | null = null;

  /** How others in the lobby see the user. A token's name wins. Used from the next join on. */
  @property({ attribute: 'display-name' }) displayName: string | null = null;

  @state() private form = new RoomForm();

  readonly #announcer = new Announcer(this);
  readonly #lobby = new LobbyController(this, {
    acquire: () => this.acquireConnection(),
    release: () => this.releaseConnection(),
    name: () => this.displayName?.trim() || undefined,
    error: (error) => this.reportError(error),
    passed: () => {
      this.error = null;
    },
  });
  /** What gets the focus as soon as it is there. */
  #target: string | undefined;
  #opened = false;

  /** The rooms as they are shown, the newest first. */
  get rooms(): readonly LobbyRoom[] {
    return this.#lobby.rooms;
  }

  protected override setup(): void {
    this.requestUpdate();
  }

  protected override teardown(): void {
    this.#lobby.close();
    this.#opened = false;
    this.error = null;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (!this.isConnected) return;
    const moved = changed.has('server') || changed.has('socketPath');
    const allowed = this.#lobby.state === 'failed' && (changed.has('token') || changed.has('tokenProvider'));
    if (this.#opened && (moved || allowed)) this.#lobby.reopen();
    else this.#lobby.open();
    this.#opened = true;
  }

  /** Whoever loses the room that had the focus finds it at the heading. */
  protected override update(changed: Map<PropertyKey, unknown>): void {
    const focused = this.shadowRoot?.activeElement ?? null;
    super.update(changed);
    const target = this.#target === undefined ? null : this.renderRoot.querySelector<HTMLElement>(this.#target);
    if (target !== null) {
      this.#target = undefined;
      target.focus();
      if (target instanceof HTMLInputElement) target.select();
    } else if (focused !== null && this.shadowRoot?.activeElement === null) {
      this.renderRoot.querySelector<HTMLElement>('#rooms')?.focus();
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="lobby">
      <section part="rooms" aria-labelledby="rooms">
        <h2 id="rooms" tabindex="-1">${msg('rooms')}</h2>
        ${renderError(this.error, this.#renderRemedy())}${this.#renderNotice()}
        <ul role="list">
          ${repeat(
            this.rooms,
            ({ slug }) => slug,
            (room) => renderRoom(room, this.#hrefOf(room.slug), (event) => this.#open(event, room)),
          )}
        </ul>
      </section>
      ${this.#renderForm()}${this.#announcer.render()}
    </div>`;
  }

  #renderRemedy(): TemplateResult | typeof nothing {
    if (this.#lobby.state !== 'failed') return nothing;
    return html`<button type="button" @click=${() => this.#lobby.reopen()}>${msg('tryAgain')}</button>`;
  }

  #renderNotice(): TemplateResult | typeof nothing {
    const { state: is, rooms } = this.#lobby;
    if (is === 'failed' || (this.error !== null && is !== 'joined')) return nothing;
    if (is !== 'joined') return html`<p class="notice" part="notice" role="status">${msg(is === 'joining' ? 'loading' : is)}</p>`;
    return rooms.length === 0 ? html`<p class="notice" part="notice">${msg('empty')}</p>` : nothing;
  }

  #renderForm(): TemplateResult {
    const { title, typedSlug, slug, problem } = this.form;
    const hint = slug === null ? msg('slugChosen') : msg('slugHint', { slug: this.#hrefOf(slug) ?? slug });
    return html`<form part="form" novalidate aria-labelledby="new" @submit=${this.#submit}>
      <h2 id="new">${msg('newRoom')}</h2>
      <div class="field">
        <label for="title">${msg('title')}</label>
        <input
          id="title"
          dir="auto"
          autocomplete="off"
          required
          maxlength=${LIMITS.name}
          aria-invalid=${problem?.field === 'title' ? 'true' : 'false'}
          aria-describedby="title-problem"
          .value=${live(title)}
          @input=${this.#titleTyped}
        />
        <p class="problem" id="title-problem" role="alert">${problem?.field === 'title' ? problem.text : nothing}</p>
      </div>
      <div class="field">
        <label for="slug">${msg('slug')}</label>
        <input
          id="slug"
          dir="ltr"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength=${SLUG_LENGTH}
          aria-invalid=${problem?.field === 'slug' ? 'true' : 'false'}
          aria-describedby="slug-hint slug-problem"
          .value=${live(typedSlug ?? slug ?? '')}
          @input=${this.#slugTyped}
          @change=${this.#slugLeft}
        />
        <p class="hint" id="slug-hint">${title.trim() === '' && typedSlug === null ? nothing : hint}</p>
        <p class="problem" id="slug-problem" role="alert">${problem?.field === 'slug' ? problem.text : nothing}</p>
      </div>
      <button class="primary" part="create" type="submit">${msg('create')}</button>
      <p class="problem" role="alert">${problem?.field === null ? problem.text : nothing}</p>
    </form>`;
  }

  #hrefOf(slug: string): string | null {
    if (this.hrefTemplate === null) return null;
    const href = fillHref(this.hrefTemplate, slug);
    if (href === null)
      this.warnOnce(`href-template="${this.hrefTemplate}" is no http, https or relative address; rooms open by rtc-room-open alone`);
    else if (!this.hrefTemplate.includes('{slug}')) this.warnOnce('href-template has no {slug}: all rooms open at the same address');
    return href;
  }

  #open(event: MouseEvent, { slug, title }: LobbyRoom): void {
    // For a window of its own: the browser's business.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (!this.emit<RtcLobbyRoomDetail>('rtc-room-open', { slug, title }, { cancelable: true })) event.preventDefault();
  }

  #titleTyped(event: InputEvent): void {
    this.form = this.form.with({ title: (event.target as HTMLInputElement).value });
  }

  #slugTyped(event: InputEvent): void {
    const { value } = event.target as HTMLInputElement;
    this.form = this.form.with({ typedSlug: value });
  }

  /** Once it is written it is shown as it will be; where nothing is, it follows the name again. */
  #slugLeft(): void {
    const { typedSlug, slug, problem } = this.form;
    if (typedSlug?.trim() === '') this.form = this.form.with({ typedSlug: null, problem });
    else if (slug !== null) this.form = this.form.with({ typedSlug: slug, problem });
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { form } = this;
    if (form.busy) return;
    const problem = problemBefore(form);
    if (problem !== null) {
      this.#refuse(form.with({ problem }));
      return;
    }
    this.form = form.with({ busy: true });
    const title = form.title.trim();
    try {
      this.#created({ slug: await this.#lobby.create(title, form.slug ?? undefined), title });
    } catch (cause) {
      const refused = problemAfter(cause);
      // The address that is taken is written out, to be changed.
      this.#refuse(this.form.with({ problem: refused, typedSlug: refused.field === 'slug' ? form.slug : this.form.typedSlug }));
    }
  }

  #refuse(form: RoomForm): void {
    this.form = form;
    if (form.problem?.field) this.#target = `#${form.problem.field}`;
  }

  #created({ slug, title }: RtcLobbyRoomDetail): void {
    this.form = new RoomForm();
    this.#announcer.announce(msg('created', { title }));
    // It is in the list by then, or is about to be.
    if (this.shadowRoot?.activeElement?.closest('form')) this.#target = `[data-slug="${CSS.escape(slug)}"] .open`;
    this.emit<RtcLobbyRoomDetail>('rtc-room-create', { slug, title });
  }
}
