import * as v from 'valibot';
import { NameSchema } from './names.ts';

export const CAPABILITIES = ['join', 'publish', 'watch', 'moderate', 'create', 'frames', 'operate'] as const;
export type Capability = (typeof CAPABILITIES)[number];

const ScopeSchema = v.union([v.literal('*'), NameSchema]);

/** What a token allows: capabilities on one room or stream, or on all (`*`). */
export const GrantSchema = v.pipe(
  v.object({
    room: v.optional(ScopeSchema),
    stream: v.optional(ScopeSchema),
    can: v.array(v.picklist(CAPABILITIES)),
  }),
  v.check((grant) => grant.room !== undefined || grant.stream !== undefined, 'a grant names a room or a stream'),
);
export type Grant = v.InferOutput<typeof GrantSchema>;

export const GrantsSchema = v.pipe(v.array(GrantSchema), v.maxLength(100));

/** What is being asked for: a named room, a named stream, or the server as a whole. */
export type Resource = { readonly room: string } | { readonly stream: string } | { readonly server: true };

export function grantAllows(grant: Grant, capability: Capability, resource: Resource): boolean {
  if (!grant.can.includes(capability)) return false;
  if ('room' in resource) return grant.room === '*' || grant.room === resource.room;
  if ('stream' in resource) return grant.stream === '*' || grant.stream === resource.stream;
  return grant.room === '*' || grant.stream === '*';
}
