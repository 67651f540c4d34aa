/**
 * `/live/**`: the HTTP face of packaging. Playlists by blocking reload, parts held until they are complete, everything else at once.
 * Nothing on these paths touches a file system: addresses are taken apart by exact patterns, and what does not match is not found.
 */
import { Readable } from 'node:stream';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { isName, type Milliseconds } from '../../../src/protocol/index.ts';
import type { Rendition } from '../packaging/rendition.ts';
import type { Part } from '../packaging/segment.ts';
import { notFound, Problem } from '../problem.ts';
import { hasPart, type ReloadQuery, reload } from './blocking-reload.ts';
import type { LiveOrigin } from './live-origin.ts';
import { type PackagedSession, type PlaylistBytes, playlistBytes } from './packaged-session.ts';

export interface OriginOptions {
  readonly origin: LiveOrigin;
  /** Throws a {@link Problem} where this request may not watch the stream. */
  readonly authorize: (request: FastifyRequest, stream: string) => Promise<unknown>;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** Rule 17: nobody is held for longer than this many target durations. */
const LONGEST_WAIT = 3;
/** A multivariant playlist waits this long for its figures to be measured. */
const MEASURE_WAIT: Milliseconds = 4_000;

/** Rule 23: media never changes under its address. */
const IMMUTABLE = 'max-age=31536000, immutable';
/** A playlist of a certain part is the same for all who ask for it; the newest one is new several times a second. */
const RELOAD_AGE = 'max-age=6';
const NEWEST_AGE = 'max-age=0, must-revalidate';

const SESSION_PATTERN = /^[a-z0-9]{1,32}$/;
const RENDITION_PATTERN = /^[av]\d$/;
const FILE_PATTERN = /^(?:(media\.m3u8)|init-(\d{1,9})\.mp4|seg-(\d{1,12})\.m4s|part-(\d{1,12})\.(\d{1,4})\.m4s)$/;

interface StreamParams {
  readonly stream: string;
}

interface MediaParams extends StreamParams {
  readonly session: string;
  readonly rendition: string;
  readonly file: string;
}

type Query = ReloadQuery & { readonly token?: unknown };

export const originRoutes: FastifyPluginAsync<OriginOptions> = async (app, { origin, authorize }) => {
  app.addHook('onRequest', async (_request, reply) => {
    // Pages that are cross-origin isolated may embed it too; who may read it is the business of CORS.
    reply.header('cross-origin-resource-policy', 'cross-origin');
  });

  app.get<{ Params: StreamParams; Querystring: Query }>('/live/:stream/index.m3u8', async (request, reply) => {
    const { stream } = request.params;
    if (!isName(stream)) throw notFound();
    await authorize(request, stream);
    const packaged = origin.current(stream);
    if (packaged === undefined) throw offline(stream);
    // Rule 26: figures as measured. A session that is a second old has them.
    const result = await packaged.wait(() => packaged.packager.measured || packaged.packager.ended, MEASURE_WAIT, goneSignal(reply));
    if (result === 'gone') return reply.hijack();
    const text = packaged.packager.multivariant(carriesToken(request.query));
    return sendPlaylist(request, reply, playlistBytes(text), NEWEST_AGE);
  });

  app.get<{ Params: MediaParams; Querystring: Query }>('/live/:stream/:session/:rendition/:file', async (request, reply) => {
    const { stream, session, rendition: id, file } = request.params;
    const match = FILE_PATTERN.exec(file);
    if (match === null || !isName(stream) || !SESSION_PATTERN.test(session) || !RENDITION_PATTERN.test(id)) throw notFound();
    await authorize(request, stream);
    const packaged = origin.find(stream, session);
    const rendition = packaged?.packager.rendition(id);
    if (packaged === undefined || rendition === undefined) throw notFound('This session is over, or never was.');
    const [, playlist, epoch, segment, msn, part] = match;
    if (playlist !== undefined) return sendMediaPlaylist(request, reply, packaged, rendition);
    if (epoch !== undefined) return sendMedia(request, reply, 'mp4', rendition.init(Number(epoch)));
    if (segment !== undefined) return sendSegment(request, reply, rendition, Number(segment));
    return sendPart(request, reply, packaged, rendition, Number(msn), Number(part));
  });
};

const offline = (stream: string): Problem => new Problem(404, 'stream-offline', `Nobody is broadcasting "${stream}" now.`);

function carriesToken(query: Query): boolean {
  return typeof query.token === 'string' && query.token !== '';
}

/** Aborts when the client has gone before it was answered. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // Also every answered request closes; only what was not answered is released.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** What needed a token is for its bearer alone. */
function cacheControl(request: FastifyRequest<{ Querystring: Query }>, age: string): string {
  const personal = request.headers.authorization !== undefined || carriesToken(request.query);
  return `${personal ? 'private' : 'public'}, ${age}`;
}

type MediaRequest = FastifyRequest<{ Params: MediaParams; Querystring: Query }>;

async function sendMediaPlaylist(request: MediaRequest, reply: FastifyReply, packaged: PackagedSession, rendition: Rendition) {
  const { packager } = packaged;
  const { timing } = packager;
  if (timing === null) throw notFound();
  const wanted = reload(rendition, timing, request.query);
  if (wanted.kind === 'refused') throw new Problem(400, 'invalid', wanted.detail);
  if (wanted.kind === 'wait') {
    const ready = (): boolean => hasPart(rendition, wanted.msn, wanted.part);
    const result = await packaged.wait(ready, LONGEST_WAIT * packager.targetDuration * 1000, goneSignal(reply));
    if (result === 'gone') return reply.hijack();
    if (result === 'timeout') {
      throw new Problem(503, 'unavailable', `Segment ${wanted.msn} did not come in time.`, { headers: { 'retry-after': '1' } });
    }
  }
  const age = request.query._HLS_msn === undefined || rendition.ended ? NEWEST_AGE : RELOAD_AGE;
  return sendPlaylist(request, reply, packaged.mediaPlaylist(rendition, carriesToken(request.query)), age);
}

async function sendPart(
  request: MediaRequest,
  reply: FastifyReply,
  packaged: PackagedSession,
  rendition: Rendition,
  msn: number,
  index: number,
): Promise<FastifyReply> {
  const find = (): Part | undefined => rendition.segment(msn)?.parts[index];
  if (find() === undefined) {
    // Rule 21: the part that a playlist hints at is held until it is complete; any other that is not there is not found.
    const { hint, next } = rendition;
    const awaited = [hint, next].some((address) => address?.msn === msn && address.part === index);
    if (!awaited || hint === null) throw notFound('There is no such part.');
    const ready = (): boolean => find() !== undefined || hasPart(rendition, msn, index);
    const timeout = LONGEST_WAIT * packaged.packager.targetDuration * 1000;
    const result = await packaged.wait(ready, timeout, goneSignal(reply));
    if (result === 'gone') return reply.hijack();
    if (result === 'timeout') throw new Problem(503, 'unavailable', 'The part did not come in time.', { headers: { 'retry-after': '1' } });
  }
  return sendMedia(request, reply, 'iso.segment', find()?.bytes ?? undefined);
}

function sendSegment(request: MediaRequest, reply: FastifyReply, rendition: Rendition, msn: number): FastifyReply {
  const segment = rendition.segment(msn);
  if (segment === undefined || !segment.complete || segment.gap) throw notFound('There is no such segment.');
  const parts = segment.parts.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  // The parts are the segment's bytes: they are written one after the other, not joined first.
  return media(request, reply, 'iso.segment')
    .header('content-length', segment.byteLength)
    .send(Readable.from(parts, { objectMode: false }));
}

function sendMedia(
  request: MediaRequest,
  reply: FastifyReply,
  subtype: 'mp4' | 'iso.segment',
  bytes: Uint8Array | undefined,
): FastifyReply {
  if (bytes === undefined) throw notFound();
  return media(request, reply, subtype).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function media(request: MediaRequest, reply: FastifyReply, subtype: 'mp4' | 'iso.segment'): FastifyReply {
  const kind = request.params.rendition.startsWith('v') ? 'video' : 'audio';
  return reply.type(`${kind}/${subtype}`).header('cache-control', cacheControl(request, IMMUTABLE));
}

function sendPlaylist(
  request: FastifyRequest<{ Querystring: Query }>,
  reply: FastifyReply,
  bytes: PlaylistBytes,
  age: string,
): FastifyReply {
  const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  reply.type(PLAYLIST_TYPE).header('cache-control', cacheControl(request, age));
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`);
  if (!zipped) return reply.send(bytes.plain);
  return reply.header('content-encoding', 'gzip').send(bytes.gzip());
}
