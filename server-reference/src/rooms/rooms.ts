/** All rooms: the lasting ones in the store, those that joining made, and the calls that go on in them now. */
import { randomBytes } from 'node:crypto';
import { LOBBY_TOPIC, type PeerId, type RoomSummary, slugify } from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import { Chats } from '../chat/chats.ts';
import type { Clock } from '../clock.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
import { Presence } from '../pubsub/presence.ts';
import type { PubSub } from '../pubsub/pubsub.ts';
import { Bans } from './bans.ts';
import { type Arrival, Call, type CallChange, type Kick } from './call.ts';
import { EMPTY_LIFE, PassingRooms } from './passing-rooms.ts';
import type { RoomRecord, RoomStore } from './room-store.ts';

/** Rooms in one answer; a server with more is browsed by name. */
const LISTED = 500;
/** Lasting rooms; in development anyone may make them. */
const MOST_LASTING = 10_000;

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
  | { readonly ok: false; readonly reason: 'taken' | 'unauthorized' | 'limit' };

export type CallOutcome = { readonly ok: true; readonly call: Call } | { readonly ok: false; readonly reason: 'room-not-found' | 'limit' };

export class Rooms {
  /** Who is where, for those in the lobby. */
  readonly lobby: Presence;
  readonly #options: RoomsOptions;
  readonly #passing: PassingRooms;
  readonly #chats: Chats;
  readonly #bans: Bans;
  readonly #calls = new Map<string, Call>();
  readonly #inLobby = new Map<string, { readonly key: string; readonly ref: string }>();
  readonly #newRef: () => string;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#passing = new PassingRooms(options.clock, (slug) => this.#tellLobby('room_closed', { slug }, slug));
    this.#chats = new Chats(options.clock, EMPTY_LIFE);
    this.#bans = new Bans(options.clock);
    const run = randomBytes(6).toString('base64url');
    let count = 0;
    this.#newRef = () => `${run}${(++count).toString(36)}`;
    this.lobby = new Presence(this.#newRef);
  }

  /** Rooms that the principal may see, the newest first. */
  list(principal: Principal): RoomSummary[] {
    return [...this.#passing.list(), ...this.#options.store.list(LISTED)]
      .filter(({ slug }) => may(principal, 'join', { room: slug }))
      .sort((a, b) => b.createdAt - a.createdAt)
      .slice(0, LISTED)
      .map((room) => this.#summary(room));
  }

  find(slug: string): RoomSummary | null {
    const room = this.#passing.find(slug) ?? this.#options.store.find(slug);
    return room === null ? null : this.#summary(room);
  }

  create(principal: Principal, { title, slug, max_peers }: NewRoom): Creation {
    const chosen = slug ?? slugify(title) ?? `room-${randomBytes(5).toString('hex')}`;
    if (!may(principal, 'create', { room: chosen })) return { ok: false, reason: 'unauthorized' };
    if (this.#options.store.count >= MOST_LASTING) return { ok: false, reason: 'limit' };
    const room = this.#record(chosen, title, max_peers, principal.sub);
    if (this.#passing.find(chosen) !== null || !this.#options.store.insert(room)) return { ok: false, reason: 'taken' };
    return { ok: true, room: this.#created(room) };
  }

  /** The call in a room, which joining makes where the server lets it. */
  call(slug: string): CallOutcome {
    this.#passing.occupied(slug);
    const ongoing = this.#calls.get(slug);
    if (ongoing !== undefined) return { ok: true, call: ongoing };
    let room = this.find(slug);
    if (room === null) {
      if (!this.#options.autoCreate) return { ok: false, reason: 'room-not-found' };
      if (this.#passing.full) return { ok: false, reason: 'limit' };
      const record = this.#record(slug, slug, undefined, null);
      this.#passing.add(record);
      room = this.#created(record);
    }
    const call = new Call({
      slug,
      maxPeers: room.max_peers,
      chat: this.#chats.open(slug),
      clock: this.#options.clock,
      pubsub: this.#options.pubsub,
      newRef: this.#newRef,
      changed: (change) => this.#changed(slug, change),
    });
    this.#calls.set(slug, call);
    return { ok: true, call };
  }

  /** Forgets a call that nobody is in any more. */
  release(slug: string): void {
    if (this.#calls.get(slug)?.size !== 0) return;
    this.#calls.delete(slug);
    this.#passing.emptied(slug);
    this.#chats.idle(slug);
  }

  /** Whether somebody was kicked out of the room and has to stay outside. Who is inside may come back to their place. */
  bars(slug: string, arrival: Arrival): boolean {
    // Two people without tokens and behind one address are the same to a ban; the one who was not kicked still has a place.
    return this.#bans.has(slug, arrival) && this.#calls.get(slug)?.expects(arrival) !== true;
  }

  /** Puts a person out of the call in a room, and keeps them out for a while. */
  kick(slug: string, id: PeerId, from: PeerId): Kick {
    const kick: Kick = this.#calls.get(slug)?.kick(id, from) ?? { ok: false, reason: 'no-peer' };
    if (kick.ok) this.#bans.add(slug, kick.person);
    return kick;
  }

  /** Ends the call in a room and forgets the room, a lasting one too. */
  end(slug: string, from: PeerId): void {
    // First what can fail: then nothing has changed.
    const lasted = this.#options.store.delete(slug);
    const passed = this.#passing.delete(slug);
    const call = this.#calls.get(slug);
    this.#calls.delete(slug);
    this.#chats.forget(slug);
    call?.end(from);
    if (lasted || passed) this.#tellLobby('room_closed', { slug }, slug);
  }

  /** A message was added to the chat of a room. */
  chatted(slug: string): void {
    this.#chats.changed(slug);
  }

  /** How many calls are held in memory. */
  get ongoing(): number {
    return this.#calls.size;
  }

  close(): void {
    for (const call of this.#calls.values()) call.close();
    this.#calls.clear();
    this.#chats.close();
    this.#passing.close();
    this.#options.store.close();
  }

  #record(slug: string, title: string, maxPeers: number | undefined, owner: string | null): RoomRecord {
    const limit = this.#options.maxPeers;
    return { slug, title, maxPeers: Math.min(maxPeers ?? limit, limit), owner, createdAt: this.#options.clock.now() };
  }

  #created(record: RoomRecord): RoomSummary {
    const summary = this.#summary(record);
    this.#tellLobby('room_created', summary, record.slug);
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
