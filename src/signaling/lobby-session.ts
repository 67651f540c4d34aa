/**
 * The topic `lobby`: which rooms there are, who is in them, and making a new one.
 *
 *   joining ──▶ joined ⇄ reconnecting
 *      │           │          │
 *      └── refused, or closed by the server ──▶ failed
 */
import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import { LobbyReplySchema, type RoomSummary, RoomSummarySchema } from '../protocol/messages/lobby.ts';
import { LOBBY_TOPIC, NameSchema } from '../protocol/names.ts';
import type { ChannelSession } from './channel-session.ts';
import type { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import type { PresenceEntry } from './presence.ts';

export type LobbyState = 'joining' | 'joined' | 'reconnecting' | 'failed';

/** A room, and the names of those inside as far as they have any. */
export interface LobbyRoom extends RoomSummary {
  readonly names: readonly string[];
}

export interface LobbyEvents {
  state: LobbyState;
  /** The rooms, the newest first; those that have not changed stay the same objects. */
  rooms: readonly LobbyRoom[];
  /** The lobby is refused, or closed. */
  error: GlasscastError;
}

/** What is wrong with a room that was not made: `taken` is its slug. */
export type CreateRefusal = 'taken' | 'invalid' | 'unauthorized' | 'other';

export interface LobbySessionOptions {
  readonly connection: Connection;
  /** How the others in the lobby see this page's user. */
  readonly name: () => string | undefined;
}

const WhereaboutsSchema = v.object({
  name: v.optional(v.string(), ''),
  room: v.optional(v.nullable(v.string()), null),
});
type Whereabouts = v.InferOutput<typeof WhereaboutsSchema>;
const ClosedSchema = v.object({ slug: NameSchema });
const CreatedSchema = v.object({ slug: NameSchema });

export class LobbySession extends Emitter<LobbyEvents> {
  readonly #session: ChannelSession<v.InferOutput<typeof LobbyReplySchema>>;
  #state: LobbyState = 'joining';
  #summaries = new Map<string, RoomSummary>();
  #names = new Map<string, readonly string[]>();
  #rooms: readonly LobbyRoom[] = [];

  constructor({ connection, name }: LobbySessionOptions) {
    super();
    const params = (): Record<string, unknown> => {
      const given = name();
      return given === undefined ? {} : { name: given };
    };
    this.#session = connection.join(LOBBY_TOPIC, { params, reply: LobbyReplySchema });
    const session = this.#session;
    session.presence(WhereaboutsSchema).onChange((entries) => this.#presenceChanged(entries));
    session.on('room_created', RoomSummarySchema, (room) => this.#put(room));
    session.on('room_updated', RoomSummarySchema, (room) => this.#put(room));
    session.on('room_closed', ClosedSchema, ({ slug }) => {
      if (this.#summaries.delete(slug)) this.#changed();
    });
    session.joined.then(
      (reply) => this.#joined(reply.rooms),
      // A join that cannot even be tried has ended before anybody listened.
      (error: GlasscastError) => this.#failed(error),
    );
    session.onRejoin((reply) => this.#joined(reply.rooms));
    session.onDrop(() => this.#setState('reconnecting'));
    session.onEnd((error) => this.#failed(error));
  }

  get state(): LobbyState {
    return this.#state;
  }

  get rooms(): readonly LobbyRoom[] {
    return this.#rooms;
  }

  /**
   * Makes a room that lasts.
   * @param slug 1 to 63 of a-z, 0-9 and -; without one the server makes it of the title
   * @returns the room's slug
   * @throws GlasscastError which {@link refusalOf} explains
   */
  async create(title: string, slug?: string): Promise<string> {
    const room = slug === undefined ? { title } : { title, slug };
    return (await this.#session.push('create_room', room, { reply: CreatedSchema })).slug;
  }

  leave(): void {
    this.removeAllListeners();
    void this.#session.leave();
  }

  #joined(rooms: readonly RoomSummary[]): void {
    this.#summaries = new Map(rooms.map((room) => [room.slug, room]));
    this.#changed();
    this.#setState('joined');
  }

  /** What is new comes first; what is known keeps its place. */
  #put(room: RoomSummary): void {
    const known = this.#summaries.has(room.slug);
    this.#summaries = new Map(known ? this.#summaries.set(room.slug, room) : [[room.slug, room], ...this.#summaries]);
    this.#changed();
  }

  #presenceChanged(entries: readonly PresenceEntry<Whereabouts>[]): void {
    const names = new Map<string, string[]>();
    for (const { name, room } of entries.flatMap(({ metas }) => metas)) {
      if (room === null || name === '') continue;
      names.set(room, [...(names.get(room) ?? []), name]);
    }
    this.#names = names;
    this.#changed();
  }

  #changed(): void {
    const before = new Map(this.#rooms.map((room) => [room.slug, room]));
    const rooms = Array.from(this.#summaries.values(), (summary): LobbyRoom => {
      const room = { ...summary, names: this.#names.get(summary.slug) ?? [] };
      const known = before.get(summary.slug);
      return known !== undefined && isSame(known, room) ? known : room;
    });
    if (rooms.length === this.#rooms.length && rooms.every((room, index) => room === this.#rooms[index])) return;
    this.#rooms = rooms;
    this.emit('rooms', rooms);
  }

  #failed(error: GlasscastError): void {
    if (this.#state === 'failed') return;
    this.#setState('failed');
    this.emit('error', error);
  }

  #setState(state: LobbyState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

export function refusalOf(error: unknown): CreateRefusal {
  if (!(error instanceof GlasscastError)) return 'other';
  if (Object(error.details).reason === 'taken') return 'taken';
  return error.code === 'invalid' || error.code === 'unauthorized' ? error.code : 'other';
}

function isSame(one: LobbyRoom, other: LobbyRoom): boolean {
  return (
    one.title === other.title &&
    one.peers === other.peers &&
    one.max_peers === other.max_peers &&
    one.names.length === other.names.length &&
    one.names.every((name, index) => name === other.names[index])
  );
}
