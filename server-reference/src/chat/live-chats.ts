/** The chats beside streams: everyone who watches may write, in slow mode, under a name of their own. */
import { randomBytes } from 'node:crypto';
import { type ChatMessage, liveTopic, type Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
import type { Frame, PubSub } from '../pubsub/pubsub.ts';
import { freeName, nameKey } from '../rooms/unique-name.ts';
import { type Deletion, LIVE_CHAT, type Posting } from './chat-room.ts';
import { Chats } from './chats.ts';

/** A chat is kept for this long after its last viewer. */
const IDLE_LIFE: Milliseconds = 5 * 60_000;
/** All of them together, in UTF-16 code units. */
const BUDGET = 16 * 1024 * 1024;

/** Who goes by a name. All pages of one token subject may share theirs. */
interface NameHolder {
  readonly sub: string | null;
  pages: number;
}

interface Audience {
  readonly names: Map<string, NameHolder>;
  size: number;
}

export interface LiveChatOptions {
  readonly clock: Clock;
  readonly pubsub: PubSub;
}

export class LiveChats {
  readonly #pubsub: PubSub;
  readonly #chats: Chats;
  readonly #audiences = new Map<string, Audience>();

  constructor({ clock, pubsub }: LiveChatOptions) {
    this.#pubsub = pubsub;
    this.#chats = new Chats(clock, IDLE_LIFE, BUDGET, LIVE_CHAT);
  }

  /** How many chats are held. */
  get size(): number {
    return this.#chats.size;
  }

  /** A viewer has come; it hears nothing before `listen`, and counts until `leave`. */
  enter(stream: string, wanted: string, sub: string | null): LiveChatter {
    const chat = this.#chats.open(stream);
    const audience = this.#audiences.get(stream) ?? { names: new Map<string, NameHolder>(), size: 0 };
    this.#audiences.set(stream, audience);
    audience.size++;
    const topic = liveTopic(stream);
    const publish = (event: string, payload: Record<string, unknown>): void => {
      this.#chats.changed(stream);
      this.#pubsub.publish(topic, { frame: broadcastFrame(topic, event, payload) });
    };
    const chatter: LiveChatter = {
      id: randomBytes(12).toString('base64url'),
      sub,
      name: claim(audience.names, wanted, sub),
      listen: (send) => {
        const unsubscribe = this.#pubsub.subscribe(topic, ({ frame }) => send(frame));
        send(broadcastFrame(topic, 'chat_history', { messages: chat.history }));
        return unsubscribe;
      },
      rename: (name) => {
        release(audience.names, chatter.name);
        chatter.name = claim(audience.names, name, sub);
        return chatter.name;
      },
      post: (message) => {
        const posting = chat.post(chatter, message);
        if (posting.ok && posting.message !== null) publish('chat', { ...(posting.message satisfies ChatMessage) });
        return posting;
      },
      delete: (id, moderates) => {
        const deletion = chat.delete(id, chatter, moderates);
        if (deletion === 'deleted') publish('chat_delete', { id });
        return deletion;
      },
      leave: () => {
        release(audience.names, chatter.name);
        audience.size--;
        if (audience.size > 0) return;
        this.#audiences.delete(stream);
        this.#chats.idle(stream);
      },
    };
    return chatter;
  }

  close(): void {
    this.#chats.close();
  }
}

/** One viewer in the chat of a stream. */
export interface LiveChatter {
  readonly id: string;
  readonly sub: string | null;
  /** Unique among those who watch; empty for who gave none. */
  name: string;
  /** Sends what has been said, then what is said, until the returned function is called. */
  listen(send: (frame: Frame) => void): () => void;
  rename(name: string): string;
  post(message: { readonly id: string; readonly body: string }): Posting;
  delete(id: string, moderates: boolean): Deletion;
  /** Call once. */
  leave(): void;
}

function claim(names: Map<string, NameHolder>, wanted: string, sub: string | null): string {
  const isTaken = (key: string): boolean => {
    const holder = names.get(key);
    return holder !== undefined && (sub === null || holder.sub !== sub);
  };
  const name = freeName(wanted, isTaken);
  if (name === '') return name;
  const holder = names.get(nameKey(name));
  if (holder === undefined) names.set(nameKey(name), { sub, pages: 1 });
  else holder.pages++;
  return name;
}

function release(names: Map<string, NameHolder>, name: string): void {
  const holder = names.get(nameKey(name));
  if (holder === undefined) return;
  holder.pages--;
  if (holder.pages === 0) names.delete(nameKey(name));
}
