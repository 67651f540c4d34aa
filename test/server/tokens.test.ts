import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';
import type { Grant } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, handshake, phoenixClient, RawSocket, settled } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const OTHER = 'another secret of more than thirty-two bytes';
const ALL: Grant[] = [{ room: '*', can: ['join', 'create'] }];
const PHOENIX_SECRET = 'a'.repeat(64);
/** Signed at 1700000000 s for a day. */
const PHOENIX_TOKEN = 'SFMyNTY.g2gDbQAAAAd1c2VyOjQybgYAAGjlz4sBYgABUYA.sdtUjNHtcV7FUJC7Lfa22isaHq6ziRQwb3YbEA2BcsE';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;

describe('a token on the socket', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ secret: SECRET, public: ['watch'] });
  });
  after(() => server.close());

  test('opens what it grants, brought by the Phoenix client as a subprotocol', async () => {
    const authToken = await signToken(SECRET, { sub: 'ana', name: 'Ana', ttl: 60, grants: ALL });
    const client = phoenixClient(server.socketUrl, { authToken });
    assert.deepEqual(await settled(client.channel('lobby', { v: 1 }).join()), { rooms: [] });
    client.disconnect();
  });

  for (const parameter of ['token', 'user_token']) {
    test(`is read from ?${parameter}=`, async () => {
      const token = await signToken(SECRET, { sub: 'ana', ttl: 60, grants: ALL });
      const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&${parameter}=${token}`);
      assert.equal((await socket.join('lobby')).status, 'ok');
      await socket.close();
    });
  }

  test('that is absent leaves what is public', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    assert.deepEqual((await socket.join('lobby', {}, '1')).response, { reason: 'unauthorized' });
    assert.equal((await socket.join('live:show', {}, '2')).status, 'ok');
    await socket.close();
    await assertServes(server);
  });

  test('without the grant is refused at the join', async () => {
    const token = await signToken(SECRET, { sub: 'ana', ttl: 60, grants: [{ stream: 'show', can: ['publish'] }] });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${token}`);
    assert.deepEqual(await socket.join('room:team'), { status: 'error', response: { reason: 'unauthorized' } });
    await socket.close();
    await assertServes(server);
  });

  const bad: [name: string, token: () => string | Promise<string>, code: string][] = [
    [
      'has expired',
      () =>
        new SignJWT({ grants: ALL })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime(1_700_000_000)
          .sign(new TextEncoder().encode(SECRET)),
      'token-expired',
    ],
    [
      'never expires',
      () => new SignJWT({ grants: ALL }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET)),
      'unauthorized',
    ],
    ['is signed with another key', () => signToken(OTHER, { ttl: 60, grants: ALL }), 'unauthorized'],
    ['says alg none', () => `${base64url({ alg: 'none' })}.${base64url({ exp: inAnHour(), grants: ALL })}.`, 'unauthorized'],
    [
      'says alg HS512',
      () =>
        new SignJWT({ grants: ALL })
          .setProtectedHeader({ alg: 'HS512' })
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode(SECRET.repeat(2))),
      'unauthorized',
    ],
    [
      'says RS256 where no keys are configured',
      async () =>
        new SignJWT({ grants: ALL })
          .setProtectedHeader({ alg: 'RS256' })
          .setExpirationTime('1h')
          .sign((await generateKeyPair('RS256')).privateKey),
      'unauthorized',
    ],
    [
      'grants what does not exist',
      () =>
        new SignJWT({ grants: [{ room: '*', can: ['fly'] }] })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode(SECRET)),
      'unauthorized',
    ],
    [
      'grants on nothing',
      () =>
        new SignJWT({ grants: [{ can: ['join'] }] })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode(SECRET)),
      'unauthorized',
    ],
    ['is a Phoenix.Token where none is configured', () => PHOENIX_TOKEN, 'unauthorized'],
    ['is no token at all', () => 'hello', 'unauthorized'],
    ['has empty parts', () => '..', 'unauthorized'],
    ['is far too long', () => 'x'.repeat(15_000), 'unauthorized'],
  ];
  for (const [name, make, code] of bad) {
    test(`that ${name} is refused with 403 before the upgrade`, async () => {
      const answer = await handshake(`${server.socketUrl}/websocket?vsn=2.0.0&token=${encodeURIComponent(await make())}`);
      assert.equal(answer.status, 403);
      assert.equal(JSON.parse(answer.body).code, code);
      await assertServes(server);
    });
  }
});

