import * as v from 'valibot';
import { LIMITS } from '../limits.ts';
import { VersionField } from './envelope.ts';

export const CONTAINERS = ['frames', 'fmp4', 'matroska', 'webm'] as const;
export type Container = (typeof CONTAINERS)[number];

/** What the server can draw on the pictures of a broadcast before anybody sees them. */
export const StreamOverlaySchema = v.picklist(['server:faces']);
export type StreamOverlay = v.InferOutput<typeof StreamOverlaySchema>;
/** What it does draw: `none` where it was asked for and cannot be had. */
const DrawnOverlaySchema = v.picklist([...StreamOverlaySchema.options, 'none']);

const count = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

export const TrackSchema = v.object({
  /** What `chunk` records name in their `track` byte. */
  id: count(0, 255),
  kind: v.picklist(['video', 'audio']),
  layer: v.optional(count(0, 7)),
  group: v.optional(v.pipe(v.string(), v.maxLength(32))),
  /** RFC 6381 codec string, for example `avc1.42e01f`, `opus`, `mp4a.40.2`. */
  codec: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** Ticks a second. */
  timescale: count(1, 10_000_000),
  width: v.optional(count(1, 16_384)),
  height: v.optional(count(1, 16_384)),
  frame_rate: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(240))),
  sample_rate: v.optional(count(8_000, 192_000)),
  channels: v.optional(count(1, 8)),
  bitrate: v.optional(count(1, 1_000_000_000)),
  /** Base64 of the decoder configuration: avcC, AudioSpecificConfig, or the Opus identification header. */
  description: v.optional(v.pipe(v.string(), v.maxLength(16_384))),
});
export type TrackDescription = v.InferOutput<typeof TrackSchema>;

const TracksField = v.pipe(v.array(TrackSchema), v.minLength(1), v.maxLength(LIMITS.tracksPerStream));

const TitleField = v.pipe(v.string(), v.maxLength(200));
const DescriptionField = v.pipe(v.string(), v.maxLength(2000));

export const StreamJoinSchema = v.object({
  ...VersionField,
  container: v.picklist(CONTAINERS),
  publish_key: v.optional(v.pipe(v.string(), v.minLength(16), v.maxLength(256))),
  /** Replaces whoever is on air, where this client may; a refusal says whether it may in `may_take_over`. */
  take_over: v.optional(v.boolean()),
  /** Needed for `frames`; other containers say it in their bytes. */
  tracks: v.optional(TracksField),
  /** Keeps the broadcast on the server. Like the three that follow it is fixed with the session. */
  record: v.optional(v.boolean()),
  /** Milliseconds of an LL-HLS part; the server's own where left out. At most half a segment. */
  part_duration: v.optional(count(LIMITS.partDurationMs.min, LIMITS.partDurationMs.max)),
  /** Milliseconds of a segment. */
  segment_duration: v.optional(count(LIMITS.segmentDurationMs.min, LIMITS.segmentDurationMs.max)),
  /** Seconds that stay to be rewound; at least three segments. */
  window: v.optional(count(LIMITS.windowS.min, LIMITS.windowS.max)),
  title: v.optional(TitleField),
  description: v.optional(DescriptionField),
  /** Has the server draw on the pictures; nobody sees them as they were sent. The reply says whether it does. */
  overlay: v.optional(StreamOverlaySchema),
});

export type StreamJoin = v.InferOutput<typeof StreamJoinSchema>;

/** Push `info`: what viewers are told of the stream; what is left out stays as it is, and an empty text takes it away. */
export const StreamInfoSchema = v.object({ title: v.optional(TitleField), description: v.optional(DescriptionField) });

export const PlaybackSchema = v.object({
  hls: v.optional(v.string()),
  dash: v.optional(v.string()),
  whep: v.optional(v.string()),
  ws: v.optional(v.string()),
});
export type Playback = v.InferOutput<typeof PlaybackSchema>;

export const StreamReplySchema = v.object({
  session: v.string(),
  epoch: v.number(),
  /** Cumulative bytes of the session that the client may send in all. */
  credit: v.number(),
  publish_key: v.string(),
  playback: PlaybackSchema,
  /** Where an overlay was asked for: whether it is drawn. With `none` the broadcast goes on without. */
  overlay: v.optional(DrawnOverlaySchema),
  /** Why it is not, in words. */
  overlay_details: v.optional(v.string()),
});
export type StreamReply = v.InferOutput<typeof StreamReplySchema>;

/** For clients that cannot send binary frames. */
export const ChunkJsonSchema = v.object({ data: v.pipe(v.string(), v.base64()) });

export const CreditSchema = v.object({
  credit: v.number(),
  received: v.number(),
  /** Of a container: the epoch that its recording has by now. */
  epoch: v.optional(v.number()),
});

export const ClockSchema = v.object({
  track: count(0, 255),
  dts: v.pipe(v.number(), v.integer()),
  /** When the frame with that time was captured, in milliseconds of the client's clock. */
  wall_ms: v.pipe(v.number(), v.finite(), v.minValue(0)),
  /** Server clock minus client clock in milliseconds, as `time` told; without it the server estimates from arrivals. */
  offset_ms: v.optional(v.pipe(v.number(), v.finite())),
});

export const TimeReplySchema = v.object({ server_ms: v.number() });
export const TracksPushSchema = v.object({ tracks: TracksField });
export const TracksReplySchema = v.object({
  epoch: v.number(),
  /** Another than before where the change did not fit the session's fixed set. */
  session: v.optional(v.string()),
});
export type TracksReply = v.InferOutput<typeof TracksReplySchema>;
export const BitratePushSchema = v.object({ track: v.number(), bps: v.number() });
/** How the recording stands that was asked for; `reason` says why it stopped while the stream goes on. */
export const RecordingPushSchema = v.object({ state: v.picklist(['recording', 'stopped']), reason: v.optional(v.string()) });
export type RecordingPush = v.InferOutput<typeof RecordingPushSchema>;
/** Whether the overlay that was asked for is drawn from here on, where that has changed; `details` says why not. */
export const OverlayPushSchema = v.object({ overlay: DrawnOverlaySchema, details: v.optional(v.string()) });
export type OverlayPush = v.InferOutput<typeof OverlayPushSchema>;
export const StoppedSchema = v.object({ reason: v.string() });

/** `POST /ingest/:stream`: the reply to opening is a {@link StreamReplySchema} with the path of all that follows. */
export const IngestReplySchema = v.object({ ...StreamReplySchema.entries, ingest: v.string() });
export type IngestReply = v.InferOutput<typeof IngestReplySchema>;

/** What the server would push on a channel, in the reply to any request of an HTTP broadcaster. */
export const IngestRequestSchema = v.object({ event: v.string(), payload: v.record(v.string(), v.unknown()) });
export type IngestRequest = v.InferOutput<typeof IngestRequestSchema>;
export const IngestAnswerSchema = v.looseObject({ requests: v.array(IngestRequestSchema) });

/** A JSON body of `POST /ingest/:stream/:id`: an event of `stream:*` other than `chunk`. */
export const IngestEventSchema = v.object({ event: v.string(), payload: v.optional(v.record(v.string(), v.unknown()), {}) });
