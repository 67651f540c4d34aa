/** The small routes that elements and probes ask: hello, time, ICE servers, development tokens, health. */
import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import { describeIssues, GrantsSchema, type Hello, TitleSchema, WIRE_VERSIONS } from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import { signToken } from '../auth/sign-token.ts';
import type { Clock } from '../clock.ts';
import { type Config, NO_DETECTOR } from '../config/config.ts';
import type { FaceModel } from '../models/face-model.ts';
import { iceServers } from '../net/ice-servers.ts';
import { hostnameOf } from '../net/loopback.ts';
import type { SiteGuard } from '../net/site-guard.ts';
import type { Readiness } from '../telemetry/readiness.ts';
import { VERSION } from '../version.ts';
import type { Authorizer } from './authorize.ts';
import { Problem } from './problem.ts';

export interface ApiRoutesOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly guard: SiteGuard;
  readonly authorizer: Authorizer;
  readonly readiness: Readiness;
  /** The port that STUN was given; null without STUN. */
  readonly stunPort: number | null;
  readonly faceModel: FaceModel;
  /** Signs the tokens of development mode; null in production, where the page's own backend signs them. */
  readonly developmentSecret: string | null;
}

const TokenRequestSchema = v.object({
  name: v.optional(TitleSchema),
  sub: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(128))),
  grants: v.optional(GrantsSchema, []),
  /** Seconds. */
  ttl: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(86_400)), 7200),
});

export const apiRoutes: FastifyPluginAsync<ApiRoutesOptions> = async (app, options) => {
  const { config, clock, guard, authorizer, readiness, stunPort, faceModel, developmentSecret } = options;

  app.get('/api/hello', async (request, reply): Promise<Hello> => {
    reply.header('cache-control', 'no-store');
    return {
      name: 'glasscast-server',
      version: VERSION,
      wire: [...WIRE_VERSIONS],
      mode: config.mode,
      public: [...config.public],
      origin_allowed: guard.allowsOrigin(request.headers),
      features: {
        rooms: true,
        streams: true,
        'long-poll': true,
        'auto-create': config.autoCreate,
        stun: stunPort !== null,
        turn: config.turnUrl !== null,
        recording: config.record,
        // One that cannot be read is none; whoever asks for it is told, and so was the log. All else that is said here holds.
        face_model: await faceModel.state().then(
          (state) => state === 'ready',
          () => false,
        ),
        frames: config.detector !== NO_DETECTOR,
        tokens: developmentSecret !== null,
      },
    };
  });

  app.get<{ Querystring: { format?: unknown } }>('/api/time', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    // As DASH players want it: urn:mpeg:dash:utc:http-iso:2014.
    if (request.query.format === 'iso') return reply.type('text/plain').send(new Date(clock.now()).toISOString());
    return { server_ms: clock.now() };
  });

  app.get('/api/ice-servers', { config: { rateLimit: { max: 120, timeWindow: '1 minute' } } }, async (request, reply) => {
    const principal = await authorizer.principal(request);
    // TURN relays traffic at the owner's cost: only for whoever may join something.
    const mayJoin =
      may(principal, 'join', { server: true }) || principal.grants.some(({ room, can }) => room !== undefined && can.includes('join'));
    if (!mayJoin) await authorizer.require(request, 'join', { server: true });
    reply.header('cache-control', 'no-store');
    return { ice_servers: iceServers({ ...config, stunPort, clock }, principal, hostnameOf(request.headers.host ?? '')) };
  });

  app.post('/api/tokens', { config: { rateLimit: { max: 120, timeWindow: '1 minute' } } }, async (request, reply) => {
    if (developmentSecret === null)
      throw new Problem(404, 'not-found', "In production the page's own backend signs tokens; see glasscast-server token --help.");
    const parsed = v.safeParse(TokenRequestSchema, request.body ?? {});
    if (!parsed.success)
      throw new Problem(400, 'invalid', 'The token is not described as it should be.', { details: describeIssues(parsed.issues) });
    reply.header('cache-control', 'no-store');
    return { token: await signToken(developmentSecret, parsed.output) };
  });

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    if (readiness.draining) throw new Problem(503, 'draining', 'The server is shutting down.', { headers: { 'retry-after': '5' } });
    reply.header('cache-control', 'no-store');
    return { status: 'ready' };
  });
};
