/** The HTTP application: what holds for every route. Routes themselves are registered by whoever composes the server. */
import fastifyCors from '@fastify/cors';
import fastifyRateLimit from '@fastify/rate-limit';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { SiteGuard } from '../net/site-guard.ts';
import type { Log } from '../telemetry/log.ts';
import type { Readiness } from '../telemetry/readiness.ts';
import { redactUrl } from '../telemetry/redact.ts';
import { installProblems, Problem, sendProblem, toProblem } from './problem.ts';

export interface AppOptions {
  readonly log: Log;
  readonly guard: SiteGuard;
  readonly readiness: Readiness;
  readonly trustProxy: boolean;
  /** How long a request may take from its first byte to its last; {@link REQUEST_TIMEOUT} where left out. */
  readonly arrival?: Milliseconds;
}

/** JSON that the interface takes is small. */
const BODY_BYTES = 64 * 1024;

/** From the first byte of a request to its last; answers may take longer. Whoever drips one in ties up a connection. */
const REQUEST_TIMEOUT: Milliseconds = 60_000;

/** Read by pages of every origin: what an element asks before it knows whether it may do anything, and the SDK itself with what it runs on. */
const OPEN_TO_ALL = /^\/(?:api\/(?:hello|time)(?:\?|$)|glasscast\.js|chunks\/|assets\/|vendor\/)/;
/** Probes come by address or by a name of the platform's choosing, and learn nothing. */
const PROBES = /^\/(?:healthz|readyz)(?:\?|$)/;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which requests may take as long as they like to arrive. Their connection ends with the answer: whoever is refused may still be sending. */
    readonly endless?: (request: FastifyRequest) => boolean;
  }
}

/** Real time, whatever the clock: connections are no part of what tests move. */
function limitArrival({ raw }: FastifyRequest, patience: Milliseconds): void {
  const { 'content-length': length, 'transfer-encoding': coding } = raw.headers;
  if (raw.complete || (coding === undefined && (length === undefined || length === '0'))) return;
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy();
  }, patience).unref();
  // Not with the answer: whoever was refused early may still be sending.
  raw.once('close', () => clearTimeout(timer));
}

export async function createApp({ log, guard, readiness, trustProxy, arrival = REQUEST_TIMEOUT }: AppOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    // Requests are logged below, without their queries; of its own accord the framework only warns.
    loggerInstance: log.child({}, { level: log.isLevelEnabled('warn') ? 'warn' : log.level }) as FastifyBaseLogger,
    trustProxy,
    bodyLimit: BODY_BYTES,
    // Kept below, since some requests are meant to last.
    requestTimeout: 0,
    // An upgrade has a listener of its own; closing is ordered by the server.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, toProblem(error));
    },
  });
  installProblems(app);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.endless?.(request) === true) reply.header('connection', 'close');
    else limitArrival(request, arrival);
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    if (!PROBES.test(request.url)) guard.checkHost(request.headers.host);
    if (SAFE_METHODS.has(request.method)) return;
    guard.checkOrigin(request.headers);
    if (readiness.draining) throw new Problem(503, 'draining', 'The server is shutting down.', { headers: { 'retry-after': '5' } });
  });
  if (log.isLevelEnabled('debug')) {
    app.addHook('onResponse', async (request, reply) => {
      const { statusCode: status, elapsedTime } = reply;
      log.debug({ method: request.method, url: redactUrl(request.url), status, ms: Math.round(elapsedTime) }, 'answered');
    });
  }

  await app.register(fastifyCors, {
    delegator: (request, done) => {
      const open = OPEN_TO_ALL.test(request.url) && SAFE_METHODS.has(request.method);
      const allowed = request.headers.origin !== undefined && guard.allowsOrigin(request.headers);
      done(null, {
        origin: open ? '*' : allowed,
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
        exposedHeaders: ['Location', 'ETag', 'Link', 'Retry-After', 'Accept-Post', 'Accept-Patch'],
        maxAge: 600,
      });
    },
  });
  await app.register(fastifyRateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) =>
      new Problem(429, 'limit', `Too many requests; try again in ${Math.ceil(ttl / 1000)} s.`, {
        headers: { 'retry-after': String(Math.ceil(ttl / 1000)) },
      }),
  });
  return app;
}
