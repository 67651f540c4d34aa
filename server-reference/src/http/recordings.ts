/**
 * `/recordings/**`: what was recorded, as HLS and DASH, as one file, and as pictures. Names are taken apart by exact patterns before
 * anything is looked up; what does not match is not found.
 */
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { isName } from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import { isRendition, isSession } from '../recording/layout.ts';
import type { ByteSource, Library } from '../recording/library.ts';
import type { PictureAnswer, Pictures } from '../recording/pictures.ts';
import type { Recordings } from '../recording/recordings.ts';
import type { Summary } from '../recording/summary.ts';
import type { Authorizer } from './authorize.ts';
import { byteRange } from './byte-range.ts';
import { takes, varyByCoding } from './content-coding.ts';
import { notFound, Problem } from './problem.ts';

export interface RecordingRoutesOptions {
  readonly recordings: Recordings;
  readonly library: Library;
  readonly pictures: Pictures;
  readonly authorizer: Authorizer;
  readonly publicUrl: URL | null;
}

interface StreamParams {
  readonly stream: string;
}

interface RecordingParams extends StreamParams {
  readonly session: string;
}

interface FileParams extends RecordingParams {
  readonly file: string;
}

interface MediaParams extends FileParams {
  readonly rendition: string;
}

interface TokenQuery {
  readonly token?: unknown;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const MANIFEST_TYPE = 'application/dash+xml';
const FILE_PATTERN = /^(?:(media\.m3u8)|init-(\d{1,9})\.mp4|seg-(\d{1,12})\.m4s)$/;

/** Media never changes under its address. */
const IMMUTABLE = 'max-age=31536000, immutable';
/** Playlists grow while a recording is made, and end with its deletion. */
const REVALIDATE = 'max-age=0, must-revalidate';

/** Of a live stream it changes, of a recording it goes when that is deleted. */
const PICTURE_AGE = 'max-age=5';

const compress = promisify(gzip);

const gone = (): Problem => notFound('There is no such recording, or nothing of it can be played yet.');

export const recordingRoutes: FastifyPluginAsync<RecordingRoutesOptions> = async (app, options) => {
  const { recordings, library, pictures, authorizer, publicUrl } = options;
  app.addHook('onRequest', async (_request, reply) => {
    // Pages that are cross-origin isolated may embed it too; who may read it is the business of CORS.
    reply.header('cross-origin-resource-policy', 'cross-origin');
  });
  const base = publicUrl === null ? '' : publicUrl.origin;

  app.get<{ Params: StreamParams; Querystring: TokenQuery }>('/recordings/:stream', async (request, reply) => {
    const { stream } = request.params;
    if (!isName(stream)) throw notFound();
    await authorizer.require(request, 'watch', { stream });
    reply.header('cache-control', 'no-store');
    return { recordings: recordings.list(stream).map((summary) => describe(summary, base)) };
  });

  app.delete<{ Params: RecordingParams }>('/recordings/:stream/:session', async (request, reply) => {
    const { stream, session } = request.params;
    if (!isName(stream) || !isSession(session)) throw notFound();
    const principal = await authorizer.principal(request);
    // Where anyone may broadcast, not anyone may delete what others did: to publish has to be granted by a token.
    const publishes = may({ ...principal, publicCan: new Set() }, 'publish', { stream });
    if (!publishes) await authorizer.require(request, 'moderate', { stream });
    const deletion = await recordings.delete(stream, session);
    if (deletion === 'not-found') throw gone();
    if (deletion === 'live') throw new Problem(409, 'live', 'This is being recorded now; delete it when the stream has ended.');
    return reply.code(204).send();
  });

  app.get<{ Params: FileParams; Querystring: TokenQuery }>('/recordings/:stream/:session/:file', async (request, reply) => {
    const { stream, session, file } = request.params;
    if (!isName(stream) || !isSession(session)) throw notFound();
    await authorizer.require(request, 'watch', { stream });
    const token = tokenOf(request.query);
    switch (file) {
      case 'index.m3u8':
        return sendText(request, reply, PLAYLIST_TYPE, await library.multivariant(stream, session, token !== null));
      case 'manifest.mpd': {
        const query = token === null ? '' : `?token=${encodeURIComponent(token)}`;
        return sendText(request, reply, MANIFEST_TYPE, await library.manifest(stream, session, query));
      }
      case 'download.mp4': {
        const movie = await library.download(stream, session);
        // Not before: a refusal is no file to be kept.
        if (movie !== null) reply.header('content-disposition', `attachment; filename="${stream}-${session}.mp4"`);
        return sendBytes(request, reply, 'video/mp4', REVALIDATE, movie);
      }
      case 'poster.jpg':
        return sendPicture(request, reply, await pictures.poster(stream, session));
      case 'storyboard.jpg':
        return sendPicture(request, reply, await pictures.storyboard(stream, session));
      case 'storyboard.vtt': {
        if (!pictures.available) throw noDecoder();
        const image = token === null ? 'storyboard.jpg' : `storyboard.jpg?token=${encodeURIComponent(token)}`;
        return sendText(request, reply, 'text/vtt; charset=utf-8', await pictures.storyboardVtt(stream, session, image));
      }
      default:
        throw notFound();
    }
  });

  app.get<{ Params: StreamParams }>('/live/:stream/poster.jpg', async (request, reply) => {
    const { stream } = request.params;
    if (!isName(stream)) throw notFound();
    await authorizer.require(request, 'watch', { stream });
    return sendPicture(request, reply, await pictures.live(stream));
  });

  app.get<{ Params: MediaParams; Querystring: TokenQuery }>('/recordings/:stream/:session/:rendition/:file', async (request, reply) => {
    const { stream, session, rendition, file } = request.params;
    const match = FILE_PATTERN.exec(file);
    if (match === null || !isName(stream) || !isSession(session) || !isRendition(rendition)) throw notFound();
    await authorizer.require(request, 'watch', { stream });
    const [, playlist, epoch, segment] = match;
    if (playlist !== undefined) {
      return sendText(request, reply, PLAYLIST_TYPE, await library.media(stream, session, rendition, tokenOf(request.query) !== null));
    }
    const kind = rendition.startsWith('v') ? 'video' : 'audio';
    if (epoch === undefined) {
      const source = await library.segment(stream, session, rendition, Number(segment));
      return sendBytes(request, reply, `${kind}/iso.segment`, IMMUTABLE, source);
    }
    const init = await library.init(stream, session, rendition, Number(epoch));
    if (init === null) throw gone();
    return reply.type(`${kind}/mp4`).header('cache-control', cacheControl(request, IMMUTABLE)).send(init);
  });
};

const noDecoder = (): Problem =>
  new Problem(404, 'no-decoder', 'Pictures are drawn by ffmpeg, which this server does not have: install it, or name it with --ffmpeg.');

function sendPicture(request: FastifyRequest, reply: FastifyReply, picture: PictureAnswer): FastifyReply {
  if (picture.ok) return reply.type('image/jpeg').header('cache-control', cacheControl(request, PICTURE_AGE)).send(picture.jpeg);
  switch (picture.reason) {
    case 'no-decoder':
      throw noDecoder();
    case 'busy':
      throw new Problem(503, 'unavailable', 'Too many pictures are being drawn.', { headers: { 'retry-after': '5' } });
    case 'failed':
      throw notFound('This cannot be decoded.');
    case 'not-found':
      throw notFound('There is no picture of this, or not yet.');
  }
}

function describe(summary: Summary, base: string) {
  const { stream, session, title, startedAt, endedAt, reason, duration, bytes, renditions } = summary;
  const path = `${base}/recordings/${stream}/${session}`;
  return {
    session,
    title,
    state: reason === null ? 'recording' : 'ended',
    reason,
    started_at: startedAt,
    ended_at: endedAt,
    duration,
    bytes,
    tracks: renditions,
    playback: { hls: `${path}/index.m3u8`, dash: `${path}/manifest.mpd` },
    download: `${path}/download.mp4`,
    poster: `${path}/poster.jpg`,
    storyboard: `${path}/storyboard.vtt`,
  };
}

function tokenOf({ token }: TokenQuery): string | null {
  return typeof token === 'string' && token !== '' ? token : null;
}

/** What needed a token is for its bearer alone. */
function cacheControl(request: FastifyRequest, age: string): string {
  const personal = request.headers.authorization !== undefined || tokenOf(request.query as TokenQuery) !== null;
  return `${personal ? 'private' : 'public'}, ${age}`;
}

async function sendText(request: FastifyRequest, reply: FastifyReply, type: string, text: string | null): Promise<FastifyReply> {
  if (text === null) throw gone();
  reply.type(type).header('cache-control', cacheControl(request, REVALIDATE));
  varyByCoding(reply);
  if (!takes(request, 'gzip')) return reply.send(text);
  // Off the event loop: an hour has some hundred kilobytes.
  return reply.header('content-encoding', 'gzip').send(await compress(text));
}

function sendBytes(request: FastifyRequest, reply: FastifyReply, type: string, age: string, source: ByteSource | null): FastifyReply {
  if (source === null) throw gone();
  const { length, tag } = source;
  const etag = `"${tag}"`;
  reply.type(type).headers({ 'cache-control': cacheControl(request, age), 'accept-ranges': 'bytes', etag });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const condition = request.headers['if-range'];
  const range = condition === undefined || condition === etag ? byteRange(request.headers.range, length) : null;
  const { start, end } = range ?? { start: 0, end: length - 1 };
  reply.header('content-length', end - start + 1);
  if (range !== null) reply.code(206).header('content-range', `bytes ${start}-${end}/${length}`);
  return reply.send(request.method === 'HEAD' ? Readable.from([]) : source.stream(start, end));
}
