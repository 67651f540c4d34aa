/** `/recordings/**`: who may ask, what is not found, and deletion. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import type { Capability } from '../../src/protocol/index.ts';
import { encodeChunk } from '../../src/protocol/index.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { audioTrack, opusPacket, videoFrame, videoTrack } from '../support/simulated-broadcast.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const tokenFor = (...can: Capability[]): Promise<string> => signToken(SECRET, { grants: [{ stream: 'demo', can }], ttl: 600 });

/** Some seconds of `demo`; meaningless pictures, which nobody decodes here. */
async function broadcast(server: TestServer, more: { token?: string; record?: boolean } = {}): Promise<Publisher> {
  const publisher = await Publisher.connect({
    server: server.url,
    stream: 'demo',
    tracks: [videoTrack(), audioTrack()],
    record: true,
    ...more,
  });
  assert.equal(publisher.joinReply.status, 'ok');
  const began = Date.now() - 6000;
  for (const track of [0, 1]) await publisher.push('clock', { track, dts: 0, wall_ms: began, offset_ms: 0 });
  for (let index = 0; index < 180; index++) {
    const key = index % 60 === 0;
    const records = [{ track: 0, key, duration: 0, dts: Math.round((index * 1e6) / 30), cts: 0, data: videoFrame(key) }];
    for (let packet = Math.ceil((index * 50) / 30); packet < ((index + 1) * 50) / 30; packet++) {
      records.push({ track: 1, key: true, duration: 0, dts: packet * 20_000, cts: 0, data: opusPacket() });
    }
    await publisher.push('chunk', new Uint8Array(encodeChunk(records)));
  }
  return publisher;
}

async function end(server: TestServer, publisher: Publisher, token?: string): Promise<string> {
  await publisher.end();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  for (;;) {
    const { recordings } = (await (await fetch(`${server.url}/recordings/demo`, { headers })).json()) as {
      recordings: { state: string }[];
    };
    if (recordings.every(({ state }) => state === 'ended')) return publisher.session.session;
  }
}

