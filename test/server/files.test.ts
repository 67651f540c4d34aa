/** The SDK and the demo as files: what they may be cached for, who may embed them, and that no path leads anywhere else. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { createApp } from '../../server-reference/src/http/app.ts';
import { staticRoutes } from '../../server-reference/src/http/static.ts';
import { SiteGuard } from '../../server-reference/src/net/site-guard.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';
import { Readiness } from '../../server-reference/src/telemetry/readiness.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';
import { assertServes, rawGet } from '../support/wire.ts';

const SOURCE = `export const words = '${'a word and another '.repeat(200)}';`;
const CHUNK = '/chunks/worker-Dq3x8Zk1.js';
const FOREIGN = { origin: 'https://www.example.org' };

/** The body as it crosses the wire: `fetch` would unpack it. */
function rawBytes(url: string, path: string, headers: Record<string, string>): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, headers }, async (response) => {
      resolve({ headers: response.headers, body: Buffer.concat(await response.toArray()) });
    });
    sent.on('error', reject).end();
  });
}

describe('files', () => {
  let root: string;
  let url: string;
  let app: FastifyInstance;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'glasscast-files-'));
    await mkdir(join(root, 'sdk', 'chunks'), { recursive: true });
    await mkdir(join(root, 'demo', 'call'), { recursive: true });
    await writeFile(join(root, 'secret.txt'), 'secret');
    await writeFile(join(root, 'demo', '.env'), 'secret');
    for (const file of ['glasscast.js', CHUNK.slice(1)]) {
      await writeFile(join(root, 'sdk', file), SOURCE);
      await writeFile(join(root, 'sdk', `${file}.br`), brotliCompressSync(SOURCE));
      await writeFile(join(root, 'sdk', `${file}.gz`), gzipSync(SOURCE));
    }
    await writeFile(join(root, 'sdk', 'chunks', 'hls-engine.js'), 'export {};');
    await writeFile(join(root, 'demo', 'index.html'), '<!doctype html><title>demo</title>');
    await writeFile(join(root, 'demo', 'call', 'index.html'), '<!doctype html><title>call</title>');
    const guard = new SiteGuard({ mode: 'development', publicUrl: null, origins: ['loopback'] });
    app = await createApp({ log: createLog({ level: 'silent' }), guard, readiness: new Readiness(), trustProxy: false });
    await app.register(staticRoutes, { sdkDirectory: join(root, 'sdk'), demoDirectory: join(root, 'demo') });
    url = await app.listen({ port: 0, host: '127.0.0.1' });
  });
  after(async () => {
    await app.close();
    await rm(root, { recursive: true });
  });

  test('the SDK is revalidated, its hashed chunks are kept for ever, both for pages of any origin', async () => {
    const entry = await fetch(`${url}/glasscast.js`, { headers: FOREIGN });
    assert.deepEqual([entry.status, entry.headers.get('cache-control')], [200, 'no-cache']);
    for (const accepted of ['br', 'gzip', 'identity']) {
      const { etag = '' } = (await rawGet(url, '/glasscast.js', { 'accept-encoding': accepted })).headers;
      const again = await rawGet(url, '/glasscast.js', { 'accept-encoding': accepted, 'if-none-match': etag });
      assert.deepEqual([again.status, again.body], [304, '']);
    }
    const chunk = await fetch(`${url}${CHUNK}`, { headers: FOREIGN });
    assert.equal(chunk.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    for (const { headers } of [entry, chunk]) {
      assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.match(headers.get('content-type') ?? '', /^(?:text|application)\/javascript/);
    }
    assert.equal((await fetch(`${url}/chunks/gone-Dq3x8Zk1.js`)).status, 404);
  });

  test('a chunk whose name holds no hash is revalidated', async () => {
    assert.equal((await fetch(`${url}/chunks/hls-engine.js`)).headers.get('cache-control'), 'no-cache');
  });

  const encodings: [accepted: string, encoding: string | undefined, unpack: (body: Buffer) => Buffer][] = [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['identity', undefined, (body) => body],
    ['', undefined, (body) => body],
  ];
  for (const path of ['/glasscast.js', CHUNK]) {
    for (const [accepted, encoding, unpack] of encodings) {
      test(`${path} for "${accepted}" is sent as it was compressed by the build: ${encoding ?? 'plain'}`, async () => {
        const { headers, body } = await rawBytes(url, path, { ...FOREIGN, 'accept-encoding': accepted });
        assert.equal(headers['content-encoding'], encoding);
        assert.equal(unpack(body).toString(), SOURCE);
        assert.equal(Number(headers['content-length']), body.byteLength);
        assert.match(String(headers['content-type']), /^(?:text|application)\/javascript/);
        assert.match(String(headers['vary']), /accept-encoding/i);
        assert.equal(headers['access-control-allow-origin'], '*');
        assert.equal(headers['cross-origin-resource-policy'], 'cross-origin');
        assert.match(String(headers['cache-control']), path === CHUNK ? /immutable/ : /^no-cache$/);
      });
    }
  }

  test('the compressed and the plain file have an ETag each', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (accepted) => (await rawGet(url, CHUNK, { 'accept-encoding': accepted })).headers.etag),
    );
    assert.equal(new Set(tags).size, 3, String(tags));
  });

  test('the demo is at the root and in folders', async () => {
    assert.match(await (await fetch(`${url}/`)).text(), /demo/);
    assert.match(await (await fetch(`${url}/call/`)).text(), /call/);
    const folder = await fetch(`${url}/call`, { redirect: 'manual' });
    assert.deepEqual([folder.status, folder.headers.get('location')], [308, '/call/']);
  });

  test('pages of the demo run under the strict policy with Trusted Types, and tell nobody where they are', async () => {
    for (const path of ['/', '/call/']) {
      const { headers } = await fetch(`${url}${path}`);
      const policy = headers.get('content-security-policy') ?? '';
      for (const directive of [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "worker-src 'self' blob:",
        "require-trusted-types-for 'script'",
      ]) {
        assert.ok(policy.split('; ').includes(directive), `${directive} is missing in ${policy}`);
      }
      assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|\*/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });

  const escapes = [
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    '%2e%2e%2fsecret.txt',
    '..%5csecret.txt',
    '%252e%252e%252fsecret.txt',
    '....//secret.txt',
    '/secret.txt',
    './../secret.txt',
    '.env',
    '%2eenv',
    '%00',
    'x%00.js',
    'a/../../secret.txt',
    `${'../'.repeat(12)}etc/passwd`,
    `${'..%2f'.repeat(12)}etc%2fpasswd`,
    '..;/secret.txt',
    'call/..%2f..%2fsecret.txt',
    '%c0%ae%c0%ae/secret.txt',
    '%uff0e%uff0e/secret.txt',
  ];
  for (const prefix of ['/', '/chunks/', '/assets/', '/call/', '/glasscast.js/', '/glasscast.js.map/']) {
    for (const path of escapes) {
      test(`${prefix}${path} leads nowhere`, async () => {
        const { status, body } = await rawGet(url, `${prefix}${path}`);
        assert.ok(status === 404 || status === 400, `answered ${status}`);
        assert.ok(!body.includes('"secret"') && body !== 'secret' && !body.includes('root:'));
        assert.equal((await fetch(`${url}/`)).status, 200, 'the demo is still served');
      });
    }
  }
});

