import * as v from 'valibot';
import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import { ErrorResponseSchema, REASONS, type Reason } from '../protocol/messages/error-reply.ts';

/** The reasons that are codes as well. */
export type Refusal = Extract<Reason, ErrorCode>;

/** The code of a reply with `status: "error"`. */
function refusalOf(response: unknown): Refusal {
  const reason = reasonOf(response);
  if (reason === 'taken') return 'invalid';
  return isRefusal(reason) ? reason : 'server';
}

/** The error behind such a reply, with words for people. */
export async function errorFromReply(response: unknown): Promise<GlasscastError> {
  const code = refusalOf(response);
  return new GlasscastError(code, await wordsOf(code), { details: response });
}

/** Refusals that may pass by themselves; a join that meets one is retried, any other refusal is final. */
export function isPassing(response: unknown): boolean {
  const code = refusalOf(response);
  return (code === 'server' || code === 'limit') && reasonOf(response) !== 'unmatched topic';
}

async function wordsOf(code: Refusal): Promise<string> {
  try {
    const { REFUSAL_WORDS } = await import('./refusal-words.ts');
    return REFUSAL_WORDS[code];
  } catch {
    // Where the words cannot be had, the code is better than nothing.
    return `The server refused: ${code}.`;
  }
}

function isRefusal(reason: string): reason is Refusal {
  return reason !== 'unmatched topic' && REASONS.includes(reason as Reason);
}

function reasonOf(response: unknown): string {
  const parsed = v.safeParse(ErrorResponseSchema, response);
  return parsed.success ? parsed.output.reason : 'server';
}
