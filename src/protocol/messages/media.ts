import * as v from 'valibot';
import { VersionField } from './envelope.ts';
import { LIVE_STATES } from './live.ts';

const LayerField = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7));

export const MediaJoinSchema = v.object({
  ...VersionField,
  /** Of the picture; the largest where it is left out, or where there is none of this number. */
  layer: v.optional(LayerField),
  /** False for a viewer who is on `live:*` as well, and is counted there. */
  count: v.optional(v.boolean()),
});

/** Push `layer`: the picture changes at the next key frame of that layer. The server says `layer` too, when it has changed. */
export const MediaLayerSchema = v.object({ layer: LayerField });

export const MediaTrackSchema = v.object({
  /** What `init` and `part` name in their first byte. */
  id: v.number(),
  kind: v.picklist(['video', 'audio']),
  /** RFC 6381 codec string. */
  codec: v.string(),
  /** For `MediaSource.addSourceBuffer` and `isTypeSupported`. */
  mime: v.string(),
  layer: v.optional(v.number()),
  width: v.optional(v.number()),
  height: v.optional(v.number()),
});
export type MediaTrack = v.InferOutput<typeof MediaTrackSchema>;

/** Server push `tracks`, before the first `init` of an epoch. Decode times begin anew with a session, and with nothing else. */
export const MediaTracksSchema = v.object({ session: v.string(), epoch: v.number(), tracks: v.array(MediaTrackSchema) });
export type MediaTracks = v.InferOutput<typeof MediaTracksSchema>;

/** Server push `state`. */
export const MediaStreamStateSchema = v.object({ state: v.picklist(LIVE_STATES), session: v.optional(v.string()) });
export type MediaStreamState = v.InferOutput<typeof MediaStreamStateSchema>;

export const MediaReplySchema = v.object({
  ...MediaTracksSchema.entries,
  state: v.picklist(LIVE_STATES),
  /** The layer that is sent; absent without a picture. */
  layer: v.optional(v.number()),
});
export type MediaReply = v.InferOutput<typeof MediaReplySchema>;
