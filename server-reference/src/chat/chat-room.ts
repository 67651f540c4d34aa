/** What has been said in one room: the last messages, who wrote which id, and how fast each author writes. */
import { type ChatMessage, LIMITS, type Milliseconds, type PeerId } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { WritingPace } from './writing-pace.ts';

/**
 * Ids remembered beyond the history: a message that is sent again after a drop is known although others have pushed it out, and one
 * that a page still shows can be deleted.
 */
const KNOWN_IDS = 5 * LIMITS.chatHistory;
/** How much is shown to newcomers, and how fast one author may write. */
export interface ChatLimits {
  readonly history: number;
  readonly burst: number;
  readonly burstMs: Milliseconds;
}

export const ROOM_CHAT: ChatLimits = { history: LIMITS.chatHistory, burst: LIMITS.chatBurst, burstMs: LIMITS.chatBurstMs };
/** Slow mode: a crowd writes. */
export const LIVE_CHAT: ChatLimits = { history: LIMITS.liveChatHistory, burst: 1, burstMs: LIMITS.liveChatPaceMs };

/** What a message takes beside its text, in UTF-16 code units. */
const OVERHEAD = 256;

export interface Author {
  readonly id: PeerId;
  /** The token's subject: all peers of one subject are one author. */
  readonly sub: string | null;
  readonly name: string;
}

export type Posting =
  | { readonly ok: true; readonly message: ChatMessage }
  /** This author has sent this id before: nothing has changed. */
  | { readonly ok: true; readonly message: null; readonly at: Milliseconds }
  /** Another author has used this id. */
  | { readonly ok: false; readonly reason: 'invalid' }
  | { readonly ok: false; readonly reason: 'limit'; readonly retryAfter: Milliseconds };

/** `gone`: it was deleted before. `unknown`: there was none, or it is too old to be remembered. */
export type Deletion = 'deleted' | 'gone' | 'unauthorized' | 'unknown';

interface KnownId {
  readonly author: string;
  readonly at: Milliseconds;
  deleted: boolean;
}

export class ChatRoom {
  readonly #clock: Clock;
  readonly #limits: ChatLimits;
  readonly #pace: WritingPace;
  readonly #known = new Map<string, KnownId>();
  #history: ChatMessage[] = [];
  #lastAt: Milliseconds = 0;

  constructor(clock: Clock, limits = ROOM_CHAT) {
    this.#clock = clock;
    this.#limits = limits;
    this.#pace = new WritingPace(clock, limits.burst, limits.burstMs);
  }

  /** The last of them, the oldest first. */
  get history(): readonly ChatMessage[] {
    return this.#history;
  }

  /** Ids that were deleted and that a page which was away may still show. */
  get deleted(): string[] {
    return [...this.#known].flatMap(([id, { deleted }]) => (deleted ? [id] : []));
  }

  /** What the history takes, in UTF-16 code units. */
  get weight(): number {
    return this.#history.reduce((sum, { body, name }) => sum + body.length + name.length + OVERHEAD, 0);
  }

  post(author: Author, { id, body }: { readonly id: string; readonly body: string }): Posting {
    const writer = keyOf(author);
    const known = this.#known.get(id);
    if (known !== undefined) return known.author === writer ? { ok: true, message: null, at: known.at } : { ok: false, reason: 'invalid' };
    const retryAfter = this.#pace.write(writer);
    if (retryAfter > 0) return { ok: false, reason: 'limit', retryAfter };
    // Never earlier than the message before it, although clocks are set back.
    const at = Math.max(this.#clock.now(), this.#lastAt);
    this.#lastAt = at;
    const message: ChatMessage = { id, from: author.id, name: author.name, body, at };
    this.#history.push(message);
    if (this.#history.length > this.#limits.history) this.#history.shift();
    this.#known.set(id, { author: writer, at, deleted: false });
    const [oldest] = this.#known.size > KNOWN_IDS ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    return { ok: true, message };
  }

  /** By its author, or by whoever may moderate. */
  delete(id: string, by: Author, moderates: boolean): Deletion {
    const known = this.#known.get(id);
    if (known === undefined) return 'unknown';
    if (known.author !== keyOf(by) && !moderates) return 'unauthorized';
    if (known.deleted) return 'gone';
    known.deleted = true;
    this.#history = this.#history.filter((message) => message.id !== id);
    return 'deleted';
  }

  /** Lets the older half of the history go. */
  shed(): void {
    this.#history.splice(0, Math.ceil(this.#history.length / 2));
  }
}

const keyOf = ({ id, sub }: Author): string => (sub === null ? `peer ${id}` : `sub ${sub}`);
