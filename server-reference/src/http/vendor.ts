/** `/vendor/**`: what face detection in a page runs on, from this server instead of a third party's. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { VENDOR } from '../../../src/protocol/index.ts';
import type { FaceModel } from '../models/face-model.ts';
import { type Coding, type VisionWasm, WASM_FILES, WASM_VERSION } from '../models/vision-wasm.ts';
import { takes, varyByCoding } from './content-coding.ts';
import { notFound, Problem } from './problem.ts';

export interface VendorRoutesOptions {
  /** Null where what is installed is not what pages ask for. */
  readonly wasm: VisionWasm | null;
  readonly faceModel: FaceModel;
}

const FOREVER = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/** With this type alone a browser compiles while it loads. */
const WASM_TYPE = 'application/wasm';
const SCRIPT_TYPE = 'text/javascript; charset=utf-8';

const MISSING = {
  missing:
    'This server has no face model yet: run glasscast-server models (in the repository: npm run models), or name a file with --face-model.',
  'no-bundle':
    'The face model of this server is no Face Landmarker bundle: run glasscast-server models again, or name another with --face-model.',
} as const;

export const vendorRoutes: FastifyPluginAsync<VendorRoutesOptions> = async (app, { wasm, faceModel }) => {
  app.addHook('onRequest', async (_request, reply) => {
    // Pages that are cross-origin isolated load it too.
    reply.header('cross-origin-resource-policy', 'cross-origin');
  });

  app.get<{ Params: { file: string } }>(`${VENDOR.wasm}/:file`, async (request, reply) => {
    const { file } = request.params;
    if (!WASM_FILES.includes(file)) throw notFound('There is no such file in this package.');
    if (wasm === null)
      throw new Problem(
        503,
        'unavailable',
        'The face detection that is installed here has another version than pages need; the log says more.',
      );
    const coding = codingOf(request);
    const etag = `"${WASM_VERSION}${coding === null ? '' : `-${coding}`}"`;
    varyByCoding(reply);
    reply.type(file.endsWith('.wasm') ? WASM_TYPE : SCRIPT_TYPE).headers({ 'cache-control': FOREVER, etag });
    if (matches(request, etag)) return reply.code(304).send();
    if (coding !== null) return reply.header('content-encoding', coding).send(await wasm.packed(file, coding));
    const { size, stream } = await wasm.plain(file);
    reply.header('content-length', size);
    return reply.send(request.method === 'HEAD' ? Readable.from([]) : stream());
  });

  app.get(VENDOR.faceModel, async (request, reply) => {
    const opened = await faceModel.open();
    if (opened.state !== 'ready') throw new Problem(404, 'model-missing', MISSING[opened.state]);
    const { handle, size, tag } = opened;
    const etag = `"${tag}"`;
    reply.type('application/octet-stream').headers({ 'cache-control': REVALIDATE, etag });
    const unchanged = matches(request, etag);
    if (unchanged || request.method === 'HEAD') await handle.close();
    if (unchanged) return reply.code(304).send();
    reply.header('content-length', size);
    // The stream closes the file with its end, also where the page has gone.
    return reply.send(request.method === 'HEAD' ? Readable.from([]) : handle.createReadStream({ start: 0, end: size - 1 }));
  });
};

/** The best that the browser takes; null for the file as it is. */
function codingOf(request: FastifyRequest): Coding | null {
  return takes(request, 'br') ? 'br' : takes(request, 'gzip') ? 'gzip' : null;
}

/** A proxy that compresses makes a tag weak. */
const matches = ({ headers }: FastifyRequest, etag: string): boolean =>
  (headers['if-none-match'] ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
