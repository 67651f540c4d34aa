import * as v from 'valibot';
import { TitleSchema } from '../names.ts';
import { VersionField } from './envelope.ts';
import { PlaybackSchema } from './stream.ts';

/** `name` is the one to chat under; a token's name wins. */
export const LiveJoinSchema = v.object({ ...VersionField, name: v.optional(TitleSchema) });

/** Push `name`, for a viewer who says later what it is called. The reply is `{name}`. */
export const LiveNameSchema = v.object({ name: TitleSchema });

export const LIVE_STATES = ['waiting', 'live', 'away', 'ended'] as const;

/** `waiting`: nobody broadcasts yet; `away`: the broadcaster dropped and may come back; `ended`: it said so. */
export const LiveStateSchema = v.object({
  state: v.picklist(LIVE_STATES),
  session: v.optional(v.string()),
  started_at: v.optional(v.number()),
  playback: PlaybackSchema,
  title: v.optional(v.string()),
  description: v.optional(v.string()),
});
export type LiveState = v.InferOutput<typeof LiveStateSchema>;

/** The join's answer: the state, and who one is in the chat beside the stream. */
export const LiveReplySchema = v.object({
  ...LiveStateSchema.entries,
  me: v.object({ id: v.string(), name: v.string(), can: v.array(v.string()) }),
});
export type LiveReply = v.InferOutput<typeof LiveReplySchema>;