test('no file route of the whole server leads out of its folder, in whatever way the dots are written', async () => {
  await using server = await startTestServer();
  const publisher = await Publisher.connect({ server: server.url, stream: 'show', tracks: [videoTrack()] });
  const { session } = publisher.session;
  const prefixes = [
    '/',
    '/chunks/',
    '/assets/',
    '/vendor/',
    '/vendor/tasks-vision-0.10.35/',
    '/vendor/models/',
    '/glasscast.js/',
    '/live/',
    '/live/show/',
    `/live/show/${session}/`,
    `/live/show/${session}/v0/`,
    `/live/show/${session}/v0/seg-0.m4s/`,
    '/api/',
    '/socket/',
  ];
  const ups = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '%252e%252e%252f', '....//', './../', '%c0%ae%c0%ae/', '..;/', '..%00/'];
  for (const prefix of prefixes) {
    for (const up of ups) {
      for (const target of ['package.json', 'etc/passwd']) {
        const path = `${prefix}${up.repeat(10)}${target}`;
        const { status, body } = await rawGet(server.url, path);
        assert.ok(status === 404 || status === 400, `${path} answered ${status}`);
        assert.ok(!body.includes('"workspaces"') && !body.includes('root:'), path);
      }
    }
    await assertServes(server);
  }
  publisher.drop();
});
