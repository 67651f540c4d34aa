import * as v from 'valibot';

/** The reasons that a reply with `status: "error"` can carry. */
export const REASONS = [
  'unmatched topic',
  'invalid',
  'unauthorized',
  'token-expired',
  'version',
  'room-full',
  'room-not-found',
  'kicked',
  'taken',
  'no-peer',
  'stream-taken',
  'stream-offline',
  'codec-unsupported',
  'unsupported',
  'limit',
  'skipped',
  'server',
] as const;
export type Reason = (typeof REASONS)[number];

export interface ErrorResponse {
  readonly reason: Reason;
  readonly details?: unknown;
  readonly [more: string]: unknown;
}

export const ErrorResponseSchema = v.object({ reason: v.string() });
