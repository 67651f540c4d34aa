/**
 * The chat of one room: what the server tells, and what is on its way to it, as one list without doubles.
 *
 *   send() ──▶ sending ──reply, or the broadcast of it──▶ sent ──chat_delete──▶ gone
 *                │  ▲
 *        refused │  │ retry()
 *                ▼  │
 *              failed ──delete()──▶ gone
 *
 * A message that meets no connection stays `sending` and goes out with the next join, under the same id, which the server knows again.
 */
import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { ChatDeleteSchema, ChatHistorySchema, type ChatMessage, ChatMessageSchema } from '../protocol/messages/chat.ts';
import type { ChatEntry, ChatFailure } from './chat-entry.ts';
import { Emitter } from './emitter.ts';
import type { Schema } from './schema.ts';

export interface ChatLogOptions {
  /** Rejects with `network` at once where the room is not joined. */
  push<T>(event: string, payload: object, options: { readonly reply: Schema<T> }): Promise<T>;
  /** The own id in the room, which another join may change. */
  localId(): string | undefined;
  localName(): string;
  /** 8 to 64 of a-z, A-Z, 0-9, _ and -, at random. */
  newId(): string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether the room is joined at the moment: tells a plain channel that never replies from one that was lost. */
  joined?(): boolean;
}

export interface ChatLogEvents {
  change: readonly ChatEntry[];
  /** What was heard and not understood. */
  log: { readonly message: string; readonly cause: unknown };
}

/** The newest are kept; the rest would have to be drawn with every message. */
const KEPT = 500;

/** A plain channel replies with nothing. */
const ReceiptSchema = v.pipe(
  v.unknown(),
  v.transform((reply) => {
    const at: unknown = Object(reply).at;
    return { at: typeof at === 'number' ? at : undefined };
  }),
);
const AnythingSchema = v.unknown();

interface Held {
  readonly entry: ChatEntry;
  /** Breaks ties of the clock. */
  readonly order: number;
  /** The join under which it was last heard of. */
  readonly join: number;
}

export class ChatLog extends Emitter<ChatLogEvents> {
  readonly #options: ChatLogOptions;
  readonly #held = new Map<string, Held>();
  /** Every id that was one's own here. */
  readonly #localIds = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #underWay = new Set<string>();
  readonly #outcomes = new Map<string, { resolve(): void; reject(error: GlasscastError): void }>();
  #entries: readonly ChatEntry[] = [];
  #count = 0;
  #join = 0;
  /** Whether the server keeps the time and the history; a plain channel does neither. */
  #kept = false;

  constructor(options: ChatLogOptions) {
    super();
    this.#options = options;
  }

  /** By the server's time, the oldest first; what is not sent yet comes last. Unchanged entries stay the same objects. */
  get entries(): readonly ChatEntry[] {
    return this.#entries;
  }

  /** Takes what the room's topic says. */
  handle(event: 'chat' | 'chat_history' | 'chat_delete', payload: unknown): void {
    this.#noteLocalId();
    if (event === 'chat') this.#heard(payload);
    else if (event === 'chat_history') this.#historyHeard(payload);
    else this.#deletionHeard(payload);
    this.#changed();
  }

  /**
   * Sends a message, trimmed; nothing but space is nothing. Resolves when everybody has it, which may take until the connection is back.
   * @throws GlasscastError `invalid` for more than {@link LIMITS.chatCharacters} characters; `limit` for too many messages, with
   *   `retry_after` in milliseconds among its details; `aborted` when it was given up
   */
  send(body: string): Promise<void> {
    const text = body.trim();
    if (text === '') return Promise.resolve();
    const { localId, localName, newId, now } = this.#options;
    const id = newId();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // The list shows it, too: whoever does not wait must not meet an unhandled rejection.
    promise.catch(() => undefined);
    this.#outcomes.set(id, { resolve, reject });
    this.#hold({ id, from: localId() ?? '', name: localName(), body: text, at: now(), own: true, state: 'sending' });
    if ([...text].length > LIMITS.chatCharacters) this.#fail(id, tooLong());
    else void this.#deliver(id);
    this.#changed();
    return promise;
  }

