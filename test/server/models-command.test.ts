/** `glasscast-server models`: what it fetches, what it keeps, and what it says where it cannot. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { modelsCommand } from '../../server-reference/src/cli/models.ts';
import { run } from '../../server-reference/src/cli/run.ts';
import { fetchModel } from '../../server-reference/src/models/fetch-model.ts';
import { FACE_LANDMARKER, type PublishedModel } from '../../server-reference/src/models/published-model.ts';
import { VENDOR } from '../../src/protocol/index.ts';
import { startTestServer } from '../support/server.ts';
import { taskBundle } from '../support/task-bundle.ts';

const MAIN = new URL('../../server-reference/src/main.ts', import.meta.url).pathname;
const bundle = taskBundle(300_000);

let data: string;
let site: Server;
let address: string;
let asked: IncomingMessage[];
let answer: (response: ServerResponse, request: IncomingMessage) => void;
let model: PublishedModel;

beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'glasscast-models-'));
  asked = [];
  answer = (response) => void response.end(bundle);
  site = createServer((request, response) => {
    asked.push(request);
    answer(response, request);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  address = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  model = { name: 'face model', url: `${address}/face.task`, size: bundle.byteLength, sha256 };
});

afterEach(async () => {
  site.close();
  site.closeAllConnections();
  await rm(data, { recursive: true });
});

const file = (): string => path.join(data, 'models', 'face_landmarker.task');

async function command(args: string[] = [], env: Record<string, string> = {}) {
  const out: string[] = [];
  const error: string[] = [];
  const output = { out: (text: string) => void out.push(text), error: (text: string) => void error.push(text) };
  const code = await modelsCommand(['--data', data, ...args], env, output, model);
  return { code, out: out.join(''), error: error.join('') };
}

/** Nothing that could be taken for a model, and no half of one. */
async function assertNothingKept(): Promise<void> {
  assert.deepEqual(await readdir(path.join(data, 'models')), []);
}

