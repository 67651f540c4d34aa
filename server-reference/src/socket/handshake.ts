/** What a client says of itself when it connects. */

const BEARER_PREFIX = 'base64url.bearer.phx.';

/** Base64 in either alphabet, with or without padding; Node's decoder reads both. */
function decodeBase64(text: string): string | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null;
  return Buffer.from(text, 'base64').toString('utf8');
}

export interface OfferedProtocols {
  readonly phoenix: boolean;
  readonly token: string | null;
}

/** Reads `Sec-WebSocket-Protocol`, where the client offers `phoenix` and its token. */
export function readProtocols(header: string | undefined): OfferedProtocols {
  const offered = (header ?? '').split(',').map((protocol) => protocol.trim());
  const bearer = offered.find((protocol) => protocol.startsWith(BEARER_PREFIX));
  return {
    phoenix: offered.includes('phoenix'),
    // A bearer that does not decode is a bad token, not a missing one.
    token: bearer === undefined ? null : (decodeBase64(bearer.slice(BEARER_PREFIX.length)) ?? bearer),
  };
}

/** The token in a query; older Phoenix applications call it `user_token`. */
export function tokenInQuery(query: URLSearchParams): string | null {
  return nonEmpty(query.get('token')) ?? nonEmpty(query.get('user_token'));
}

export const nonEmpty = (value: string | null | undefined): string | null => (value === undefined || value === '' ? null : value);

/** Null when the client speaks this server's version of Phoenix channels, else why not, for people. */
export function refuseVersion(vsn: string | null): string | null {
  if (vsn === '2.0.0') return null;
  return vsn === null
    ? 'The query lacks vsn=2.0.0: without it this would be version 1 of the Phoenix channels protocol, which this server does not speak.'
    : `This server speaks version 2.0.0 of the Phoenix channels protocol, not ${vsn.slice(0, 16)}.`;
}
