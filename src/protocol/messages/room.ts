import * as v from 'valibot';
import { LIMITS } from '../limits.ts';
import { TitleSchema } from '../names.ts';
import { VersionField } from './envelope.ts';

/** Ids are unique within a room and ordered by code units; between two peers the greater id makes the first offer. */
export const PeerIdSchema = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 characters of printable ASCII'));
export type PeerId = string;

const UserIdSchema = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.minLength(1), v.maxLength(128));

export const RoomJoinSchema = v.object({
  ...VersionField,
  name: v.optional(TitleSchema),
  user_id: v.optional(UserIdSchema),
  /** As older Phoenix applications spell it. */
  userId: v.optional(UserIdSchema),
  resume: v.optional(v.pipe(v.string(), v.maxLength(256))),
});

export const IceServerSchema = v.object({
  urls: v.union([v.string(), v.array(v.string())]),
  username: v.optional(v.string()),
  credential: v.optional(v.string()),
});
export type IceServer = v.InferOutput<typeof IceServerSchema>;

export const RoomReplySchema = v.object({
  peer_id: PeerIdSchema,
  resume: v.string(),
  ice_servers: v.array(IceServerSchema),
  max_peers: v.number(),
  topology: v.picklist(['mesh', 'sfu']),
  generation: v.number(),
  me: v.object({ name: v.optional(v.string()), can: v.array(v.string()) }),
});
export type RoomReply = v.InferOutput<typeof RoomReplySchema>;

export const PeerMetaSchema = v.object({
  name: v.optional(v.string(), ''),
  user_id: v.optional(v.nullable(v.string()), null),
  mic: v.optional(v.boolean(), false),
  camera: v.optional(v.boolean(), false),
  screen: v.optional(v.boolean(), false),
  away: v.optional(v.boolean(), false),
});
export type PeerMeta = v.InferOutput<typeof PeerMetaSchema>;

export const NewSchema = v.object({ from: PeerIdSchema });
export const ByeSchema = v.object({ from: PeerIdSchema });

const Directed = { from: v.optional(PeerIdSchema), to: PeerIdSchema };
const upTo = (most: number) =>
  v.pipe(
    v.number(),
    v.check((value) => Number.isInteger(value) && value >= 0 && value <= most, `must be a whole number from 0 to ${most}`),
  );
const NegotiationNumber = upTo(2 ** 31);

export const PingSchema = v.object(Directed);

const SdpSchema = v.pipe(v.string(), v.maxLength(LIMITS.signalingFrameBytes));

export const OfferSchema = v.object({
  ...Directed,
  n: NegotiationNumber,
  sdp: v.object({ type: v.literal('offer'), sdp: SdpSchema }),
});

export const AnswerSchema = v.object({
  ...Directed,
  n: NegotiationNumber,
  sdp: v.object({ type: v.literal('answer'), sdp: SdpSchema }),
});

export const CandidateSchema = v.object({
  candidate: v.pipe(v.string(), v.maxLength(4096)),
  sdpMid: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(256)))),
  sdpMLineIndex: v.optional(v.nullable(upTo(1000))),
  usernameFragment: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(256)))),
});

export const IceSchema = v.object({ ...Directed, n: NegotiationNumber, candidate: v.nullable(CandidateSchema) });

/** Events that the server stamps with `from` and hands to their addressee alone. */
export const DIRECTED_EVENTS = { ping: PingSchema, offer: OfferSchema, answer: AnswerSchema, ice: IceSchema } as const;
export type DirectedEvent = keyof typeof DIRECTED_EVENTS;

const Flag = v.optional(v.boolean());
export const StateSchema = v.object({ mic: Flag, camera: Flag, screen: Flag });
export type MediaState = v.InferOutput<typeof StateSchema>;

export const MEDIA_SLOTS = ['mic', 'camera', 'screen'] as const;

/** Push by a moderator, then handed to the peer it names as {@link KickedSchema}, whose channel is closed after it. */
export const KickSchema = v.object({ peer_id: PeerIdSchema });
/** Server push `kick`: who did it. */
export const KickedSchema = v.object({ from: PeerIdSchema });

/** Push by a moderator, then handed to the peer it names as {@link MutedSchema}: its page turns that off; only it can turn it on again. */
export const MuteSchema = v.object({ peer_id: PeerIdSchema, kind: v.picklist(MEDIA_SLOTS) });
/** Server push `mute`. */
export const MutedSchema = v.object({ from: PeerIdSchema, kind: v.picklist(MEDIA_SLOTS) });

/** Push `close` by a moderator, with nothing in it; then broadcast before every channel of the room is closed. */
export const ClosedSchema = v.object({ from: PeerIdSchema });
