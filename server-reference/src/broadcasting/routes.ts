/** `/ingest/:stream` (docs/protocol.md, "HTTP ingest"): a broadcaster where sockets are blocked. */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { describeIssues, type ErrorResponse, IngestEventSchema, isName, LIMITS } from '../../../src/protocol/index.ts';
import type { Authorizer } from '../http/authorize.ts';
import { notFound, Problem } from '../problem.ts';
import type { Body } from '../socket/channel.ts';
import { type BroadcastingOptions, beginBroadcasting } from './broadcasting.ts';
import { HttpSession } from './http-session.ts';

export interface IngestRoutesOptions extends BroadcastingOptions {
  readonly authorizer: Authorizer;
}

interface SessionParams {
  readonly stream: string;
  readonly id: string;
}

const MEDIA = 'application/octet-stream';

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

export const ingestRoutes: FastifyPluginAsync<IngestRoutesOptions> = async (app, { authorizer, ...options }) => {
  const { hub } = options;
  const sessions = new Map<string, HttpSession>();
  app.addHook('onClose', async () => {
    for (const session of sessions.values()) session.dispose();
    sessions.clear();
  });
  app.addContentTypeParser(MEDIA, { parseAs: 'buffer', bodyLimit: LIMITS.binaryFrameBytes }, (_request, body, done) => done(null, body));
  // Without a type too: a browser that names one asks beforehand whether it may, for each number anew.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LIMITS.binaryFrameBytes }, (request, body, done) => {
    if (request.headers['content-type'] === undefined) done(null, body);
    else done(new Problem(415, 'media-type', 'The body is media or JSON.'));
  });

  const forget = (session: HttpSession): void => {
    session.dispose();
    sessions.delete(session.id);
  };

  const open = async (request: FastifyRequest<{ Params: { stream: string } }>, reply: FastifyReply): Promise<FastifyReply> => {
    const { stream } = request.params;
    if (!isName(stream)) throw new Problem(400, 'invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
    const principal = await authorizer.require(request, 'publish', { stream });
    const session = new HttpSession(stream, principal, hub.clock, forget);
    const beginning = beginBroadcasting(request.body, session, options);
    if (!beginning.ok) throw problemOf(beginning.response);
    sessions.set(session.id, session);
    session.open(beginning.broadcasting);
    const ingest = `/ingest/${stream}/${session.id}`;
    return reply
      .code(201)
      .headers({ location: ingest, 'cache-control': 'no-store' })
      .send({ ...beginning.response, ingest });
  };

  const find = ({ stream, id }: SessionParams): HttpSession => {
    const session = sessions.get(id);
    if (session?.name === stream) return session;
    throw gone();
  };

  /** The session that a request speaks of, by somebody who may still publish. */
  const require = async (request: FastifyRequest<{ Params: SessionParams }>): Promise<HttpSession> => {
    const { stream } = request.params;
    const principal = await authorizer.require(request, 'publish', { stream });
    const session = find(request.params);
    if (!session.identifies(principal)) throw new Problem(403, 'unauthorized', 'The token is of somebody else than the one who began.');
    session.renew(principal);
    return session;
  };

  app.post('/ingest/:stream', { config: { rateLimit: { max: 120, timeWindow: '1 minute' } } }, open);

  app.post<{ Params: SessionParams; Querystring: { seq?: unknown } }>(
    '/ingest/:stream/:id',
    {
      // From its first byte a request shows that the client lives: on a thin uplink it takes a while to its last.
      onRequest: async (request, reply) => {
        const session = sessions.get(request.params.id);
        if (session === undefined) return;
        session.began();
        reply.raw.once('close', () => {
          if (sessions.has(session.id)) session.finished();
        });
      },
    },
    async (request, reply) => {
      const session = await require(request);
      const { event, payload } = eventOf(request.body);
      const answer = await session.request(numberOf(request.query.seq), event, payload);
      reply.header('cache-control', 'no-store');
      const { active, stopReason } = session.broadcasting ?? { active: false, stopReason: null };
      if (!active && stopReason !== 'taken-over') forget(session);
      if (answer.status === 'ok') return { ...answer.response, requests: session.takeRequests() };
      if (!active && stopReason !== 'taken-over') throw gone();
      throw problemOf(answer.response, { credit: answer.response['credit'], received: answer.response['received'] }, session);
    },
  );

  app.delete<{ Params: SessionParams }>('/ingest/:stream/:id', async (request, reply) => {
    const session = await require(request);
    session.broadcasting?.handle('end', {});
    forget(session);
    return reply.code(204).send();
  });
};

const gone = (): Problem => new Problem(410, 'ingest-gone', 'This broadcast is over, or never was: open it anew, with its publish_key.');

function numberOf(seq: unknown): number | null {
  if (seq === undefined) return null;
  if (typeof seq === 'string' && /^\d{1,15}$/.test(seq)) return Number(seq);
  throw new Problem(400, 'invalid', 'seq is a number from 0 on.');
}

function eventOf(body: unknown): { event: string; payload: Body } {
  if (body instanceof Uint8Array) return { event: 'chunk', payload: body };
  const parsed = v.safeParse(IngestEventSchema, body);
  if (parsed.success) return parsed.output;
  throw new Problem(400, 'invalid', 'The body is media, or an event and its payload.', { details: describeIssues(parsed.issues) });
}

function problemOf({ reason, details, ...more }: ErrorResponse, beside?: Record<string, unknown>, session?: HttpSession): Problem {
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
