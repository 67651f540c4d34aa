import * as v from 'valibot';
import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import { ErrorResponseSchema, type Reason } from '../protocol/messages/envelope.ts';

/** Refusals that may pass by themselves; a join that meets one is retried, any other refusal is final. */
const PASSING: ReadonlySet<string> = new Set(['server', 'limit']);

/** For the reasons that are codes as well. */
const MESSAGES: Readonly<Record<Extract<Reason, ErrorCode>, string>> = {
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
  const reason = reasonOf(response);
  const code = reason === 'taken' ? 'invalid' : isKnown(reason) ? reason : 'server';
  return new GlasscastError(code, MESSAGES[code], { details: response });
}

export function isPassing(error: GlasscastError): boolean {
  return PASSING.has(error.code) && reasonOf(error.details) !== 'unmatched topic';
}

function isKnown(reason: string): reason is keyof typeof MESSAGES {
  return Object.hasOwn(MESSAGES, reason);
}

function reasonOf(response: unknown): string {
  const parsed = v.safeParse(ErrorResponseSchema, response);
  return parsed.success ? parsed.output.reason : 'server';
}
