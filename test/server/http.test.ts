import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as v from 'valibot';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { HelloSchema, ServerTimeSchema } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, handshake, rawGet } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';

async function problem(response: Response, status: number, code: string): Promise<{ detail: string }> {
  assert.equal(response.status, status);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const body = (await response.json()) as { status: number; code: string; type: string; title: string; detail: string };
  assert.deepEqual([body.status, body.code, body.type], [status, code, 'about:blank']);
  return body;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

describe('the HTTP interface in development', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  test('hello says what this server is, to pages of any origin', async () => {
    const response = await fetch(`${server.url}/api/hello`, { headers: { origin: 'https://www.example.org' } });
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    const hello = v.parse(HelloSchema, await response.json());
    assert.deepEqual([hello.mode, hello.wire, hello.origin_allowed], ['development', [1], false]);
    const own = v.parse(
      HelloSchema,
      await (await fetch(`${server.url}/api/hello`, { headers: { origin: 'http://localhost:5173' } })).json(),
    );
    assert.equal(own.origin_allowed, true);
  });

  test('time is the clock of the server', async () => {
    const clock = new FakeClock();
    await using timed = await startTestServer({}, { clock });
    assert.deepEqual(v.parse(ServerTimeSchema, await (await fetch(`${timed.url}/api/time`)).json()), { server_ms: clock.now() });
  });

  test('a room is made, found, listed, and not made twice', async () => {
    const made = await post(`${server.url}/api/rooms`, { title: 'Team Standup' });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('location'), '/api/rooms/team-standup');
    const room = { slug: 'team-standup', title: 'Team Standup', peers: 0, max_peers: 8 };
    assert.deepEqual(await made.json(), room);
    assert.deepEqual(await (await fetch(`${server.url}/api/rooms/team-standup`)).json(), room);
    assert.deepEqual(await (await fetch(`${server.url}/api/rooms`)).json(), { rooms: [room] });
    await problem(await post(`${server.url}/api/rooms`, { title: 'Team Standup' }), 409, 'taken');
  });

  test('a title that yields no slug gets a random one', async () => {
    const { slug } = (await (await post(`${server.url}/api/rooms`, { title: '会议' })).json()) as { slug: string };
    assert.match(slug, /^room-[0-9a-f]{10}$/);
  });

  test('a room that is not described as it should be is refused with what is wrong', async () => {
    for (const body of [{}, { title: '' }, { title: 5 }, { title: 'x', slug: 'Not A Slug' }, { title: 'x', max_peers: 0 }, []]) {
      await problem(await post(`${server.url}/api/rooms`, body), 400, 'invalid');
    }
    await problem(
      await fetch(`${server.url}/api/rooms`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }),
      400,
      'invalid',
    );
    await problem(
      await fetch(`${server.url}/api/rooms`, { method: 'POST', headers: { 'content-type': 'text/html' }, body: 'x' }),
      415,
      'media-type',
    );
    await problem(await post(`${server.url}/api/rooms`, { title: 'x'.repeat(70_000) }), 413, 'too-large');
    await problem(await fetch(`${server.url}/api/rooms/Not%20A%20Slug`), 400, 'invalid');
    await problem(await fetch(`${server.url}/api/rooms/nowhere`), 404, 'room-not-found');
    await assertServes(server);
  });

  test('a development token opens a socket under its name', async () => {
    const response = await post(`${server.url}/api/tokens`, { name: 'Ada', sub: 'ada' });
    assert.equal(response.status, 200);
    const { token } = (await response.json()) as { token: string };
    assert.equal((await handshake(`${server.socketUrl}/websocket?vsn=2.0.0&token=${token}`)).status, 101);
  });

  test('ICE servers name the host that was asked', async () => {
    const { port } = new URL(server.url);
    const answer = await rawGet(`http://127.0.0.1:${port}`, '/api/ice-servers', { host: `localhost:${port}` });
    assert.deepEqual(JSON.parse(answer.body), { ice_servers: [{ urls: `stun:localhost:${server.stunPort}` }] });
  });

  test('a burst of new rooms is told when to come back', async () => {
    await using other = await startTestServer();
    let last = new Response();
    for (let index = 0; index <= 60; index++) last = await post(`${other.url}/api/rooms`, { title: `Room ${index}` });
    assert.match(last.headers.get('retry-after') ?? '', /^\d+$/);
    await problem(last, 429, 'limit');
    await assertServes(other);
  });

  test('what is not there is not found, as a problem', async () => {
    await problem(await fetch(`${server.url}/api/nothing`), 404, 'not-found');
    await problem(await post(`${server.url}/api/nothing`, {}), 404, 'not-found');
    await problem(await fetch(`${server.url}/%zz`), 400, 'invalid');
  });

  test('probes answer', async () => {
    for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(`${server.url}${path}`)).status, 200);
  });

  test('without a built SDK its address says what to run', async () => {
    const answer = await rawGet(server.url, '/glasscast.js');
    if (answer.status === 503) assert.match(JSON.parse(answer.body).detail, /npm run build/);
    else assert.equal(answer.headers['access-control-allow-origin'], '*');
  });
});