  /** Sends an own message again that did not get through. */
  retry(id: string): void {
    const entry = this.#held.get(id)?.entry;
    if (entry === undefined || entry.state === 'sent' || this.#underWay.has(id)) return;
    void this.#deliver(id);
    this.#changed();
  }

  /**
   * Deletes a message for everybody; one that was not sent is only forgotten here.
   * @throws GlasscastError `unauthorized` for the message of another one without the grant `moderate`; `network` when not joined
   */
  async delete(id: string): Promise<void> {
    const entry = this.#held.get(id)?.entry;
    if (entry === undefined) return;
    if (entry.state === 'sent') {
      await this.#options.push('chat_delete', { id }, { reply: AnythingSchema });
      this.#forget(id);
      return;
    }
    this.#held.delete(id);
    this.#settle(id, new GlasscastError('aborted', 'The message was given up.'));
    this.#changed();
  }

  /** The room was joined again: what met no connection is sent once more. */
  rejoined(): void {
    this.#join += 1;
    this.#noteLocalId();
    for (const { entry } of [...this.#held.values()]) {
      if (entry.state === 'sending' && !this.#underWay.has(entry.id)) void this.#deliver(entry.id);
    }
    this.#changed();
  }

  /** The room is left: what is still on its way is given up. */
  close(): void {
    for (const id of [...this.#outcomes.keys()]) this.#settle(id, new GlasscastError('aborted', 'The room was left.'));
    this.removeAllListeners();
  }

  async #deliver(id: string): Promise<void> {
    const entry = this.#held.get(id)?.entry;
    if (entry === undefined) return;
    const { localId, localName, push, now } = this.#options;
    const from = localId() ?? entry.from;
    const sent: ChatMessage = { id, from, name: localName(), body: entry.body, at: now() };
    this.#noteLocalId();
    this.#set(id, { ...sent, state: 'sending', error: undefined });
    this.#underWay.add(id);
    try {
      // A server that stamps messages takes `id` and `body`; a plain channel passes all of it on as it is.
      const { at } = await push('chat', sent, { reply: ReceiptSchema });
      this.#underWay.delete(id);
      if (at !== undefined) this.#kept = true;
      this.#confirm(id, at);
    } catch (cause) {
      this.#underWay.delete(id);
      this.#notTaken(id, cause);
    }
    this.#changed();
  }

  #confirm(id: string, at: number | undefined): void {
    const entry = this.#held.get(id)?.entry;
    if (entry === undefined || entry.state === 'sent') return;
    this.#set(id, { state: 'sent', error: undefined, at: at ?? this.#options.now() });
  }

  #notTaken(id: string, cause: unknown): void {
    // The broadcast may have come first.
    if (this.#held.get(id)?.entry.state === 'sent') return;
    const error = cause instanceof GlasscastError ? cause : new GlasscastError('server', String(cause), { cause });
    if (error.code !== 'network') this.#fail(id, error);
    else if (!this.#kept && this.#options.joined?.()) this.#confirm(id, undefined);
    else this.#set(id, { error: this.#failure(error) });
  }

  #heard(payload: unknown): void {
    const parsed = v.safeParse(ChatMessageSchema, payload);
    // Without a server's clock the page's own is the only one that all messages here can be ordered by.
    if (parsed.success) this.#merge(this.#kept ? parsed.output : { ...parsed.output, at: this.#options.now() });
    else this.#notUnderstood('chat', parsed.issues);
  }

  #historyHeard(payload: unknown): void {
    const parsed = v.safeParse(ChatHistorySchema, payload);
    if (!parsed.success) {
      this.#notUnderstood('chat_history', parsed.issues);
      return;
    }
    this.#kept = true;
    let oldest = Number.POSITIVE_INFINITY;
    const listed = new Set<string>();
    for (const message of parsed.output.messages) {
      const one = v.safeParse(ChatMessageSchema, message);
      if (!one.success) {
        this.#notUnderstood('chat_history', one.issues);
        continue;
      }
      oldest = Math.min(oldest, one.output.at);
      listed.add(one.output.id);
      this.#merge(one.output);
    }
    // What the server would list and does not has been deleted meanwhile. A server that began anew lists nothing as old as that.
    for (const [id, { entry, join }] of [...this.#held]) {
      if (entry.state === 'sent' && join < this.#join && entry.at >= oldest && !listed.has(id)) this.#held.delete(id);
    }
  }

  #deletionHeard(payload: unknown): void {
    const parsed = v.safeParse(ChatDeleteSchema, payload);
    if (parsed.success) this.#forget(parsed.output.id);
    else this.#notUnderstood('chat_delete', parsed.issues);
  }

  /** The first of an id stands; what the server made of an own message replaces what was sent. */
  #merge(heard: ChatMessage): void {
    if (this.#deleted.has(heard.id)) return;
    // A plain channel keeps to no limit.
    const message = { ...heard, name: clipped(heard.name, LIMITS.name), body: clipped(heard.body, LIMITS.chatCharacters) };
    const own = this.#localIds.has(message.from);
    const held = this.#held.get(message.id);
    if (held === undefined) this.#hold({ ...message, own, state: 'sent' });
    else if (held.entry.own && own) this.#set(message.id, { ...message, state: 'sent', error: undefined });
    else if (held.entry.state === 'sent') this.#set(message.id, {});
  }

  #forget(id: string): void {
    this.#held.delete(id);
    this.#deleted.add(id);
    const [oldest] = this.#deleted;
    if (this.#deleted.size > KEPT && oldest !== undefined) this.#deleted.delete(oldest);
    this.#changed();
  }

  #hold(entry: ChatEntry): void {
    this.#count += 1;
    this.#held.set(entry.id, { entry, order: this.#count, join: this.#join });
  }

  /** Keeps the object where nothing in it changes. */
  #set(id: string, change: Partial<ChatEntry>): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    const { error, ...entry } = { ...held.entry, ...change };
    const next: ChatEntry = error === undefined ? entry : { ...entry, error };
    this.#held.set(id, { ...held, entry: isSame(held.entry, next) ? held.entry : next, join: this.#join });
    if (next.state === 'sent') this.#settle(id);
  }

  #fail(id: string, error: GlasscastError): void {
    this.#set(id, { state: 'failed', error: this.#failure(error) });
    this.#settle(id, error);
  }

