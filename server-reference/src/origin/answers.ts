/** What all answers under `/live/**` share: who may cache them and for how long, compression, and clients that leave. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import { takes, varyByCoding } from '../http/content-coding.ts';
import type { Packager } from '../packaging/packager.ts';
import type { ReloadQuery } from './blocking-reload.ts';
import type { PlaylistBytes } from './packaged-session.ts';

export interface StreamParams {
  readonly stream: string;
}

export interface SessionParams extends StreamParams {
  readonly session: string;
}

export interface MediaParams extends SessionParams {
  readonly rendition: string;
  readonly file: string;
}

export type Query = ReloadQuery & { readonly token?: unknown; readonly addressing?: unknown; readonly _HLS_skip?: unknown };
export type MediaRequest = FastifyRequest<{ Params: MediaParams; Querystring: Query }>;

/** Rule 23: media never changes under its address. */
export const IMMUTABLE = 'max-age=31536000, immutable';
/** A playlist of a certain part is the same for all who ask for it; the newest one is new several times a second. */
export const RELOAD_AGE = 'max-age=6';
export const NEWEST_AGE = 'max-age=0, must-revalidate';

/** Rule 17: nobody is held for longer than three target durations. */
export const longestWait = ({ targetDuration }: Packager): Milliseconds => 3000 * targetDuration;

/** The token in the address; null without. */
export function tokenIn({ token }: Query): string | null {
  return typeof token === 'string' && token !== '' ? token : null;
}

/** What needed a token is for its bearer alone. */
export function cacheControl(request: FastifyRequest<{ Querystring: Query }>, age: string): string {
  const personal = request.headers.authorization !== undefined || tokenIn(request.query) !== null;
  return `${personal ? 'private' : 'public'}, ${age}`;
}

/** Aborts when the client has gone before it was answered. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // Also every answered request closes; only what was not answered is released.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** A playlist or MPD, compressed for those who can read that. */
export function sendText(
  request: FastifyRequest<{ Querystring: Query }>,
  reply: FastifyReply,
  type: string,
  bytes: PlaylistBytes,
  age: string,
): FastifyReply {
  reply.type(type).header('cache-control', cacheControl(request, age));
  varyByCoding(reply);
  if (!takes(request, 'gzip')) return reply.send(bytes.plain);
  return reply.header('content-encoding', 'gzip').send(bytes.gzip());
}
