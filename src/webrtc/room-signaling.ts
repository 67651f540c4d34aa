import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import {
  AnswerSchema,
  ByeSchema,
  ClosedSchema,
  IceSchema,
  KickedSchema,
  MutedSchema,
  NewSchema,
  OfferSchema,
  PeerIdSchema,
  PeerMetaSchema,
  PingSchema,
  type RoomReply,
  RoomReplySchema,
  StateSchema,
} from '../protocol/messages/room.ts';
import { roomTopic } from '../protocol/names.ts';
import type { ChannelSession } from '../signaling/channel-session.ts';
import type { Connection } from '../signaling/connection.ts';
import type { Presence } from '../signaling/presence.ts';
import type { Mesh, MeshMessage } from './mesh.ts';

/**
 * The topic `room:<slug>` as the mesh sees it. Two kinds of server speak it: ours, which gives ids, stamps senders, addresses
 * messages and keeps presence; and a plain Phoenix channel, which hands every message to everybody else. With the second the client
 * makes its own id, says who it is in each message, and ignores what is meant for others.
 */
export interface PlainReply {
  readonly peer_id?: undefined;
}

export type JoinReply = RoomReply | PlainReply;

const PlainReplySchema: v.GenericSchema<unknown, PlainReply> = v.pipe(
  v.unknown(),
  v.transform((): PlainReply => ({})),
);

export const JoinReplySchema: v.GenericSchema<unknown, JoinReply> = v.lazy((reply): v.GenericSchema<unknown, JoinReply> => {
  const ours = typeof reply === 'object' && reply !== null && 'peer_id' in reply;
  return ours ? RoomReplySchema : PlainReplySchema;
});

/** How peers of a plain channel learn each other's names and mutes. */
const PlainStateSchema = v.object({ from: PeerIdSchema, name: v.optional(v.string(), ''), ...StateSchema.entries });
export type PlainState = v.InferOutput<typeof PlainStateSchema>;

export type RoomPresence = Presence<v.InferOutput<typeof PeerMetaSchema>>;

export interface RoomTopic {
  readonly session: ChannelSession<JoinReply>;
  readonly presence: RoomPresence;
}

export function joinRoomTopic(connection: Connection, room: string, params: () => Record<string, unknown>, signal: AbortSignal): RoomTopic {
  const session = connection.join(roomTopic(room), { params, reply: JoinReplySchema, signal });
  return { session, presence: session.presence(PeerMetaSchema) };
}

const CHAT_EVENTS = ['chat', 'chat_history', 'chat_delete'] as const;

/** A message about the chat, as it came: whoever shows it looks into it. */
export interface ChatEvent {
  readonly event: (typeof CHAT_EVENTS)[number];
  readonly payload: unknown;
}

export type Muted = v.InferOutput<typeof MutedSchema>;

export interface RoomEvents {
  /** Undefined until the id is known; messages before that cannot be for us. */
  readonly mesh: () => Mesh | undefined;
  readonly plainState: (state: PlainState) => void;
  readonly chat: (event: ChatEvent) => void;
  readonly muted: (muted: Muted) => void;
  /** Said before the channel is closed by somebody. */
  readonly dismissed: (error: GlasscastError) => void;
}

/** Hands each message of the topic to the mesh. */
export function routeRoomEvents(session: ChannelSession<JoinReply>, { mesh, plainState, chat, muted, dismissed }: RoomEvents): void {
  /** Of what everybody hears, only what is meant for us. */
  const directed =
    <M extends { from?: string | undefined; to: string }>(act: (mesh: Mesh, from: string, message: M) => void) =>
    (message: M): void => {
      const target = mesh();
      if (message.from !== undefined && message.to === target?.localId) act(target, message.from, message);
    };
  session.on('new', NewSchema, ({ from }) => mesh()?.handleNew(from));
  session.on('bye', ByeSchema, ({ from }) => mesh()?.handleBye(from));
  session.on(
    'ping',
    PingSchema,
    directed((to, from) => to.handlePing(from)),
  );
  session.on(
    'offer',
    OfferSchema,
    directed((to, from, { n, sdp }) => to.handleOffer(from, n, sdp.sdp)),
  );
  session.on(
    'answer',
    AnswerSchema,
    directed((to, from, { n, sdp }) => to.handleAnswer(from, n, sdp.sdp)),
  );
  session.on(
    'ice',
    IceSchema,
    directed((to, from, { n, candidate }) => to.handleCandidate(from, n, candidate)),
  );
  session.on('state', PlainStateSchema, plainState);
  for (const event of CHAT_EVENTS) session.on(event, v.unknown(), (payload) => chat({ event, payload }));
  session.on('mute', MutedSchema, muted);
  session.on('kick', KickedSchema, () => dismissed(new GlasscastError('kicked', 'You were removed from this room by a moderator.')));
  session.on('close', ClosedSchema, () => dismissed(new GlasscastError('room-closed', 'A moderator has closed this room.')));
}

/** Sends what the mesh has to say; `from` is overwritten by a server that stamps it. */
export function sendMeshMessage(session: ChannelSession<JoinReply>, from: string, message: MeshMessage): boolean {
  const { event, ...payload } = message;
  return session.cast(event, { from, ...payload });
}