  #failure({ code, message, details }: GlasscastError): ChatFailure {
    const wait: unknown = Object(details).retry_after;
    return code === 'limit' && typeof wait === 'number' ? { code, message, retryAt: this.#options.now() + wait } : { code, message };
  }

  #settle(id: string, error?: GlasscastError): void {
    const outcome = this.#outcomes.get(id);
    this.#outcomes.delete(id);
    if (error === undefined) outcome?.resolve();
    else outcome?.reject(error);
  }

  #noteLocalId(): void {
    const id = this.#options.localId();
    if (id !== undefined) this.#localIds.add(id);
  }

  #notUnderstood(event: string, cause: unknown): void {
    this.emit('log', { message: `${event} was not understood`, cause });
  }

  #changed(): void {
    const sorted = [...this.#held.values()].sort(byTime);
    for (const { entry } of sorted.splice(0, Math.max(0, sorted.length - KEPT))) this.#held.delete(entry.id);
    const entries = sorted.map(({ entry }) => entry);
    if (entries.length === this.#entries.length && entries.every((entry, index) => entry === this.#entries[index])) return;
    this.#entries = entries;
    this.emit('change', entries);
  }
}

function byTime(one: Held, other: Held): number {
  const [pending, otherPending] = [one.entry.state !== 'sent', other.entry.state !== 'sent'];
  if (pending !== otherPending) return pending ? 1 : -1;
  if (pending) return one.order - other.order;
  return one.entry.at - other.entry.at || one.order - other.order;
}

function isSame(one: ChatEntry, other: ChatEntry): boolean {
  const keys: (keyof ChatEntry)[] = ['id', 'from', 'name', 'body', 'at', 'own', 'state', 'error'];
  return keys.every((key) => one[key] === other[key]);
}

function clipped(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = [...text.slice(0, 2 * most + 1)];
  return characters.length <= most ? text : `${characters.slice(0, most).join('')}…`;
}

function tooLong(): GlasscastError {
  return new GlasscastError('invalid', `A message has at most ${LIMITS.chatCharacters} characters.`);
}
