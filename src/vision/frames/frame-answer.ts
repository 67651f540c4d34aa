/** What becomes of a picture that is sent for detection, whatever carries it. */
import * as v from 'valibot';
import { type ErrorCode, GlasscastError } from '../../protocol/errors.ts';
import { type FramesReply, FramesReplySchema } from '../../protocol/messages/frames.ts';
import type { Milliseconds } from '../../protocol/units.ts';

export type FrameAnswer =
  | { readonly kind: 'faces'; readonly reply: FramesReply }
  /** A newer picture took its place before anybody looked at it. */
  | { readonly kind: 'skipped' }
  /** The server has too much to do, and says when to come back, or leaves it open. */
  | { readonly kind: 'busy'; readonly error: GlasscastError; readonly retryAfter: Milliseconds | null }
  /** This picture was not looked at; the next one may be. */
  | { readonly kind: 'failed'; readonly error: GlasscastError }
  /** No answer, and none will come. */
  | { readonly kind: 'lost'; readonly error: GlasscastError }
  /** There will be no answers at all. */
  | { readonly kind: 'refused'; readonly error: GlasscastError };

/** What asking again does not change. */
const FINAL: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'token-expired', 'version', 'unsupported', 'kicked', 'aborted']);

const SkippedSchema = v.object({ reason: v.literal('skipped') });

/** What a refusal of one picture means for those after it. */
export function answerOf(error: GlasscastError, retryAfter: Milliseconds | null = null): FrameAnswer {
  if (v.is(SkippedSchema, error.details)) return { kind: 'skipped' };
  if (error.code === 'limit') return { kind: 'busy', error, retryAfter };
  if (error.code === 'network') return { kind: 'lost', error };
  return { kind: FINAL.has(error.code) ? 'refused' : 'failed', error };
}

/** A reply that the server calls a success. */
export function readReply(reply: unknown): FrameAnswer {
  const parsed = v.safeParse(FramesReplySchema, reply);
  if (parsed.success) return { kind: 'faces', reply: parsed.output };
  return { kind: 'failed', error: new GlasscastError('server', "The server's answer makes no sense.", { details: parsed.issues }) };
}
