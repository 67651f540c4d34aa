/** All rooms: the lasting ones in the store, and the calls that go on in them now. */
import { randomBytes } from 'node:crypto';
import { LOBBY_TOPIC, type RoomSummary, slugify } from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
import { Presence } from '../pubsub/presence.ts';
import type { PubSub } from '../pubsub/pubsub.ts';
import { Call, type CallChange } from './call.ts';
import type { RoomRecord, RoomStore } from './room-store.ts';

/** Rooms in one answer; a server with more is browsed by name. */
const LISTED = 500;

export interface RoomsOptions {
  readonly store: RoomStore;
  readonly clock: Clock;
  readonly pubsub: PubSub;
  /** The server's own limit, which no room exceeds. */
  readonly maxPeers: number;
  readonly autoCreate: boolean;
}

export interface NewRoom {
  readonly title: string;
  readonly slug?: string | undefined;
  readonly max_peers?: number | undefined;
}

export type Creation =
  | { readonly ok: true; readonly room: RoomSummary }
  | { readonly ok: false; readonly reason: 'taken' | 'unauthorized' };

export class Rooms {
  /** Who is where, for those in the lobby. */
  readonly lobby: Presence;
  readonly #options: RoomsOptions;
  readonly #calls = new Map<string, Call>();
  readonly #inLobby = new Map<string, { readonly key: string; readonly ref: string }>();
  readonly #newRef: () => string;

  constructor(options: RoomsOptions) {
    this.#options = options;
    const run = randomBytes(6).toString('base64url');
    let count = 0;
    this.#newRef = () => `${run}${(++count).toString(36)}`;
    this.lobby = new Presence(this.#newRef);
  }

  /** Rooms that the principal may see, the newest first. */
  list(principal: Principal): RoomSummary[] {
    return this.#options.store
      .list(LISTED)
      .filter(({ slug }) => may(principal, 'join', { room: slug }))
      .map((room) => this.#summary(room));
  }

  find(slug: string): RoomSummary | null {
    const room = this.#options.store.find(slug);
    return room === null ? null : this.#summary(room);
  }

  create(principal: Principal, { title, slug, max_peers }: NewRoom): Creation {
    const chosen = slug ?? slugify(title) ?? `room-${randomBytes(5).toString('hex')}`;
    if (!may(principal, 'create', { room: chosen })) return { ok: false, reason: 'unauthorized' };
    const room = this.#insert({ slug: chosen, title, maxPeers: max_peers ?? this.#options.maxPeers, owner: principal.sub });
    return room === null ? { ok: false, reason: 'taken' } : { ok: true, room };
  }

  /** The call in a room; null where there is no such room and joining does not make one. */
  call(slug: string): Call | null {
    const ongoing = this.#calls.get(slug);
    if (ongoing !== undefined) return ongoing;
    const room =
      this.find(slug) ??
      (this.#options.autoCreate ? this.#insert({ slug, title: slug, maxPeers: this.#options.maxPeers, owner: null }) : null);
    if (room === null) return null;
    const call = new Call({
      slug,
      maxPeers: room.max_peers,
      clock: this.#options.clock,
      pubsub: this.#options.pubsub,
      newRef: this.#newRef,
      changed: (change) => this.#changed(slug, change),
    });
    this.#calls.set(slug, call);
    return call;
  }

  /** Forgets a call that nobody is in any more. */
  release(slug: string): void {
    if (this.#calls.get(slug)?.size === 0) this.#calls.delete(slug);
  }

  /** How many calls are held in memory. */
  get ongoing(): number {
    return this.#calls.size;
  }

  close(): void {
    for (const call of this.#calls.values()) call.close();
    this.#calls.clear();
    this.#options.store.close();
  }

  #insert(room: Omit<RoomRecord, 'createdAt'>): RoomSummary | null {
    const record = { ...room, maxPeers: Math.min(room.maxPeers, this.#options.maxPeers), createdAt: this.#options.clock.now() };
    if (!this.#options.store.insert(record)) return null;
    const summary = this.#summary(record);
    this.#tellLobby('room_created', summary, room.slug);
    return summary;
  }

  #summary({ slug, title, maxPeers }: RoomRecord): RoomSummary {
    // A server restarted with a lower --max-peers keeps to it in older rooms too.
    return { slug, title, peers: this.#calls.get(slug)?.size ?? 0, max_peers: Math.min(maxPeers, this.#options.maxPeers) };
  }

  #changed(slug: string, { kind, peer }: CallChange): void {
    this.#trackInLobby(slug, kind, peer);
    const summary = kind === 'renamed' ? null : this.find(slug);
    if (summary !== null) this.#tellLobby('room_updated', summary, slug);
    this.release(slug);
  }

  #trackInLobby(slug: string, kind: CallChange['kind'], peer: CallChange['peer']): void {
    const id = `${slug}/${peer.id}`;
    const tracked = this.#inLobby.get(id);
    if (kind === 'gone') {
      this.#inLobby.delete(id);
      const diff = tracked === undefined ? null : this.lobby.untrack(tracked.key, tracked.ref);
      if (diff !== null) this.#tellLobby('presence_diff', { ...diff }, slug);
      return;
    }
    const key = tracked?.key ?? peer.userId ?? peer.id;
    const meta = { name: peer.name, room: slug };
    const { ref, diff } = tracked === undefined ? this.lobby.track(key, meta) : this.lobby.update(key, tracked.ref, meta);
    this.#inLobby.set(id, { key, ref });
    this.#tellLobby('presence_diff', { ...diff }, slug);
  }

  #tellLobby(event: string, payload: Record<string, unknown>, room: string): void {
    this.#options.pubsub.publish(LOBBY_TOPIC, { frame: broadcastFrame(LOBBY_TOPIC, event, payload), room });
  }
}
