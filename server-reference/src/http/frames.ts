/** `POST /frames/:id` (docs/frames.md): a picture as the body or as the `file` of a form, answered with the faces in it. */
import type { Readable } from 'node:stream';
import fastifyMultipart from '@fastify/multipart';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type Bytes, type FramesReply, isName, LIMITS } from '../../../src/protocol/index.ts';
import { DetectionError, type DetectionFailure } from '../vision/detection.ts';
import type { DetectionPool } from '../vision/detection-pool.ts';
import { maySendFrames } from '../vision/may-send-frames.ts';
import type { Authorizer } from './authorize.ts';
import { notFound, Problem, sendProblem, toProblem } from './problem.ts';

export interface FrameRoutesOptions {
  /** Null where no pictures are looked at. */
  readonly detections: DetectionPool | null;
  readonly authorizer: Authorizer;
}

type FrameRequest = FastifyRequest<{ Params: { id: string } }>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends a picture, for the pool: one name of one bearer, or of one address. */
    frameSender: string;
  }
}

const TYPES = ['image/webp', 'image/jpeg', 'image/png'];
const MOST_READ: Bytes = 4 * LIMITS.pictureBytes;
/** From one address; a hall of a hundred senders at two pictures a second has twice that. */
const REQUESTS_A_MINUTE = 24_000;

export const frameRoutes: FastifyPluginAsync<FrameRoutesOptions> = async (app, { detections, authorizer }) => {
  await app.register(fastifyMultipart, { limits: { fileSize: MOST_READ + 1, files: 1, fields: 16, fieldSize: 4096 } });
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser(TYPES, (_request, body, done) => done(null, body));
  app.decorateRequest('frameSender', '');

  app.setErrorHandler((error: unknown, _request, reply) => {
    // The framework does not say which types are taken.
    if (error instanceof Problem || toProblem(error).status !== 415) throw error;
    return sendProblem(reply, new Problem(415, 'media-type', `Send ${TYPES.join(', ')}, or a form.`, { cause: error }));
  });

  // Before the body: who may not send is told so at once.
  const admit = async (request: FastifyRequest): Promise<void> => {
    const { id } = (request as FrameRequest).params;
    if (!isName(id)) throw new Problem(400, 'invalid', 'A sender is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
    const principal = await authorizer.principal(request);
    if (!maySendFrames(principal, id)) await authorizer.require(request, 'frames', { stream: id });
    if (detections === null) throw notFound('This server looks at no pictures.');
    request.frameSender = JSON.stringify([id, principal.sub, principal.sub === null ? request.ip : null]);
  };

  app.post<{ Params: { id: string } }>(
    '/frames/:id',
    { onRequest: admit, config: { rateLimit: { max: REQUESTS_A_MINUTE, timeWindow: '1 minute' } } },
    async (request, reply): Promise<FramesReply> => {
      reply.header('cache-control', 'no-store');
      const encoded = request.isMultipart() ? await fileOf(request) : await whole(request.body as Readable | null);
      if (encoded.byteLength === 0) throw new Problem(400, 'invalid', 'The body is a picture.');
      if (detections === null) throw notFound();
      try {
        return await detections.detect({ encoded }, whileThere(reply), request.frameSender);
      } catch (error) {
        throw error instanceof DetectionError ? problemOf(error) : error;
      }
    },
  );
};

async function fileOf(request: FastifyRequest): Promise<Uint8Array> {
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue;
    if (part.fieldname !== 'file') throw new Problem(400, 'invalid', 'The picture is in the field "file" of the form.');
    return whole(part.file);
  }
  throw new Problem(400, 'invalid', 'The form has no field "file".');
}

/** Who sends too much and is cut off before the last byte often sees no answer, so what is only somewhat too large is read to its end. */
async function whole(body: Readable | null): Promise<Uint8Array> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Buffer>) {
    length += piece.byteLength;
    if (length > LIMITS.pictureBytes) pieces = [];
    else pieces.push(piece);
    if (length > MOST_READ) break;
  }
  if (length > LIMITS.pictureBytes) throw new Problem(413, 'too-large', `A picture has at most ${LIMITS.pictureBytes} bytes.`);
  return Buffer.concat(pieces);
}

/** Aborted when the answer can reach nobody any more. */
function whileThere(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

const ANSWERS: Readonly<Record<DetectionFailure, { readonly status: number; readonly headers?: Readonly<Record<string, string>> }>> = {
  invalid: { status: 422 },
  skipped: { status: 409 },
  limit: { status: 503, headers: { 'retry-after': '1' } },
  server: { status: 503, headers: { 'retry-after': '5' } },
  // Nobody hears this.
  aborted: { status: 503 },
};

function problemOf(error: DetectionError): Problem {
  const { status, headers = {} } = ANSWERS[error.reason];
  return new Problem(status, error.reason, error.message, { cause: error, headers });
}