describe('a token of an asymmetric key', () => {
  test('is verified against the JWKS', async () => {
    const [rsa, ec, stranger] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('ES256'), generateKeyPair('RS256')]);
    const keys = [
      { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
      { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256' },
    ];
    const issuer = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys })),
    );
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const jwksUrl = new URL(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`);
    const server = await startTestServer({ jwksUrl });
    const sign = (alg: string, kid: string, key: CryptoKey | Uint8Array): Promise<string> =>
      new SignJWT({ sub: 'ana', grants: ALL }).setProtectedHeader({ alg, kid }).setExpirationTime('1h').sign(key);
    const status = async (token: string): Promise<number> =>
      (await handshake(`${server.socketUrl}/websocket?vsn=2.0.0&token=${token}`)).status;
    assert.equal(await status(await sign('RS256', 'rsa', rsa.privateKey)), 101);
    assert.equal(await status(await sign('ES256', 'ec', ec.privateKey)), 101);
    assert.equal(await status(await sign('RS256', 'rsa', stranger.privateKey)), 403);
    // A public key is no secret: HS256 over it must not pass.
    assert.equal(await status(await sign('HS256', 'rsa', new TextEncoder().encode(JSON.stringify(keys[0])))), 403);
    await server.close();
    await new Promise((resolve) => issuer.close(resolve));
  });
});

describe('keys that cannot be had', () => {
  test('are the failure of the server, and in its log', async () => {
    const lines: string[] = [];
    const output = { write: (line: string) => lines.push(line) > 0 } as unknown as NodeJS.WritableStream;
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const jwksUrl = new URL(`http://127.0.0.1:${(closed.address() as AddressInfo).port}/jwks.json?key=secret`);
    await new Promise((resolve) => closed.close(resolve));
    await using server = await startTestServer({ jwksUrl }, { log: createLog({ level: 'info', output }) });
    const { privateKey } = await generateKeyPair('RS256');
    const token = await new SignJWT({ grants: ALL }).setProtectedHeader({ alg: 'RS256' }).setExpirationTime('1h').sign(privateKey);
    assert.equal((await handshake(`${server.socketUrl}/websocket?vsn=2.0.0&token=${token}`)).status, 500);
    assert.equal((await fetch(`${server.url}/api/rooms?token=${token}`)).status, 500);
    const failures = lines.filter((line) => line.includes('/jwks.json cannot be had'));
    assert.equal(failures.length, 2);
    assert.ok(!lines.join('').includes(token.slice(-20)) && !lines.join('').includes('key=secret'));
    await assertServes(server);
  });
});

