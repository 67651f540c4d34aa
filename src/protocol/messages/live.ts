import * as v from 'valibot';
import { VersionField } from './envelope.ts';
import { PlaybackSchema } from './stream.ts';

export const LiveJoinSchema = v.object(VersionField);

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
