/** `/ingest/:stream` (docs/protocol.md, "HTTP ingest"): a broadcaster where sockets are blocked. */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { describeIssues, IngestEventSchema, LIMITS } from '../../../src/protocol/index.ts';
import type { Authorizer } from '../http/authorize.ts';
import { Problem } from '../problem.ts';
import type { Body } from '../socket/channel.ts';
import type { BroadcastingOptions } from './begin-broadcasting.ts';
import type { HttpSession } from './http-session.ts';
import { IngestSessions } from './ingest-sessions.ts';
import { numberOf } from './media-query.ts';
import { mediaRoutes } from './media-routes.ts';
import { gone } from './problems.ts';

export interface IngestRoutesOptions extends BroadcastingOptions {
  readonly authorizer: Authorizer;
}

/** The two families of routes share their sessions. */
export interface SharedRoutesOptions extends IngestRoutesOptions {
  readonly sessions: IngestSessions;
}

interface SessionParams {
  readonly stream: string;
  readonly id: string;
}

const MEDIA = 'application/octet-stream';

export const ingestRoutes: FastifyPluginAsync<IngestRoutesOptions> = async (app, options) => {
  const sessions = new IngestSessions(options);
  app.addHook('onClose', async () => sessions.close());
  await app.register(mediaRoutes, { ...options, sessions });
  await app.register(sessionRoutes, { ...options, sessions });
};

/** What follows once a broadcast has been opened with what a join carries. */
const sessionRoutes: FastifyPluginAsync<SharedRoutesOptions> = async (app, { authorizer, sessions }) => {
  app.addContentTypeParser(MEDIA, { parseAs: 'buffer', bodyLimit: LIMITS.binaryFrameBytes }, (_request, body, done) => done(null, body));
  // Without a type too: a browser that names one asks beforehand whether it may, for each number anew.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LIMITS.binaryFrameBytes }, (request, body, done) => {
    if (request.headers['content-type'] === undefined) done(null, body);
    else done(new Problem(415, 'media-type', 'The body is media or JSON.'));
  });

  /** The session that a request speaks of, by somebody who may still publish. */
  const require = async (request: FastifyRequest<{ Params: SessionParams }>): Promise<HttpSession> => {
    const { stream, id } = request.params;
    const principal = await authorizer.require(request, 'publish', { stream });
    const session = sessions.find(stream, id);
    if (session === null) throw gone();
    if (!session.identifies(principal)) throw new Problem(403, 'unauthorized', 'The token is of somebody else than the one who began.');
    session.renew(principal);
    return session;
  };

  app.post<{ Params: SessionParams; Querystring: { seq?: unknown } }>(
    '/ingest/:stream/:id',
    {
      // From its first byte a request shows that the client lives: on a thin uplink it takes a while to its last.
      onRequest: async (request, reply) => {
        const session = sessions.find(request.params.stream, request.params.id);
        if (session === null) return;
        session.began();
        reply.raw.once('close', () => {
          if (sessions.has(session)) session.finished();
        });
      },
    },
    async (request, reply) => {
      const session = await require(request);
      const { event, payload } = eventOf(request.body);
      const answer = await session.request(numberOf('seq', request.query.seq), event, payload);
      reply.header('cache-control', 'no-store');
      return sessions.answer(session, answer);
    },
  );

  app.delete<{ Params: SessionParams }>('/ingest/:stream/:id', async (request, reply) => {
    const session = await require(request);
    session.broadcasting?.handle('end', {});
    sessions.forget(session);
    return reply.code(204).send();
  });
};

function eventOf(body: unknown): { event: string; payload: Body } {
  if (body instanceof Uint8Array) return { event: 'chunk', payload: body };
  const parsed = v.safeParse(IngestEventSchema, body);
  if (parsed.success) return parsed.output;
  throw new Problem(400, 'invalid', 'The body is media, or an event and its payload.', { details: describeIssues(parsed.issues) });
}
