import * as v from 'valibot';
import { CAPABILITIES } from '../grants.ts';

/** `GET /api/hello`: what an element asks first when a socket is refused, since a refused socket says nothing. */
export const HelloSchema = v.object({
  name: v.string(),
  version: v.string(),
  wire: v.array(v.number()),
  mode: v.picklist(['development', 'production']),
  /** What anyone may do without a token. */
  public: v.array(v.picklist(CAPABILITIES)),
  /** Whether the asking page's Origin may use sockets and state-changing requests. */
  origin_allowed: v.boolean(),
  features: v.record(v.string(), v.boolean()),
});
export type Hello = v.InferOutput<typeof HelloSchema>;

export const ServerTimeSchema = v.object({ server_ms: v.number() });

/** RFC 9457 problem details. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: string;
  readonly details?: unknown;
}
