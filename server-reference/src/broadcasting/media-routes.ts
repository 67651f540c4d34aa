/**
 * `POST` or `PUT /ingest/:stream` (docs/ingest.md): what a join carries, as JSON; or media at once, from whatever can send a request. A body
 * whose length is known is one chunk, and so is each `file` of a form; one that has no length is a whole broadcast.
 */
import type { Readable } from 'node:stream';
import fastifyMultipart from '@fastify/multipart';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type Bytes, type Container, isName, LIMITS, type Milliseconds, WIRE_VERSION } from '../../../src/protocol/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';
import { beginsMovie } from '../ingest/fmp4-reader.ts';
import { beginsRecording } from '../ingest/matroska-reader.ts';
import { Problem } from '../problem.ts';
import { ArrivingBody } from './arriving-body.ts';
import type { HttpSession } from './http-session.ts';
import type { OpenedSession } from './ingest-sessions.ts';
import { type MediaQuery, readMediaQuery } from './media-query.ts';
import type { SharedRoutesOptions } from './routes.ts';

type StreamRequest = FastifyRequest<{ Params: { stream: string }; Querystring: Record<string, unknown> }>;

/** A broadcast within one request that brings nothing for this long has lost its sender. */
const SILENCE: Milliseconds = LIMITS.resumeMs;
/** What comes too soon waits this long at a time, and a chunk once. */
const LONGEST_PAUSE: Milliseconds = 2_000;
const OPENINGS_A_MINUTE = 120;

const TYPES: Readonly<Record<string, Container>> = {
  'video/x-matroska': 'matroska',
  'audio/x-matroska': 'matroska',
  'video/webm': 'webm',
  'audio/webm': 'webm',
  'video/mp4': 'fmp4',
  'audio/mp4': 'fmp4',
};

const isJson = (request: FastifyRequest): boolean => /^application\/json\b/i.test(request.headers['content-type'] ?? '');

/** Whether a request is a whole broadcast: media without a length, and without a number as chunks have one. */
function isBroadcast({ headers, query }: FastifyRequest): boolean {
  const media = !/^(?:application\/json|multipart\/)/i.test(headers['content-type'] ?? '');
  return media && headers['content-length'] === undefined && (query as StreamRequest['query'])['seq'] === undefined;
}

