import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { RoomRecord } from './room-store.ts';

/** As many as ten sockets can join: beyond a server's calls, within its memory. */
const MOST = 1_000;
/** Long enough for a reload of every page in it; whoever comes later makes it anew. */
export const EMPTY_LIFE: Milliseconds = 5 * 60_000;

interface PassingRoom {
  readonly record: RoomRecord;
  cancel: CancelTimer;
}

/**
 * Rooms that nobody made but that somebody joined. Anyone may make them, so they are never written down:
 *
 *   occupied ──the last has left──▶ empty ──EMPTY_LIFE──▶ gone
 *       ▲───────somebody joins────────┘
 */
export class PassingRooms {
  readonly #clock: Clock;
  readonly #gone: (slug: string) => void;
  readonly #rooms = new Map<string, PassingRoom>();

  constructor(clock: Clock, gone: (slug: string) => void) {
    this.#clock = clock;
    this.#gone = gone;
  }

  get full(): boolean {
    return this.#rooms.size >= MOST;
  }

  find(slug: string): RoomRecord | null {
    return this.#rooms.get(slug)?.record ?? null;
  }

  list(): RoomRecord[] {
    return [...this.#rooms.values()].map(({ record }) => record);
  }

  add(record: RoomRecord): void {
    this.#rooms.set(record.slug, { record, cancel: () => undefined });
  }

  occupied(slug: string): void {
    this.#rooms.get(slug)?.cancel();
  }

  emptied(slug: string): void {
    const room = this.#rooms.get(slug);
    if (room === undefined) return;
    room.cancel();
    room.cancel = this.#clock.after(EMPTY_LIFE, () => {
      this.#rooms.delete(slug);
      this.#gone(slug);
    });
  }

  /** Ends the room now; `gone` is not called. */
  delete(slug: string): boolean {
    this.#rooms.get(slug)?.cancel();
    return this.#rooms.delete(slug);
  }

  close(): void {
    for (const { cancel } of this.#rooms.values()) cancel();
    this.#rooms.clear();
  }
}