describe('foreign pages and foreign names', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());
  const evil = { origin: 'https://evil.example' };

  test('a foreign origin changes nothing', async () => {
    await problem(await post(`${server.url}/api/rooms`, { title: 'Mine now' }, evil), 403, 'foreign-origin');
    await problem(await post(`${server.url}/api/tokens`, {}, { origin: 'null' }), 403, 'foreign-origin');
    assert.deepEqual(await (await fetch(`${server.url}/api/rooms`)).json(), { rooms: [] });
    await assertServes(server);
  });

  test('a foreign origin opens no socket', async () => {
    const answer = await handshake(`${server.socketUrl}/websocket?vsn=2.0.0`, evil);
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [403, 'foreign-origin']);
    assert.match(JSON.parse(answer.body).detail, /--origins https:\/\/evil\.example/);
    await assertServes(server);
  });

  test('a foreign origin may not read what is not open to all', async () => {
    const response = await fetch(`${server.url}/api/rooms`, { headers: evil });
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  });

  for (const origin of ['http://localhost:5173', 'http://127.0.0.1:1', 'https://[::1]:9', 'http://app.localhost']) {
    test(`in development ${origin} is welcome`, async () => {
      assert.equal((await handshake(`${server.socketUrl}/websocket?vsn=2.0.0`, { origin })).status, 101);
      const preflight = await fetch(`${server.url}/api/rooms`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
      });
      assert.equal(preflight.headers.get('access-control-allow-origin'), origin);
    });
  }

  test('origins that only look like this machine are foreign', async () => {
    for (const origin of [
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example',
      'http://evil-localhost',
      'file://',
      'http://',
    ]) {
      assert.equal((await handshake(`${server.socketUrl}/websocket?vsn=2.0.0`, { origin })).status, 403, origin);
    }
  });

  test('a foreign Host is answered 421 on routes, files and sockets', async () => {
    for (const host of ['evil.example', 'evil.example:4000', 'localhost.evil.example', '10.0.0.1']) {
      for (const path of ['/api/hello', '/', '/glasscast.js', '/socket/longpoll?vsn=2.0.0', '/live/show/index.m3u8']) {
        assert.equal((await rawGet(server.url, path, { host })).status, 421, `${host} ${path}`);
      }
      const answer = await handshake(`${server.socketUrl}/websocket?vsn=2.0.0`, { host });
      assert.equal(answer.status, 421);
      assert.match(JSON.parse(answer.body).detail, /--public-url/);
    }
    await assertServes(server);
  });

  test('a listed origin is welcome in production, and nobody else but the server itself', async () => {
    await using production = await startTestServer({
      secret: SECRET,
      origins: ['https://www.example.org'],
      publicUrl: new URL('https://live.example.org'),
    });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await handshake(`${production.socketUrl}/websocket?vsn=2.0.0`, headers)).status;
    assert.equal(await status({ origin: 'https://www.example.org' }), 101);
    assert.equal(await status({ origin: 'https://live.example.org' }), 101);
    assert.equal(await status({ host: 'live.example.org', origin: 'https://live.example.org' }), 101);
    assert.equal(await status({ origin: 'http://www.example.org' }), 403);
    assert.equal(await status({ origin: 'http://localhost:5173' }), 403);
    assert.equal(await status({ host: 'other.example.org' }), 421);
  });
});

describe('tokens over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ secret: SECRET });
  });
  after(() => server.close());
  const bearer = async (can: 'join' | 'create', room: string): Promise<Record<string, string>> => ({
    authorization: `Bearer ${await signToken(SECRET, { sub: 'ana', ttl: 60, grants: [{ room, can: [can] }] })}`,
  });

  test('nobody sees, makes or joins rooms without one', async () => {
    assert.deepEqual(await (await fetch(`${server.url}/api/rooms`)).json(), { rooms: [] });
    await problem(await post(`${server.url}/api/rooms`, { title: 'Team' }), 401, 'unauthorized');
    await problem(await fetch(`${server.url}/api/rooms/team`), 401, 'unauthorized');
    await problem(await fetch(`${server.url}/api/ice-servers`), 401, 'unauthorized');
  });

  test('a grant opens what it names and nothing else', async () => {
    assert.equal((await post(`${server.url}/api/rooms`, { title: 'Team' }, await bearer('create', 'team'))).status, 201);
    await problem(await post(`${server.url}/api/rooms`, { title: 'Other' }, await bearer('create', 'team')), 403, 'unauthorized');
    assert.equal((await fetch(`${server.url}/api/rooms/team`, { headers: await bearer('join', 'team') })).status, 200);
    await problem(await fetch(`${server.url}/api/rooms/team`, { headers: await bearer('join', 'other') }), 403, 'unauthorized');
    const seen = (await (await fetch(`${server.url}/api/rooms`, { headers: await bearer('join', 'other') })).json()) as {
      rooms: unknown[];
    };
    assert.deepEqual(seen.rooms, []);
    assert.equal((await fetch(`${server.url}/api/ice-servers`, { headers: await bearer('join', 'team') })).status, 200);
  });

  test('a bad one is 401, with its scheme', async () => {
    const response = await fetch(`${server.url}/api/rooms?token=nonsense`);
    assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
    await problem(response, 401, 'unauthorized');
  });

  test('production hands out none', async () => {
    await problem(await post(`${server.url}/api/tokens`, {}), 404, 'not-found');
  });

  test('TURN credentials are for whoever may join, and end by themselves', async () => {
    const clock = new FakeClock();
    await using relayed = await startTestServer(
      { turnUrl: 'turn:turn.example.org:3478', turnSecret: 'turn secret', stunPort: null },
      { clock },
    );
    const { ice_servers } = (await (await fetch(`${relayed.url}/api/ice-servers`)).json()) as {
      ice_servers: { urls: string; username: string }[];
    };
    assert.equal(ice_servers[0]?.urls, 'turn:turn.example.org:3478');
    assert.equal(ice_servers[0]?.username, `${Math.floor(clock.now() / 1000) + 12 * 3600}:guest`);
  });
});
