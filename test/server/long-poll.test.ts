import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LongPoll } from 'phoenix';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { encodeClientPush, LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, nextEvent, phoenixClient, settled } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';

interface Answer {
  readonly status: number;
  readonly token?: string;
  readonly messages?: string[];
}

describe('long poll', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  const endpoint = (query = '', base = server): string => `${base.url}/socket/longpoll?vsn=2.0.0${query}`;
  const ask = async (url: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url, init);
    assert.equal(response.status, 200, 'the real status is in the body');
    return (await response.json()) as Answer;
  };
  const open = async (): Promise<string> => {
    const { status, token } = await ask(endpoint());
    assert.equal(status, 410);
    assert.ok(token);
    return token;
  };
  const post = (token: string, body: string): Promise<Answer> =>
    ask(endpoint(`&token=${token}`), { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });

  test('the Phoenix client joins, pushes text and binary, and hears others', async () => {
    const [polling, direct] = [phoenixClient(server.socketUrl, { transport: LongPoll } as object), phoenixClient(server.socketUrl)];
    const far = polling.channel('room:poll', { v: 1, name: 'Far' });
    await settled(far.join());
    const arrived = nextEvent(far, 'new');
    const near = direct.channel('room:poll', { v: 1, name: 'Near' });
    const { peer_id } = await settled(near.join());
    assert.deepEqual(await arrived, { from: peer_id });
    const pinged = nextEvent(near, 'ping');
    assert.deepEqual(await settled(far.push('ping', { to: peer_id })), {});
    assert.equal((await pinged)['to'], peer_id);
    await assert.rejects(settled(far.push('ping', new ArrayBuffer(10))), /"reason":"invalid"/);
    await settled(far.leave());
    polling.disconnect();
    direct.disconnect();
  });

  test('the Phoenix client brings its token in a header', async () => {
    await using guarded = await startTestServer({ secret: SECRET, host: '127.0.0.1' });
    const authToken = await signToken(SECRET, { sub: 'ana', name: 'Ana', ttl: 60, grants: [{ room: '*', can: ['join', 'create'] }] });
    const client = phoenixClient(guarded.socketUrl, { transport: LongPoll, authToken } as object);
    const lobby = client.channel('lobby', { v: 1 });
    assert.deepEqual(await settled(lobby.join()), { rooms: [] });
    client.disconnect();
  });

  test('the token in the query and the session in the query do not get mixed up', async () => {
    await using guarded = await startTestServer({ secret: SECRET, host: '127.0.0.1' });
    const token = await signToken(SECRET, { sub: 'ana', ttl: 60, grants: [{ room: '*', can: ['join', 'create'] }] });
    for (const name of ['token', 'user_token']) {
      const client = phoenixClient(guarded.socketUrl, { transport: LongPoll, params: { [name]: token } } as object);
      assert.deepEqual(await settled(client.channel('lobby', { v: 1 }).join()), { rooms: [] });
      client.disconnect();
    }
  });

  test('a session begins with 410 and a token', async () => {
    assert.deepEqual((await ask(endpoint())).messages, []);
  });

  test('frames of one batch are answered together, in order', async () => {
    const token = await open();
    const batch = [1, 2, 3].map((ref) => JSON.stringify([null, String(ref), 'phoenix', 'heartbeat', {}]));
    assert.deepEqual(await post(token, batch.join('\n')), { status: 200 });
    const { status, messages = [] } = await ask(endpoint(`&token=${token}`));
    assert.equal(status, 200);
    assert.deepEqual(
      messages.map((message) => JSON.parse(message)[1]),
      ['1', '2', '3'],
    );
  });

  test('the session token is also taken from its header', async () => {
    const token = await open();
    const headers = { 'x-phoenix-longpoll-token': token, 'content-type': 'application/x-ndjson' };
    assert.deepEqual(await ask(endpoint(), { method: 'POST', headers, body: '[null,"1","phoenix","heartbeat",{}]' }), { status: 200 });
    assert.equal((await ask(endpoint(), { headers })).status, 200);
  });

  test('a poll with nothing to say is answered 204 after ten seconds', async () => {
    const clock = new FakeClock();
    await using slow = await startTestServer({}, { clock });
    const { token } = await ask(endpoint('', slow));
    const armed = clock.pending;
    const poll = ask(endpoint(`&token=${token}`, slow));
    while (clock.pending === armed) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10_000);
    assert.equal((await poll).status, 204);
  });

  test('a newer poll takes over from an older', async () => {
    const clock = new FakeClock();
    await using slow = await startTestServer({}, { clock });
    const { token } = await ask(endpoint('', slow));
    const armed = clock.pending;
    const older = ask(endpoint(`&token=${token}`, slow));
    while (clock.pending === armed) await new Promise((resolve) => setImmediate(resolve));
    const newer = ask(endpoint(`&token=${token}`, slow));
    assert.equal((await older).status, 204);
    await fetch(endpoint(`&token=${token}`, slow), {
      method: 'POST',
      body: '[null,"1","phoenix","heartbeat",{}]',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    assert.equal((await newer).status, 200);
  });

  test('a session that nobody polls for 60 seconds is gone', async () => {
    const clock = new FakeClock();
    await using slow = await startTestServer({}, { clock });
    const { token } = await ask(endpoint('', slow));
    clock.advance(60_000);
    assert.deepEqual(await ask(endpoint(`&token=${token}`, slow)), { status: 410 });
  });

  test('a session that does not exist is gone, also for a POST', async () => {
    assert.deepEqual(await ask(endpoint('&token=nonsense')), { status: 410 });
    assert.deepEqual(await post('nonsense', '[null,"1","phoenix","heartbeat",{}]'), { status: 410 });
  });

  test('a bad token is forbidden, and so is a missing vsn', async () => {
    assert.deepEqual(await ask(endpoint('&user_token=bad')), { status: 403 });
    assert.deepEqual(await ask(`${server.url}/socket/longpoll`), { status: 403 });
  });

  test('a foreign origin is forbidden', async () => {
    const response = await fetch(endpoint(), { headers: { origin: 'https://evil.example' } });
    assert.equal(response.status, 403);
    assert.equal(((await response.json()) as Answer).status, 403);
  });

  const bad: [string, string][] = [
    ['malformed JSON', '[null,'],
    ['a frame of four', '["1","1","lobby","phx_join"]'],
    ['base64 of a truncated binary frame', 'AAEB'],
    ['what is not base64', '!!!'],
    ['a text frame that is too big', `["1","1","lobby","x",{"pad":"${'x'.repeat(LIMITS.textFrameBytes)}"}]`],
    [
      'a binary frame that is too big',
      Buffer.from(encodeClientPush('1', '1', 'lobby', 'x', new Uint8Array(LIMITS.binaryFrameBytes))).toString('base64'),
    ],
  ];
  for (const [name, line] of bad) {
    test(`${name} ends the session alone`, async () => {
      const token = await open();
      assert.deepEqual(await post(token, line), { status: 410 });
      assert.deepEqual(await ask(endpoint(`&token=${token}`)), { status: 410 });
      await assertServes(server);
    });
  }

  test('more than a hundred lines are too many', async () => {
    const token = await open();
    const line = '[null,"1","phoenix","heartbeat",{}]';
    assert.deepEqual(await post(token, Array(101).fill(line).join('\n')), { status: 413 });
    assert.deepEqual(await post(token, Array(100).fill(line).join('\n')), { status: 200 });
  });

  test('a body without a session is not read', async () => {
    const response = await fetch(endpoint('&token=nonsense'), {
      method: 'POST',
      body: 'x'.repeat(9 * 1024 * 1024),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    assert.deepEqual([response.status, await response.json()], [200, { status: 410 }]);
    await assertServes(server);
  });

  test('a body beyond the limit is refused before it is read', async () => {
    const token = await open();
    const response = await fetch(endpoint(`&token=${token}`), {
      method: 'POST',
      body: 'x'.repeat(9 * 1024 * 1024),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    assert.equal(response.status, 413);
    await assertServes(server);
  });
});
