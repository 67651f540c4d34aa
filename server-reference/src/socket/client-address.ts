import type { IncomingMessage } from 'node:http';

/** Longer than any IP address. */
const LONGEST = 64;

/**
 * Where a request comes from, as the HTTP application has it in `request.ip`: the peer of the connection or, behind a proxy that is
 * believed, the first address in `X-Forwarded-For`.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustProxy: boolean): string {
  const peer = socket.remoteAddress ?? '';
  if (!trustProxy) return peer;
  // Node joins repeated headers of this name with commas.
  const [first = ''] = String(headers['x-forwarded-for'] ?? '').split(',', 1);
  return first.trim().slice(0, LONGEST) || peer;
}