describe('with tokens', () => {
  test('whoever may watch the stream may watch its recordings, by a token that reaches every address', async () => {
    await using server = await startTestServer({ secret: SECRET, public: [] });
    const publish = await tokenFor('publish');
    const watch = await tokenFor('watch');
    const session = await end(server, await broadcast(server, { token: publish }), watch);
    const base = `${server.url}/recordings/demo/${session}`;
    const paths = ['', `/${session}/index.m3u8`, `/${session}/manifest.mpd`, `/${session}/download.mp4`, `/${session}/v0/seg-0.m4s`];
    for (const path of paths) {
      const url = `${server.url}/recordings/demo${path}`;
      assert.equal((await fetch(url)).status, 401, path);
      assert.equal((await fetch(`${url}?token=${publish}`)).status, 403, path);
      const response = await fetch(`${url}?token=${watch}`);
      assert.equal(response.status, 200, path);
      assert.match(response.headers.get('cache-control') ?? '', path === '' ? /no-store/ : /^private/);
    }
    const master = await (await fetch(`${base}/index.m3u8?token=${watch}`)).text();
    assert.match(master, /#EXT-X-DEFINE:QUERYPARAM="token"\n.*v0\/media\.m3u8\?token=\{\$token\}/s);
    const media = await (await fetch(`${base}/v0/media.m3u8?token=${watch}`)).text();
    assert.match(media, /init-1\.mp4\?token=\{\$token\}"\n/);
    assert.ok((await (await fetch(`${base}/manifest.mpd?token=${watch}`)).text()).includes(`seg-$Number$.m4s?token=${watch}`));
  });

  test('only who may publish or moderate the stream deletes a recording', async () => {
    await using server = await startTestServer({ secret: SECRET, public: ['watch'] });
    const url = (session: string): string => `${server.url}/recordings/demo/${session}`;
    for (const capability of ['publish', 'moderate'] as const) {
      const session = await end(server, await broadcast(server, { token: await tokenFor('publish') }));
      const remove = async (token: string | null): Promise<number> => {
        const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
        return (await fetch(url(session), { method: 'DELETE', headers })).status;
      };
      assert.equal(await remove(null), 401);
      assert.equal(await remove(await tokenFor('watch')), 403);
      assert.equal(await remove(await tokenFor(capability)), 204);
      assert.equal(await remove(await tokenFor(capability)), 404);
      assert.equal((await fetch(`${url(session)}/index.m3u8`)).status, 404);
    }
  });

  test('where anyone may broadcast, not anyone deletes what others did', async () => {
    await using server = await startTestServer({ secret: SECRET, public: ['watch', 'publish'] });
    const session = await end(server, await broadcast(server));
    const url = `${server.url}/recordings/demo/${session}`;
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 401);
    const headers = { authorization: `Bearer ${await tokenFor('publish')}` };
    assert.equal((await fetch(url, { method: 'DELETE', headers })).status, 204);
  });
});

test('what is being recorded is not deleted', async () => {
  await using server = await startTestServer();
  const publisher = await broadcast(server);
  const response = await fetch(`${server.url}/recordings/demo/${publisher.session.session}`, { method: 'DELETE' });
  assert.equal(response.status, 409);
  assert.equal(((await response.json()) as { code: string }).code, 'live');
  await end(server, publisher);
});

test('a server that records nothing says so to whoever asks, and broadcasts', async () => {
  await using server = await startTestServer({ record: false });
  const publisher = await broadcast(server);
  const notice = { state: 'stopped', reason: 'forbidden' };
  assert.deepEqual(publisher.pushes[0], { event: 'recording', payload: notice });
  const status = (await (await fetch(`${server.url}/api/streams/demo`)).json()) as { state: string; recording: unknown };
  assert.deepEqual([status.state, status.recording], ['live', notice]);
  assert.deepEqual(await (await fetch(`${server.url}/recordings/demo`)).json(), { recordings: [] });
  publisher.drop();
});

/** Asks for the path as it is: `fetch` would take `..` out of it. */
async function statusOf({ port }: TestServer, method: string, path: string): Promise<number> {
  const asked = request({ host: '127.0.0.1', port, method, path, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

test('no name leads out of the recordings', async () => {
  await using server = await startTestServer();
  const session = await end(server, await broadcast(server));
  const { data } = server.config;
  await writeFile(join(data, 'recordings', 'secret.m4s'), 'secret');
  const paths = [
    ...[
      '/recordings',
      '/recordings/',
      '/recordings/DEMO',
      '/recordings/..',
      '/recordings/%2e%2e',
      '/recordings/demo%2f..',
      '/recordings/demo%00',
    ],
    ...[`/recordings/demo/${session}`, `/recordings/demo/${session}/journal`, `/recordings/demo/${session}/recording.json`],
    ...[`/recordings/demo/${session}/v0.m4s`, `/recordings/demo/${session}/..%2f..%2fsecret.m4s`, '/recordings/demo/%2e%2e/secret.m4s'],
    ...['/recordings/demo/../secret/index.m3u8', '/recordings/demo/..%2f../index.m3u8', `/recordings/demo/${session}/..%2f/seg-0.m4s`],
    ...[
      `/recordings/demo/${session}/v0/seg-99.m4s`,
      `/recordings/demo/${session}/v0/seg--1.m4s`,
      `/recordings/demo/${session}/v9/seg-0.m4s`,
    ],
    ...[
      `/recordings/demo/${session}/v0/init-9.mp4`,
      `/recordings/demo/${session}/v10/media.m3u8`,
      `/recordings/demo/${session}x/v0/media.m3u8`,
    ],
    ...[
      `/recordings/other/${session}/index.m3u8`,
      `/recordings/demo/${'a'.repeat(33)}/index.m3u8`,
      '/recordings/demo/__proto__/index.m3u8',
    ],
  ];
  for (const path of paths) {
    const status = await statusOf(server, 'GET', path);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    if (!path.endsWith(session)) assert.ok((await statusOf(server, 'DELETE', path)) >= 400, path);
  }
  assert.deepEqual((await readdir(join(data, 'recordings'))).includes('secret.m4s'), true);
});

test('recordings may be embedded elsewhere, are compressed where that helps, and kept by caches', async () => {
  await using server = await startTestServer({ origins: ['https://www.example.org'] });
  const session = await end(server, await broadcast(server));
  const { headers } = await fetch(`${server.url}/recordings/demo/${session}/v0/seg-0.m4s`, {
    headers: { origin: 'https://www.example.org' },
  });
  assert.equal(headers.get('access-control-allow-origin'), 'https://www.example.org');
  assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.match(headers.get('cache-control') ?? '', /^public, max-age=31536000, immutable$/);
  const playlist = await fetch(`${server.url}/recordings/demo/${session}/v0/media.m3u8`);
  assert.deepEqual(
    [playlist.headers.get('content-encoding'), playlist.headers.get('cache-control')],
    ['gzip', 'public, max-age=0, must-revalidate'],
  );
  assert.match(playlist.headers.get('vary') ?? '', /Accept-Encoding/);
  const plain = await fetch(playlist.url, { headers: { 'accept-encoding': 'br, gzip;q=0' } });
  assert.equal(plain.headers.get('content-encoding'), null);
});
