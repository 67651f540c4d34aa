/** What a refused broadcaster is told over HTTP. */
import type { ErrorResponse } from '../../../src/protocol/index.ts';
import { notFound, Problem } from '../problem.ts';
import type { HttpSession } from './http-session.ts';

const STATUS: Partial<Record<ErrorResponse['reason'], number>> = {
  unauthorized: 403,
  'stream-taken': 409,
  'codec-unsupported': 415,
  limit: 429,
  server: 500,
};

const SENTENCES: Partial<Record<ErrorResponse['reason'], string>> = {
  invalid: 'The request is not as it should be.',
  limit: 'That is more than this server takes.',
  'stream-taken': 'Somebody else broadcasts under this name.',
};

export const gone = (): Problem =>
  new Problem(410, 'ingest-gone', 'This broadcast is over, or never was: open it anew, with its publish_key.');

/** @param session what it has not been told yet is told with `beside` */
export function problemOf({ reason, details, ...more }: ErrorResponse, beside?: Record<string, unknown>, session?: HttpSession): Problem {
  if (reason === 'unmatched topic') return notFound();
  const status = STATUS[reason] ?? 400;
  const sentence = typeof details === 'string' ? details : (SENTENCES[reason] ?? 'The server refused this.');
  const shown =
    beside === undefined
      ? { ...more, ...(details === undefined || typeof details === 'string' ? {} : { details }) }
      : { details, ...beside, requests: session?.takeRequests() ?? [] };
  return new Problem(status, reason, sentence, {
    ...(Object.keys(shown).length === 0 ? {} : { details: shown }),
    ...(status === 429 ? { headers: { 'retry-after': '1' } } : {}),
  });
}