describe('a Phoenix.Token', () => {
  const phoenix = { phoenixSecretKeyBase: PHOENIX_SECRET, phoenixTokenSalt: 'user socket', public: ['join'] as const, autoCreate: true };

  test('brings its subject, with the public permissions', async () => {
    const clock = new FakeClock(1_700_000_000_000 + 1000);
    await using server = await startTestServer(phoenix, { clock });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&user_token=${PHOENIX_TOKEN}`);
    const { response } = await socket.join('room:team', { user_id: 'somebody else' });
    const [, , , , state] = await socket.event('presence_state');
    const { metas } = state[String(response['peer_id'])] as { metas: { user_id: string }[] };
    assert.equal(metas[0]?.user_id, 'user:42');
    await socket.close();
  });

  test('is refused when it is older than its age', async () => {
    const clock = new FakeClock(1_700_000_000_000 + 86_400_000);
    await using server = await startTestServer(phoenix, { clock });
    const answer = await handshake(`${server.socketUrl}/websocket?vsn=2.0.0&user_token=${PHOENIX_TOKEN}`);
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [403, 'token-expired']);
    await assertServes(server);
  });
});

describe('the end of a grant on a live socket', () => {
  const open = async (clock: FakeClock, ttl: number, sub = 'ana') => {
    const exp = Math.floor(clock.now() / 1000) + ttl;
    return new SignJWT({ grants: ALL })
      .setSubject(sub)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(exp)
      .sign(new TextEncoder().encode(SECRET));
  };

  test('is announced 60 seconds ahead, then ends the channels', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({ secret: SECRET, autoCreate: true }, { clock });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await open(clock, 100)}`);
    await socket.join('room:team');
    await socket.event('chat_history');
    clock.advance(40_000);
    assert.deepEqual(await socket.next(), ['1', null, 'room:team', 'token_expiring', { in: 60_000 }]);
    await socket.assertSilent();
    clock.advance(30_000);
    await socket.assertSilent();
    clock.advance(30_000);
    assert.deepEqual(await socket.next(), ['1', null, 'room:team', 'token_expiring', { in: 0 }]);
    assert.deepEqual(await socket.event('phx_close'), ['1', '1', 'room:team', 'phx_close', {}]);
    assert.deepEqual(await socket.join('room:team', {}, '2'), { status: 'error', response: { reason: 'token-expired' } });
    await socket.close();
  });

  test('is put off by a token push, and the socket goes on', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({ secret: SECRET, autoCreate: true }, { clock });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await open(clock, 100)}`);
    await socket.join('room:team');
    await socket.event('presence_state');
    socket.send(['1', '2', 'room:team', 'token', { token: await open(clock, 1000) }]);
    assert.deepEqual(await socket.reply('2'), { status: 'ok', response: {} });
    clock.advance(50_000);
    await socket.assertSilent();
    clock.advance(50_000);
    await socket.assertSilent();
    socket.send(['1', '3', 'room:team', 'state', { mic: true }]);
    assert.equal((await socket.reply('3')).status, 'ok');
    await socket.close();
  });

  test('is told to whoever joins within its last minute', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({ secret: SECRET, autoCreate: true }, { clock });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await open(clock, 30)}`);
    await socket.join('room:team');
    assert.deepEqual(await socket.event('token_expiring'), ['1', null, 'room:team', 'token_expiring', { in: 30_000 }]);
    await socket.close();
  });

  test('is not put off by a token that is bad, expired or of somebody else', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({ secret: SECRET, autoCreate: true }, { clock });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await open(clock, 100)}`);
    await socket.join('room:team');
    const push = (payload: unknown) => {
      socket.send(['1', 't', 'room:team', 'token', payload]);
      return socket.reply('t');
    };
    assert.deepEqual(await push({ token: 'nonsense' }), { status: 'error', response: { reason: 'unauthorized' } });
    assert.deepEqual(await push({ token: await open(clock, -5) }), { status: 'error', response: { reason: 'token-expired' } });
    assert.deepEqual(await push({ token: await open(clock, 1000, 'mallory') }), { status: 'error', response: { reason: 'unauthorized' } });
    assert.equal((await push({})).response['reason'], 'invalid');
    await socket.close();
  });

  test('closes the channels that a renewed grant no longer covers', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({ secret: SECRET, autoCreate: true }, { clock });
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await open(clock, 100)}`);
    await socket.join('room:team');
    const narrower = await new SignJWT({ grants: [{ room: 'other', can: ['join'] }] })
      .setSubject('ana')
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(clock.now() / 1000) + 100)
      .sign(new TextEncoder().encode(SECRET));
    socket.send(['1', '2', 'room:team', 'token', { token: narrower }]);
    assert.deepEqual(await socket.event('phx_close'), ['1', '1', 'room:team', 'phx_close', {}]);
    await socket.close();
  });
});

describe('logs', () => {
  test('hold no token, wherever it came from', async () => {
    const lines: string[] = [];
    const output = { write: (line: string) => lines.push(line) > 0 } as unknown as NodeJS.WritableStream;
    const server = await startTestServer({ secret: SECRET }, { log: createLog({ level: 'trace', output }), clock: systemClock });
    const token = await signToken(SECRET, { sub: 'ana', ttl: 60, grants: ALL });
    await fetch(`${server.url}/api/rooms?token=${token}`);
    await fetch(`${server.url}/api/rooms?token=bad.${token}`);
    await fetch(`${server.url}/nowhere?token=${token}`, { headers: { authorization: `Bearer ${token}` } });
    await handshake(`${server.socketUrl}/websocket?vsn=2.0.0&token=bad.${token}`);
    const socket = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${token}`);
    await socket.join('lobby');
    socket.ws.send(`["1","2","lobby","token",{"token":"${token}"`);
    await socket.closed;
    await server.close();
    const log = lines.join('');
    assert.match(log, /\/api\/rooms\?token=…/);
    assert.ok(!log.includes(token.slice(-20)), 'a token is in the log');
    assert.ok(!log.includes(SECRET), 'the secret is in the log');
  });
});