export const mediaRoutes: FastifyPluginAsync<SharedRoutesOptions> = async (app, { authorizer, sessions, hub }) => {
  await app.register(fastifyMultipart, { limits: { fileSize: LIMITS.binaryFrameBytes, files: 16, fields: 16, fieldSize: 4096 } });
  // Read as it comes: it may be endless.
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));

  const begin = async (request: StreamRequest, reply: FastifyReply): Promise<unknown> => {
    const { stream } = request.params;
    if (!isName(stream)) throw new Problem(400, 'invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
    const principal = await authorizer.require(request, 'publish', { stream });
    reply.header('cache-control', 'no-store');
    if (isJson(request)) {
      const { response } = sessions.open(stream, principal, request.body);
      return reply.code(201).header('location', String(response['ingest'])).send(response);
    }
    if (request.isMultipart()) return form(request, reply, principal);
    const query = readMediaQuery(request.query);
    if (isBroadcast(request)) return broadcast(request, principal, query);
    return oneChunk(request, reply, principal, query, await whole(request.body as Readable));
  };

  /** The name under which whoever sends is found again; those of whom nothing is known are told apart by their address. */
  const nameOf = ({ params, ip }: StreamRequest, { sub }: Principal, { session }: MediaQuery): string =>
    JSON.stringify([params.stream, sub, sub === null ? ip : null, session]);

  /** Waits a while where what comes next is too much or too soon; false where it is not. */
  const paused = async (session: HttpSession, bytes: Bytes): Promise<boolean> => {
    const patience = session.broadcasting?.patience(bytes) ?? 0;
    if (patience > 0) await pause(hub.clock, Math.min(LONGEST_PAUSE, patience));
    return patience > 0;
  };

  const oneChunk = async (
    request: StreamRequest,
    reply: FastifyReply,
    principal: Principal,
    query: MediaQuery,
    bytes: Uint8Array,
  ): Promise<Record<string, unknown>> => {
    const { stream } = request.params;
    const name = nameOf(request, principal, query);
    const running = sessions.called(name, query.container);
    const opened: OpenedSession =
      running === null
        ? sessions.call(name, stream, principal, joinOf(query, containerOf(request, query, bytes)), 'bursts')
        : { session: running, response: {} };
    if (running === null) reply.code(201);
    else running.renew(principal);
    const { session } = opened;
    session.began();
    try {
      // Whoever sends one after the other is slowed down by answers.
      await paused(session, bytes.byteLength);
      const answer = await session.request(query.seq, 'chunk', bytes, query.epoch);
      return { ...opened.response, ...sessions.answer(session, answer) };
    } finally {
      if (sessions.has(session)) session.finished();
    }
  };

  const form = async (request: StreamRequest, reply: FastifyReply, principal: Principal): Promise<Record<string, unknown>> => {
    const { query: given } = request;
    const fields: Record<string, unknown> = { ...given };
    let answer: Record<string, unknown> | null = null;
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = part.value;
      else if (part.fieldname !== 'file') throw new Problem(400, 'invalid', 'Media is in the field "file" of the form.');
      else {
        const query = readMediaQuery(fields);
        const bytes = await part.toBuffer();
        answer = { ...(answer ?? {}), ...(await oneChunk(request, reply, principal, query, bytes)) };
        // The files of one form follow each other.
        if (query.seq !== null) fields['seq'] = String(query.seq + 1);
      }
    }
    if (answer === null) throw new Problem(400, 'invalid', 'The form has no field "file".');
    return answer;
  };

  /** Media for as long as the request lasts. Its end is the end of the broadcast; where it breaks off, the sender may come back. */
  const broadcast = async (request: StreamRequest, principal: Principal, query: MediaQuery): Promise<Record<string, unknown>> => {
    const { stream } = request.params;
    const name = nameOf(request, principal, query);
    const body = new ArrivingBody(request.raw);
    let opened: OpenedSession | null = null;
    let answer: Record<string, unknown> = {};
    const quiet = new QuietWatch(hub.clock, () => body.breakOff());
    try {
      for (let piece = await body.next(); piece !== null; piece = await body.next()) {
        quiet.stop();
        if (opened === null) {
          opened = sessions.call(name, stream, principal, joinOf(query, containerOf(request, query, piece)));
          // It is not idle while its request lasts.
          opened.session.began();
        }
        const { session } = opened;
        if (principal.expiresAt !== null && hub.clock.now() >= principal.expiresAt)
          throw new Problem(401, 'token-expired', 'The token has ended: send again with another, and the broadcast goes on.');
        while (await paused(session, piece.byteLength));
        answer = sessions.answer(session, await session.request(null, 'chunk', piece));
        quiet.start();
      }
      if (opened === null) throw new Problem(400, 'invalid', 'The body has no media.');
      opened.session.broadcasting?.handle('end', {});
      return { ...opened.response, ...answer };
    } catch (cause) {
      if (cause instanceof Problem) throw cause;
      // Nobody hears this: the sender is gone, or silent.
      throw new Problem(408, 'invalid', 'The broadcast broke off.', { cause });
    } finally {
      quiet.stop();
      body.close();
      if (opened !== null && sessions.has(opened.session)) leave(opened.session);
    }
  };

  const leave = (session: HttpSession): void => {
    session.broadcasting?.dropped();
    sessions.forget(session);
  };

  const rateLimit = { max: OPENINGS_A_MINUTE, timeWindow: '1 minute', allowList: (request: FastifyRequest) => !isJson(request) };
  app.post('/ingest/:stream', { config: { rateLimit, endless: isBroadcast } }, begin);
  app.put('/ingest/:stream', { config: { rateLimit, endless: isBroadcast } }, begin);
};

function joinOf({ join }: MediaQuery, container: Container): Record<string, unknown> {
  return { v: WIRE_VERSION, container, ...join };
}

/** As the request says, or as the first bytes do. */
function containerOf(request: FastifyRequest, { container }: MediaQuery, bytes: Uint8Array): Container {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const said = container ?? TYPES[type.trim()];
  if (said !== undefined) return said;
  if (beginsRecording(bytes) === 'yes') return 'matroska';
  if (beginsMovie(bytes) === 'yes') return 'fmp4';
  throw new Problem(400, 'invalid', 'The container is not known by its first bytes: say ?container=matroska, webm or fmp4.');
}

async function whole(body: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    length += piece.byteLength;
    if (length > LIMITS.binaryFrameBytes) throw new Problem(413, 'too-large', `A chunk has at most ${LIMITS.binaryFrameBytes} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function pause(clock: Clock, delay: Milliseconds): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(delay, resolve);
  return promise;
}

class QuietWatch {
  readonly #clock: Clock;
  readonly #over: () => void;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
    this.start();
  }

  start(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(SILENCE, this.#over);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
