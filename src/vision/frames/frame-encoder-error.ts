import { type ErrorCode, GlasscastError } from '../../protocol/errors.ts';

/** An error as it passes from a worker to its page. */
export interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
}

export function messageOf(cause: unknown): ErrorMessage {
  if (cause instanceof GlasscastError) return { code: cause.code, message: cause.message };
  return { code: 'media', message: cause instanceof Error ? cause.message : String(cause) };
}

export const errorOf = ({ code, message }: ErrorMessage): GlasscastError => new GlasscastError(code, message);
