/** From an HTTP outcome to what the log keeps of it. */
import type { Outcome } from './http-client.ts';
import type { Exchange } from './log.ts';

export function exchangeOf(outcome: Outcome): Exchange {
  const { url, requestedAt, answeredAt } = outcome;
  if (!outcome.ok) return { url, requestedAt, answeredAt, status: 0, headers: {}, bytes: 0, redirects: 0, error: outcome.error };
  const { status, headers, body, redirects } = outcome;
  return { url, requestedAt, answeredAt, status, headers, bytes: body.byteLength, redirects, error: null };
}

/** Adds to the query as it is: tokens in it are not written anew. */
export function withQuery(url: string, query: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

export const succeeded = ({ status }: Exchange): boolean => status === 200 || status === 206;