describe('models', () => {
  test('fetches the model once, checks it, and does nothing the second time', async () => {
    const first = await command();
    assert.equal(first.code, 0, first.error);
    assert.match(first.error, /^Fetching the face model \(0\.3 MB\) from http:.*face\.task …\n/);
    assert.match(first.out, /face_landmarker\.task, and its hash is right/);
    assert.deepEqual(await readFile(file()), bundle);
    assert.deepEqual(await readdir(path.join(data, 'models')), ['face_landmarker.task']);
    const second = await command();
    assert.deepEqual([second.code, second.out, second.error], [0, `The face model is there already: ${file()}\n`, '']);
    assert.equal(asked.length, 1);
  });

  test('is served from then on by a server that runs', async () => {
    await using server = await startTestServer({ data });
    assert.equal((await fetch(`${server.url}${VENDOR.faceModel}`)).status, 404);
    assert.equal((await command()).code, 0);
    const served = await fetch(`${server.url}${VENDOR.faceModel}`);
    assert.deepEqual(Buffer.from(await served.arrayBuffer()), bundle);
  });

  test('replaces what is at its place and is not it', async () => {
    await mkdir(path.dirname(file()));
    await writeFile(file(), bundle.subarray(0, 1000));
    assert.equal((await command()).code, 0);
    assert.deepEqual(await readFile(file()), bundle);
  });

  const answers: [name: string, answer: (response: ServerResponse) => void, said: RegExp][] = [
    ['another file of the same size', (response) => void response.end(Buffer.alloc(bundle.byteLength)), /its SHA-256 is [0-9a-f]{64}, not/],
    ['the page of a hotel', (response) => void response.end('<title>Welcome</title>'), /22 of 300000 bytes came/],
    ['no end', (response) => forever(response), /it has more than 300000 bytes/],
    ['half of it, and hangs up', (response) => half(response), /cannot be fetched: /],
    ['an error', (response) => void response.writeHead(403).end('no'), /it answers 403 Forbidden/],
    ['a redirect without end', (response) => void response.writeHead(302, { location: '/again' }).end(), /it redirects more than 5 times/],
  ];
  for (const [name, given, said] of answers) {
    test(`keeps nothing where the site answers ${name}, and says how to do it by hand`, async () => {
      answer = given;
      const { code, out, error } = await command();
      assert.deepEqual([code, out], [1, ''], error);
      assert.match(error, said);
      for (const help of ['--from FILE', '--face-model FILE', file(), model.url, model.sha256]) assert.ok(error.includes(help), help);
      await assertNothingKept();
    });
  }

  test('leaves what was there alone when a mirror has something else', async () => {
    await mkdir(path.dirname(file()));
    await writeFile(file(), 'mine');
    answer = (response) => void response.end('theirs');
    assert.equal((await command()).code, 1);
    assert.equal(await readFile(file(), 'utf8'), 'mine');
  });

  test('says what to do where there is no network', async () => {
    const { code, error } = await command(['--from', 'http://127.0.0.1:9/face.task']);
    assert.equal(code, 1);
    assert.match(error, /http:\/\/127\.0\.0\.1:9\/face\.task cannot be fetched: .*\nBy hand: fetch /);
    await assertNothingKept();
  });

  test('follows a mirror that sends it elsewhere', async () => {
    answer = (response, { url }) => void (url === '/moved' ? response.end(bundle) : response.writeHead(302, { location: 'moved' }).end());
    const { code, error } = await command();
    assert.equal(code, 0, error);
    assert.deepEqual(
      asked.map(({ url }) => url),
      ['/face.task', '/moved'],
    );
  });

  test('takes it from a mirror or a file, and checks it all the same', async () => {
    const copy = path.join(data, 'copy.task');
    await writeFile(copy, bundle);
    assert.equal((await command(['--from', copy])).code, 0);
    assert.deepEqual([await readFile(file()), asked.length], [bundle, 0]);
    await rm(file());
    await writeFile(copy, bundle.subarray(1));
    const broken = await command(['--from', copy]);
    assert.equal(broken.code, 1);
    await assertNothingKept();
    assert.match((await command(['--from', path.join(data, 'gone.task')])).error, /gone\.task cannot be read: ENOENT/);
    assert.equal((await command(['--from', `${address}/mirror`])).code, 0);
    assert.equal(asked[0]?.url, '/mirror');
  });

  test('gives up on a site that falls silent', async () => {
    answer = (response) => void response.write(bundle.subarray(0, 1000));
    const fetched = fetchModel({ model, to: file(), signal: new AbortController().signal, silence: 50 });
    await assert.rejects(fetched, /cannot be fetched: nothing came for 0\.05 s/);
    await assertNothingKept();
  });

  test('ends with the signal that interrupts it, and leaves nothing', async () => {
    const interrupted = new AbortController();
    answer = (response) => void response.write(bundle.subarray(0, 1000));
    const progress = (): void => interrupted.abort(new Error('interrupted'));
    await assert.rejects(fetchModel({ model, to: file(), signal: interrupted.signal, progress }), /interrupted/);
    await assertNothingKept();
  });

  test('says what cannot be written', async () => {
    await writeFile(path.join(data, 'models'), 'a file where a folder should be');
    const { code, error } = await command();
    assert.equal(code, 1);
    assert.match(error, /models.* cannot be (?:read|written): /);
  });

  test('goes through the proxy of the environment', async () => {
    const proxied: string[] = [];
    const proxy = createServer((request, response) => {
      proxied.push(request.url ?? '');
      response.end(bundle);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { code, error } = await command(['--from', 'http://models.test/face.task'], {
      HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    });
    proxy.close();
    proxy.closeAllConnections();
    assert.equal(code, 0, error);
    assert.match(proxied[0] ?? '', /models\.test/);
    assert.deepEqual([await readFile(file()), asked.length], [bundle, 0]);
  });

  test('mistakes in its flags end with 2 and one line', async () => {
    for (const args of [
      ['models', '--form', 'x'],
      ['models', 'now'],
      ['models', '--from', ''],
    ]) {
      const error: string[] = [];
      const code = await run(args, {}, { out: () => assert.fail('nothing is printed'), error: (text) => void error.push(text) });
      assert.deepEqual([code, error.length, error[0]?.trim().split('\n').length], [2, 1, 1], error.join(''));
    }
    const out: string[] = [];
    assert.equal(await run(['models', '--help'], {}, { out: (text) => void out.push(text), error: assert.fail }), 0);
    for (const word of ['--data', '--from', FACE_LANDMARKER.url]) assert.ok(out.join('').includes(word), word);
  });

  test('as a process: what a mirror gives is held against the hash that Google publishes', async () => {
    const args = [MAIN, 'models', '--from', `${address}/face.task`];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], GLASSCAST_DATA: data }, cwd: data });
    const error = child.stderr.setEncoding('utf8').toArray();
    assert.deepEqual(await once(child, 'close'), [1, null]);
    const text = (await error).join('');
    assert.match(text, /is not the face model: 300000 of 3758596 bytes came/);
    assert.ok(text.includes('64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff'));
    await assertNothingKept();
  });
});

function forever(response: ServerResponse): void {
  while (response.write(bundle));
  response.once('drain', () => forever(response));
}

function half(response: ServerResponse): void {
  response.setHeader('content-length', bundle.byteLength);
  response.write(bundle.subarray(0, bundle.byteLength / 2), () => response.destroy());
}
