/** `lobby` (docs/protocol.md): which rooms there are and who is in them, as far as the token may see. */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { CreateRoomSchema, describeIssues, LIMITS, LOBBY_TOPIC, LobbyJoinSchema } from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
import type { PubSub } from '../pubsub/pubsub.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { type Body, type Channel, type ChannelFamily, type ChannelPort, ok, type Reply, refuse } from '../socket/channel.ts';

export interface LobbyOptions {
  readonly rooms: Rooms;
  readonly pubsub: PubSub;
}

/** Names of people are not for everyone who can reach the server: only for those who may join or make some room. */
function mayEnter({ publicCan, grants }: Principal): boolean {
  const capabilities = ['join', 'create', 'moderate', 'operate'] as const;
  return capabilities.some((capability) => publicCan.has(capability) || grants.some(({ can }) => can.includes(capability)));
}

export function lobbyFamily({ rooms, pubsub }: LobbyOptions): ChannelFamily {
  return {
    family: LOBBY_TOPIC,
    maxTextBytes: LIMITS.textFrameBytes,
    join(params, port) {
      const parsed = v.safeParse(LobbyJoinSchema, params);
      if (!parsed.success) return { ok: false, response: { reason: 'invalid', details: describeIssues(parsed.issues) } };
      if (!mayEnter(port.principal)) return { ok: false, response: { reason: 'unauthorized' } };
      const name = port.principal.name ?? parsed.output.name ?? '';
      return { ok: true, response: { rooms: rooms.list(port.principal) }, channel: new LobbyChannel(rooms, pubsub, port, name) };
    },
  };
}

class LobbyChannel implements Channel {
  readonly #rooms: Rooms;
  readonly #pubsub: PubSub;
  readonly #port: ChannelPort;
  readonly #name: string;
  readonly #key: string;
  #presenceRef: string | null = null;
  #unsubscribe: () => void = () => undefined;

  constructor(rooms: Rooms, pubsub: PubSub, port: ChannelPort, name: string) {
    this.#rooms = rooms;
    this.#pubsub = pubsub;
    this.#port = port;
    this.#name = name;
    this.#key = port.principal.sub ?? `guest-${randomBytes(9).toString('base64url')}`;
  }

  joined(): void {
    this.#unsubscribe = this.#pubsub.subscribe(LOBBY_TOPIC, ({ frame, room, except }) => {
      if (except !== this.#presenceRef && (room === undefined || this.#sees(room))) this.#port.send(frame);
    });
    const { ref, diff } = this.#rooms.lobby.track(this.#key, { name: this.#name, room: null });
    this.#presenceRef = ref;
    this.#port.push(
      'presence_state',
      this.#rooms.lobby.state(({ room }) => typeof room !== 'string' || this.#sees(room)),
    );
    this.#pubsub.publish(LOBBY_TOPIC, { frame: broadcastFrame(LOBBY_TOPIC, 'presence_diff', { ...diff }), except: ref });
  }

  handle(event: string, payload: Body): Reply {
    if (event !== 'create_room') return refuse('invalid', { details: [{ path: 'event', message: 'the lobby knows create_room' }] });
    const parsed = v.safeParse(CreateRoomSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    const creation = this.#rooms.create(this.#port.principal, parsed.output);
    return creation.ok ? ok({ slug: creation.room.slug }) : refuse(creation.reason);
  }

  left(): void {
    this.#unsubscribe();
    const diff = this.#presenceRef === null ? null : this.#rooms.lobby.untrack(this.#key, this.#presenceRef);
    if (diff !== null) this.#pubsub.publish(LOBBY_TOPIC, { frame: broadcastFrame(LOBBY_TOPIC, 'presence_diff', { ...diff }) });
  }

  #sees(room: string): boolean {
    return may(this.#port.principal, 'join', { room });
  }
}
