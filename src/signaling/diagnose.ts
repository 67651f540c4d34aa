import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import { WIRE_VERSION } from '../protocol/version.ts';

/** What matters here of the answer of `/api/hello`. */
const HelloSchema = v.object({ wire: v.array(v.number()), origin_allowed: v.boolean() });

/** In `details`: the socket does not open, and plain requests may pass. */
const SOCKET_BLOCKED = { reason: 'socket-blocked' } as const;

/** What `/api/hello` let us conclude about a socket that was refused. */
export type Diagnosis =
  | { readonly kind: 'unreachable'; readonly error: GlasscastError }
  /** Retrying will not help. */
  | { readonly kind: 'refused'; readonly error: GlasscastError }
  /** The server is well and would talk to this page: the socket itself is blocked on the way, or its token was refused. */
  | { readonly kind: 'reachable'; readonly error: GlasscastError };

/**
 * Asks the server why a socket may have failed: a browser tells a page nothing about a refused WebSocket.
 * @param server the server's origin
 */
export async function diagnose(server: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Diagnosis> {
  let response: Response;
  try {
    response = await fetch(new URL('/api/hello', server), { signal, cache: 'no-store' });
  } catch (cause) {
    return { kind: 'unreachable', error: unreachable(server, cause) };
  }
  const hello = v.safeParse(HelloSchema, await response.json().catch(() => undefined));
  if (!hello.success) {
    // A plain Phoenix application has no such route, and neither has the page's own host, where `server` was forgotten in a bundle.
    const message = `There is no live video server at ${server}. Set the attribute server to its address.`;
    return { kind: 'reachable', error: new GlasscastError('network', message) };
  }
  if (!hello.output.origin_allowed) {
    const page = typeof location === 'undefined' ? 'this page' : location.origin;
    const message = `The server at ${server} does not allow ${page}. Start it with --origins ${page}.`;
    return { kind: 'refused', error: new GlasscastError('unauthorized', message, { details: { reason: 'origin' } }) };
  }
  if (!hello.output.wire.includes(WIRE_VERSION)) {
    const message = `The server at ${server} speaks wire version ${hello.output.wire.join(', ')}, this page ${WIRE_VERSION}. Load the script from the server itself.`;
    return { kind: 'refused', error: new GlasscastError('version', message) };
  }
  const blocked = 'The server answers, but its socket does not open. A proxy may block WebSockets.';
  return { kind: 'reachable', error: new GlasscastError('network', blocked, { details: SOCKET_BLOCKED }) };
}

/** The error of a socket that the page is not allowed to open. */
export function forbiddenSocket(server: string, cause: unknown): GlasscastError {
  return (
    mixedContent(server, cause) ??
    new GlasscastError('network', `The page's security policy forbids a socket to ${server}. Allow it in connect-src.`, {
      cause,
      details: SOCKET_BLOCKED,
    })
  );
}

function unreachable(server: string, cause: unknown): GlasscastError {
  return (
    mixedContent(server, cause) ??
    new GlasscastError('network', `The server at ${server} does not answer. Check its address and your network.`, { cause })
  );
}

function mixedContent(server: string, cause: unknown): GlasscastError | undefined {
  const { protocol, hostname } = new URL(server);
  const mixed = typeof location !== 'undefined' && location.protocol === 'https:' && protocol === 'http:';
  if (!mixed || /^(localhost|127\.|\[::1\])/.test(hostname)) return undefined;
  return new GlasscastError('network', `A page on https cannot reach a server on http (${server}). Serve it over https.`, { cause });
}
