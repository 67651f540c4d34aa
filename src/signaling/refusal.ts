import * as v from 'valibot';
import { type ErrorCode, GlasscastError, isErrorCode } from '../protocol/errors.ts';
import { ErrorResponseSchema } from '../protocol/messages/envelope.ts';

/** Refusals that may pass by themselves; a join that meets one is retried, any other refusal is final. */
const PASSING: ReadonlySet<string> = new Set(['server', 'limit']);

const OTHER_REASONS: Readonly<Record<string, ErrorCode>> = { taken: 'invalid', 'unmatched topic': 'server' };

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'The server does not allow this. A token that grants it is needed.',
  'token-expired': 'Your access has expired. Reload the page.',
  'room-full': 'This room is full. Try again when someone has left.',
  'room-not-found': 'There is no such room. Check the link.',
  kicked: 'You were removed from this room.',
  'no-peer': 'That participant is no longer here.',
  'stream-taken': 'Someone else is broadcasting under this name.',
  'codec-unsupported': 'The server cannot take this codec.',
  version: 'This page and the server speak different versions. Load the script from the server itself, or update one of them.',
  invalid: 'The server did not understand the request.',
  limit: 'Too much at once; the server asks to slow down.',
  server: 'The server could not do this.',
};

/** The error behind a reply with `status: "error"`. */
export function errorFromReply(response: unknown): GlasscastError {
  const parsed = v.safeParse(ErrorResponseSchema, response);
  const reason = parsed.success ? parsed.output.reason : 'server';
  const code = OTHER_REASONS[reason] ?? (isErrorCode(reason) ? reason : 'server');
  return new GlasscastError(code, MESSAGES[code] ?? `The server refused: ${reason}.`, { details: response });
}

export function isPassing(error: GlasscastError): boolean {
  return PASSING.has(error.code) && !isUnmatched(error.details);
}

function isUnmatched(response: unknown): boolean {
  const parsed = v.safeParse(ErrorResponseSchema, response);
  return parsed.success && parsed.output.reason === 'unmatched topic';
}
