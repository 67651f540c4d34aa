import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { type ChatLimits, ChatRoom, ROOM_CHAT } from './chat-room.ts';

/** All histories together, in UTF-16 code units: some hundred rooms full of the longest messages, thousands of ordinary ones. */
const BUDGET = 32 * 1024 * 1024;

interface HeldChat {
  readonly chat: ChatRoom;
  weight: number;
  cancel: CancelTimer;
}

/**
 * The chats of all rooms or of all streams, in memory alone. One lives as long as somebody is in its room, and a while longer, so that a reload of
 * everybody loses nothing:
 *
 *   open ──the last has left──▶ idle ──idleLife──▶ gone
 *     ▲──────somebody joins───────┘
 */
export class Chats {
  readonly #clock: Clock;
  readonly #idleLife: Milliseconds;
  readonly #budget: number;
  readonly #limits: ChatLimits;
  readonly #held = new Map<string, HeldChat>();
  #weight = 0;

  constructor(clock: Clock, idleLife: Milliseconds, budget = BUDGET, limits = ROOM_CHAT) {
    this.#limits = limits;
    this.#clock = clock;
    this.#idleLife = idleLife;
    this.#budget = budget;
  }

  /** How many are held. */
  get size(): number {
    return this.#held.size;
  }

  open(slug: string): ChatRoom {
    const held = this.#held.get(slug);
    if (held !== undefined) {
      held.cancel();
      return held.chat;
    }
    const chat = new ChatRoom(this.#clock, this.#limits);
    this.#held.set(slug, { chat, weight: 0, cancel: () => undefined });
    return chat;
  }

  /** The last has left the room. */
  idle(slug: string): void {
    const held = this.#held.get(slug);
    if (held === undefined) return;
    held.cancel();
    if (held.weight === 0) this.forget(slug);
    else held.cancel = this.#clock.after(this.#idleLife, () => this.forget(slug));
  }

  forget(slug: string): void {
    const held = this.#held.get(slug);
    if (held === undefined) return;
    held.cancel();
    this.#held.delete(slug);
    this.#weight -= held.weight;
  }

  /** A chat has changed: where all of them are too much, the fullest lets its older half go. */
  changed(slug: string): void {
    const held = this.#held.get(slug);
    if (held === undefined) return;
    this.#weigh(held);
    while (this.#weight > this.#budget) {
      const fullest = this.#fullest(held);
      fullest.chat.shed();
      this.#weigh(fullest);
    }
  }

  close(): void {
    for (const { cancel } of this.#held.values()) cancel();
    this.#held.clear();
    this.#weight = 0;
  }

  #weigh(held: HeldChat): void {
    const weight = held.chat.weight;
    this.#weight += weight - held.weight;
    held.weight = weight;
  }

  #fullest(start: HeldChat): HeldChat {
    let fullest = start;
    for (const held of this.#held.values()) if (held.weight > fullest.weight) fullest = held;
    return fullest;
  }
}
