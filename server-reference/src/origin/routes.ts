/**
 * `/live/**`: the HTTP face of packaging. Playlists by blocking reload, parts held until they are complete, segments as they grow,
 * everything else at once. Addresses are taken apart by exact patterns, and what does not match is not found.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { isName, type Milliseconds } from '../../../src/protocol/index.ts';
import type { Addressing } from '../packaging/mpd.ts';
import type { Packager } from '../packaging/packager.ts';
import { notFound, Problem } from '../problem.ts';
import {
  goneSignal,
  longestWait,
  type MediaParams,
  type MediaRequest,
  NEWEST_AGE,
  type Query,
  RELOAD_AGE,
  type SessionParams,
  type StreamParams,
  sendText,
  tokenIn,
} from './answers.ts';
import { hasPart, reload } from './blocking-reload.ts';
import type { LiveOrigin } from './live-origin.ts';
import { type MediaTarget, sendInit, sendPart, sendSegment } from './media-answers.ts';
import { type PackagedSession, playlistBytes } from './packaged-session.ts';

export interface OriginOptions {
  readonly origin: LiveOrigin;
  /** Throws a {@link Problem} where this request may not watch the stream. */
  readonly authorize: (request: FastifyRequest, stream: string) => Promise<unknown>;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const MPD_TYPE = 'application/dash+xml';
/** A multivariant playlist or MPD waits this long for its figures to be measured. */
const MEASURE_WAIT: Milliseconds = 4_000;

const SESSION_PATTERN = /^[a-z0-9]{1,32}$/;
const RENDITION_PATTERN = /^[av]\d$/;
const FILE_PATTERN = /^(?:(media\.m3u8)|init-(\d{1,9})\.mp4|seg-(\d{1,12})\.m4s|part-(\d{1,12})\.(\d{1,4})\.m4s)$/;

export const originRoutes: FastifyPluginAsync<OriginOptions> = async (app, { origin, authorize }) => {
  app.addHook('onRequest', async (_request, reply) => {
    // Pages that are cross-origin isolated may embed it too; who may read it is the business of CORS.
    reply.header('cross-origin-resource-policy', 'cross-origin');
  });

  app.get<{ Params: StreamParams; Querystring: Query }>('/live/:stream/index.m3u8', async (request, reply) => {
    const packaged = await current(request);
    if (await isGoneBeforeMeasured(packaged, reply)) return reply.hijack();
    const text = packaged.packager.multivariant(tokenIn(request.query) !== null);
    return sendText(request, reply, PLAYLIST_TYPE, playlistBytes(text), NEWEST_AGE);
  });

  app.get<{ Params: StreamParams; Querystring: Query }>('/live/:stream/manifest.mpd', async (request, reply) =>
    sendManifest(request, reply, await current(request)),
  );

  app.get<{ Params: SessionParams; Querystring: Query }>('/live/:stream/:session/manifest.mpd', async (request, reply) =>
    sendManifest(request, reply, await found(request)),
  );

  app.get<{ Params: MediaParams; Querystring: Query }>('/live/:stream/:session/:rendition/:file', async (request, reply) => {
    const { rendition: id, file } = request.params;
    const match = FILE_PATTERN.exec(file);
    if (match === null || !RENDITION_PATTERN.test(id)) throw notFound();
    const packaged = await found(request);
    const rendition = packaged.packager.rendition(id);
    if (rendition === undefined) throw notFound();
    packaged.asked(rendition);
    const target = { packaged, rendition };
    const [, playlist, epoch, segment, msn, part] = match;
    if (playlist !== undefined) return sendMediaPlaylist(request, reply, target);
    if (epoch !== undefined) return sendInit(request, reply, target, Number(epoch));
    if (segment !== undefined) return sendSegment(request, reply, target, Number(segment));
    return sendPart(request, reply, target, Number(msn), Number(part));
  });

  async function current(request: FastifyRequest<{ Params: StreamParams }>): Promise<PackagedSession> {
    const { stream } = request.params;
    if (!isName(stream)) throw notFound();
    await authorize(request, stream);
    const packaged = origin.current(stream);
    if (packaged === undefined) throw new Problem(404, 'stream-offline', `Nobody is broadcasting "${stream}" now.`);
    return packaged;
  }

  async function found(request: FastifyRequest<{ Params: SessionParams }>): Promise<PackagedSession> {
    const { stream, session } = request.params;
    if (!isName(stream) || !SESSION_PATTERN.test(session)) throw notFound();
    await authorize(request, stream);
    const packaged = origin.find(stream, session);
    if (packaged === undefined) throw notFound('This session is over, or never was.');
    return packaged;
  }
};

/** Rule 26: figures as measured. A session that is a second old has them. */
async function isGoneBeforeMeasured(packaged: PackagedSession, reply: FastifyReply): Promise<boolean> {
  const ready = ({ measured, ended }: Packager): boolean => measured || ended;
  return (await packaged.wait(() => ready(packaged.packager), MEASURE_WAIT, goneSignal(reply))) === 'gone';
}

function addressingIn({ addressing = 'timeline' }: Query): Addressing {
  if (addressing !== 'timeline' && addressing !== 'numbers') throw new Problem(400, 'invalid', 'addressing is timeline or numbers.');
  return addressing;
}

async function sendManifest(request: FastifyRequest<{ Querystring: Query }>, reply: FastifyReply, packaged: PackagedSession) {
  if (await isGoneBeforeMeasured(packaged, reply)) return reply.hijack();
  const bytes = packaged.manifest(tokenIn(request.query), addressingIn(request.query));
  if (bytes === null) throw new Problem(503, 'unavailable', 'There is nothing to play yet.', { headers: { 'retry-after': '1' } });
  return sendText(request, reply, MPD_TYPE, bytes, NEWEST_AGE);
}

async function sendMediaPlaylist(request: MediaRequest, reply: FastifyReply, { packaged, rendition }: MediaTarget) {
  const { packager } = packaged;
  const { timing } = packager;
  if (timing === null) throw notFound();
  const wanted = reload(rendition, timing, request.query);
  if (wanted.kind === 'refused') throw new Problem(400, 'invalid', wanted.detail);
  if (wanted.kind === 'wait') {
    const ready = (): boolean => hasPart(rendition, wanted.msn, wanted.part);
    const result = await packaged.wait(ready, longestWait(packager), goneSignal(reply));
    if (result === 'gone') return reply.hijack();
    if (result === 'timeout') {
      throw new Problem(503, 'unavailable', `Segment ${wanted.msn} did not come in time.`, { headers: { 'retry-after': '1' } });
    }
  }
  const { _HLS_msn: msn, _HLS_skip: skip } = request.query;
  if (rendition.info.onDemand === true && msn === undefined) {
    // It has just been asked for. Players that find no whole segment to load in their first playlist give up.
    const ready = (): boolean => rendition.ended || rendition.segments.findLast(({ complete }) => complete)?.gap === false;
    if ((await packaged.wait(ready, longestWait(packager), goneSignal(reply))) === 'gone') return reply.hijack();
  }
  const age = msn === undefined || rendition.ended ? NEWEST_AGE : RELOAD_AGE;
  // Rule 20. `v2` may also leave out date ranges, of which there are none.
  const delta = skip === 'YES' || skip === 'v2';
  const playlist = packaged.mediaPlaylist(rendition, tokenIn(request.query) !== null, delta);
  // What the playlist of a recorded stream lists outlives the process.
  await packaged.archive?.written();
  return sendText(request, reply, PLAYLIST_TYPE, playlist, age);
}
