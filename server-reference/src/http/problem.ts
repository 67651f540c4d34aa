/** Answers whatever a route throws as problem details, in one place. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound, type Problem, toProblem } from '../problem.ts';
import { redactUrl } from '../telemetry/redact.ts';

export { notFound, Problem, toProblem } from '../problem.ts';

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', ...problem.headers })
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}

export function installProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem.code === 'server') {
      request.log.error({ err: error, method: request.method, url: redactUrl(request.url) }, 'a request failed');
    }
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, notFound()));
}
