/**
 * The SDK and the demo, as files. Only names that could be ours are looked up at all: every segment starts with a letter, digit or
 * underscore, so that neither `..` nor dot files nor encoded separators reach the file system.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { notFound, Problem } from './problem.ts';

export interface StaticRoutesOptions {
  /** Holds `glasscast.js` and `chunks/`. */
  readonly sdkDirectory: string;
  readonly demoDirectory: string;
}

const SEGMENT = /^\w[\w.-]*$/;

/** The path below a root, or null for one that no file of ours has. */
export function safePath(path: string): string | null {
  const segments = path.split('/');
  return segments.every((segment) => SEGMENT.test(segment) && !segment.includes('..')) ? segments.join('/') : null;
}

/** The build ends the names of chunks with eight letters of a hash of their content: such a name never stands for other bytes. */
const HASHED = /-[\w-]{8}\.\w+(?:\.map)?$/;

const FOREVER = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/** What the documentation promises to pages that embed the SDK, the demo keeps to: its own files alone, and Trusted Types. */
const DEMO_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "media-src 'self' blob:",
  "img-src 'self' data: blob:",
  "form-action 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

export const staticRoutes: FastifyPluginAsync<StaticRoutesOptions> = async (app, { sdkDirectory, demoDirectory }) => {
  await app.register(fastifyStatic, {
    root: [sdkDirectory, demoDirectory],
    serve: false,
    cacheControl: false,
    index: false,
    preCompressed: true,
  });

  const sendSdk = async (reply: FastifyReply, path: string): Promise<FastifyReply> => {
    const safe = safePath(path);
    if (safe === null) throw notFound();
    if (!(await isFile(join(sdkDirectory, safe)))) {
      if (await isFile(join(sdkDirectory, 'glasscast.js'))) throw notFound('There is no such file in the SDK.');
      throw new Problem(503, 'not-built', 'The SDK has not been built yet: run npm run build, then reload.');
    }
    reply.header('cross-origin-resource-policy', 'cross-origin');
    reply.header('cache-control', path !== 'glasscast.js' && HASHED.test(path) ? FOREVER : REVALIDATE);
    return reply.sendFile(safe, sdkDirectory);
  };

  const wildcard = (params: unknown): string => (params as { '*': string })['*'];
  app.get('/glasscast.js', (_request, reply) => sendSdk(reply, 'glasscast.js'));
  app.get('/glasscast.js.map', (_request, reply) => sendSdk(reply, 'glasscast.js.map'));
  app.get('/chunks/*', (request, reply) => sendSdk(reply, `chunks/${wildcard(request.params)}`));
  app.get('/assets/*', (request, reply) => sendSdk(reply, `assets/${wildcard(request.params)}`));

  app.get('/*', async (request, reply) => {
    const asked = wildcard(request.params);
    const path = asked === '' || asked.endsWith('/') ? `${asked}index.html` : asked;
    const safe = safePath(path);
    if (safe === null) throw notFound();
    const file = await isFile(join(demoDirectory, safe));
    if (file) {
      reply.headers({ 'cache-control': REVALIDATE, 'content-security-policy': DEMO_POLICY });
      return reply.sendFile(safe, demoDirectory);
    }
    if (!asked.endsWith('/') && (await isFile(join(demoDirectory, safe, 'index.html')))) return reply.redirect(`/${safe}/`, 308);
    if (asked === '') throw notFound('This server runs without the demo pages; its SDK is at /glasscast.js.');
    throw notFound();
  });
};

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Whatever keeps a file from being looked at, it cannot be served.
    return false;
  }
}
