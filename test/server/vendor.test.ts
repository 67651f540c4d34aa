/** What pages find faces with, from the server: the WebAssembly as it was installed, and the model. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { WASM_FILES, WASM_VERSION } from '../../server-reference/src/models/vision-wasm.ts';
import { VENDOR } from '../../src/protocol/index.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { taskBundle } from '../support/task-bundle.ts';
import { rawGet } from '../support/wire.ts';

const installed = path.dirname(createRequire(import.meta.url).resolve('@mediapipe/tasks-vision'));
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const FOREIGN = { origin: 'https://www.example.org' };

function rawBytes(url: string, headers: Record<string, string>): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, async (response) => {
      resolve({ headers: response.headers, body: Buffer.concat(await response.toArray()) });
    });
    sent.on('error', reject).end();
  });
}

describe('the WebAssembly of the installed package', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  test('has the version that its path promises, in all three packages that name it', () => {
    assert.equal(VENDOR.wasm, `/vendor/tasks-vision-${WASM_VERSION}`);
    assert.equal(JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')).version, WASM_VERSION);
    for (const file of ['package.json', 'server-reference/package.json']) {
      const { dependencies } = JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
      assert.equal(dependencies['@mediapipe/tasks-vision'], WASM_VERSION, `${file} takes another version, or a range of them`);
    }
  });

  const unpack: Record<string, (body: Buffer) => Buffer> = { br: brotliDecompressSync, gzip: gunzipSync, identity: (body) => body };
  for (const [accepted, coding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['identity', 'identity'],
  ] as const) {
    test(`is sent, for "${accepted}", ${coding === 'identity' ? 'as it is' : `as ${coding}`}, with the type by which it compiles while it loads`, async () => {
      const files = ['vision_wasm_module_internal.js', 'vision_wasm_module_internal.wasm'];
      for (const file of files) {
        const { headers, body } = await rawBytes(`${server.url}${VENDOR.wasm}/${file}`, { ...FOREIGN, 'accept-encoding': accepted });
        assert.equal(headers['content-encoding'] ?? 'identity', coding);
        assert.equal(hashOf(unpack[coding]?.(body) ?? body), hashOf(readFileSync(path.join(installed, 'wasm', file))));
        assert.equal(Number(headers['content-length']), body.byteLength);
        assert.equal(headers['content-type'], file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript; charset=utf-8');
        assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
        assert.equal(headers['access-control-allow-origin'], '*');
        assert.equal(headers['cross-origin-resource-policy'], 'cross-origin');
        assert.match(String(headers['vary']), /accept-encoding/i);
      }
    });
  }

  test('comes with a tag for each coding, and is not sent again to whoever has it', async () => {
    const address = `${VENDOR.wasm}/vision_wasm_module_internal.js`;
    const tags = new Set<string>();
    for (const coding of ['br', 'gzip', 'identity']) {
      const { headers } = await rawGet(server.url, address, { 'accept-encoding': coding }, 'HEAD');
      const tag = headers.etag ?? '';
      tags.add(tag);
      for (const known of [tag, `"other", W/${tag}`]) {
        const again = await rawGet(server.url, address, { 'accept-encoding': coding, 'if-none-match': known });
        assert.deepEqual([again.status, again.body], [304, '']);
      }
    }
    assert.equal(tags.size, 3);
  });

  test('is six files, and nothing else of the package or beside it', async () => {
    for (const file of WASM_FILES) {
      const head = await rawGet(server.url, `${VENDOR.wasm}/${file}`, { 'accept-encoding': 'identity' }, 'HEAD');
      assert.deepEqual([head.status, head.body], [200, ''], file);
      assert.equal(Number(head.headers['content-length']), readFileSync(path.join(installed, 'wasm', file)).byteLength);
    }
    const other = VENDOR.wasm.replace(WASM_VERSION, '0.10.34');
    const others = [
      'vision_bundle.mjs',
      'package.json',
      '../package.json',
      '..%2fpackage.json',
      'vision_wasm_module_internal.js.map',
      '',
      'a/b',
    ];
    for (const address of [
      ...others.map((file) => `${VENDOR.wasm}/${file}`),
      `${other}/${WASM_FILES[0]}`,
      '/vendor',
      '/vendor/',
      '/vendor/models/',
    ]) {
      const { status, body } = await rawGet(server.url, address);
      assert.ok(status === 404 || status === 400, `${address} answered ${status}`);
      assert.ok(!body.includes('"exports"'), address);
    }
  });
});

describe('the face model', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'glasscast-model-'));
  });
  after(() => rm(folder, { recursive: true }));

  const knowsOne = async ({ url }: TestServer): Promise<unknown> =>
    ((await (await fetch(`${url}/api/hello`)).json()) as { features: Record<string, unknown> }).features['face_model'];

  test('is, where there is none, a problem that says what to do, and one as soon as it was fetched', async () => {
    await using server = await startTestServer();
    const address = `${server.url}${VENDOR.faceModel}`;
    const missing = await fetch(address, { headers: FOREIGN });
    assert.deepEqual([missing.status, missing.headers.get('access-control-allow-origin')], [404, '*']);
    assert.equal(missing.headers.get('cache-control'), 'no-store');
    const problem = (await missing.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'model-missing');
    assert.match(problem.detail, /glasscast-server models.*npm run models.*--face-model/);
    assert.deepEqual([server.faceModel, await knowsOne(server)], [null, false]);

    const bundle = taskBundle();
    await mkdir(path.join(server.config.data, 'models'));
    await writeFile(path.join(server.config.data, 'models', 'face_landmarker.task'), bundle);
    const found = await fetch(address, { headers: FOREIGN });
    assert.deepEqual([found.status, found.headers.get('content-type')], [200, 'application/octet-stream']);
    assert.equal(found.headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.equal(hashOf(new Uint8Array(await found.arrayBuffer())), hashOf(bundle));
    assert.equal(await knowsOne(server), true);
  });

  test('is asked for again each time, and sent again only when it has changed', async () => {
    const file = path.join(folder, 'one.task');
    await writeFile(file, taskBundle());
    await using server = await startTestServer({ faceModel: file });
    assert.deepEqual([server.faceModel, await knowsOne(server)], [file, true]);
    const first = await rawGet(server.url, VENDOR.faceModel);
    assert.equal(first.headers['cache-control'], 'no-cache');
    const known = { 'if-none-match': first.headers.etag ?? '' };
    for (let count = 0; count < 3; count++) assert.equal((await rawGet(server.url, VENDOR.faceModel, known)).status, 304);
    assert.deepEqual((await rawGet(server.url, VENDOR.faceModel, {}, 'HEAD')).headers['content-length'], '5000');
    await writeFile(file, taskBundle(6000));
    const changed = await rawGet(server.url, VENDOR.faceModel, known);
    assert.deepEqual([changed.status, changed.headers['content-length']], [200, '6000']);
    await rm(file);
    assert.equal((await rawGet(server.url, VENDOR.faceModel, known)).status, 404);
  });

  const noBundles: [name: string, content: Buffer][] = [
    ['a page of a hotel', Buffer.from('<!doctype html><title>Welcome</title>')],
    ['half a bundle', taskBundle().subarray(0, 2500)],
    ['an empty file', Buffer.alloc(0)],
    ['a bundle for hands', Buffer.from(taskBundle().toString('latin1').replace('face_landmarks', 'hand_landmarks'), 'latin1')],
  ];
  for (const [name, content] of noBundles) {
    test(`${name} is none: told when it was named, and to pages when it lies where one should be`, async () => {
      const file = path.join(folder, 'no.task');
      await writeFile(file, content);
      await assert.rejects(startTestServer({ faceModel: file }), {
        name: 'ConfigError',
        message: `--face-model ${file}: that is no Face Landmarker bundle. Name a face_landmarker.task, or leave it out and run: glasscast-server models`,
      });
      await using server = await startTestServer();
      await mkdir(path.join(server.config.data, 'models'));
      await writeFile(path.join(server.config.data, 'models', 'face_landmarker.task'), content);
      const { status, body } = await rawGet(server.url, VENDOR.faceModel);
      assert.equal(status, 404);
      assert.match(body, /is no Face Landmarker bundle: run glasscast-server models again/);
      assert.equal(await knowsOne(server), false);
    });
  }

  test('that cannot be read is none, and what else the server says of itself is said all the same', async () => {
    await using server = await startTestServer();
    // A file where a folder should be: not "no such file".
    await writeFile(path.join(server.config.data, 'models'), '');
    assert.equal(await knowsOne(server), false);
    assert.equal((await rawGet(server.url, VENDOR.faceModel)).status, 500);
  });

  test('that is named and not there keeps the server from starting, with words', async () => {
    for (const [file, reason] of [
      [path.join(folder, 'gone.task'), 'there is no such file'],
      [folder, 'that is no Face Landmarker bundle'],
    ] as const) {
      await assert.rejects(startTestServer({ faceModel: file }), ({ name, message }: Error) => {
        assert.deepEqual([name, message.split('. ')[0]], ['ConfigError', `--face-model ${file}: ${reason}`]);
        return true;
      });
    }
  });
});
