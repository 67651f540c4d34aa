import * as v from 'valibot';
import { NameSchema, TitleSchema } from '../names.ts';
import { VersionField } from './envelope.ts';

export const LobbyJoinSchema = v.object({ ...VersionField, name: v.optional(TitleSchema) });

export const RoomSummarySchema = v.object({
  slug: NameSchema,
  title: v.string(),
  peers: v.number(),
  max_peers: v.number(),
});
export type RoomSummary = v.InferOutput<typeof RoomSummarySchema>;

export const LobbyReplySchema = v.object({ rooms: v.array(RoomSummarySchema) });

export const CreateRoomSchema = v.object({
  title: TitleSchema,
  slug: v.optional(NameSchema),
  max_peers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
});
