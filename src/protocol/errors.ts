/**
 * The codes that every failure of the public API carries. Codes are stable; messages are for people and may change.
 */
export const ERROR_CODES = [
  'permission-denied',
  'permission-dismissed',
  'device-not-found',
  'device-in-use',
  'insecure-context',
  'unsupported',
  'unauthorized',
  'token-expired',
  'room-full',
  'room-not-found',
  'kicked',
  'room-closed',
  'no-peer',
  'network',
  'ice-failed',
  'media',
  'server',
  'version',
  'invalid',
  'stream-taken',
  'stream-offline',
  'codec-unsupported',
  'limit',
  'model-missing',
  'aborted',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface GlasscastErrorOptions {
  readonly cause?: unknown;
  /** What the server said beside its reason, for example `{max_peers: 8}`. */
  readonly details?: unknown;
}

/** The one error type of the public API: `code` for programs, `message` for people, `cause` for whoever debugs. */
export class GlasscastError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: GlasscastErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GlasscastError';
    this.code = code;
    this.details = options.details;
  }
}
