import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Presence } from 'phoenix';
import { encodeClientPush, LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { handshake, nextEvent, phoenixClient, RawSocket, settled } from '../support/wire.ts';

describe('the Phoenix wire, frame by frame', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  test('a heartbeat is answered on the phoenix topic', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    socket.send([null, '7', 'phoenix', 'heartbeat', {}]);
    assert.deepEqual(await socket.next(), [null, '7', 'phoenix', 'phx_reply', { status: 'ok', response: {} }]);
    await socket.close();
  });

  test('a join is answered with its reference twice', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    socket.send(['3', '3', 'lobby', 'phx_join', { v: 1 }]);
    const [joinRef, ref, topic, event, payload] = (await socket.next()) as unknown[];
    assert.deepEqual([joinRef, ref, topic, event], ['3', '3', 'lobby', 'phx_reply']);
    assert.equal((payload as { status: string }).status, 'ok');
    await socket.close();
  });

  test('a refused join is answered as an error', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    assert.equal((await socket.join('lobby', { name: 7 })).status, 'error');
    await socket.close();
  });

  test('a push to a topic that was not joined is unmatched', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    socket.send(['1', '2', 'room:team', 'ping', {}]);
    assert.deepEqual(await socket.next(), [
      null,
      '2',
      'room:team',
      'phx_reply',
      { status: 'error', response: { reason: 'unmatched topic' } },
    ]);
    await socket.close();
  });

  test('a join of a topic that nothing serves is unmatched', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    for (const topic of ['nowhere', 'nowhere:at-all', 'room', 'lobby:one', '', '__proto__', 'constructor:x']) {
      socket.send(['1', '1', topic, 'phx_join', { v: 1 }]);
      assert.deepEqual(await socket.next(), [null, '1', topic, 'phx_reply', { status: 'error', response: { reason: 'unmatched topic' } }]);
    }
    await socket.close();
  });

  test('a leave is answered, then the channel closes', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    await socket.event('presence_state');
    socket.send(['1', '2', 'lobby', 'phx_leave', {}]);
    assert.deepEqual(await socket.next(), ['1', '2', 'lobby', 'phx_reply', { status: 'ok', response: {} }]);
    assert.deepEqual(await socket.next(), ['1', '1', 'lobby', 'phx_close', {}]);
    await socket.assertSilent();
    await socket.close();
  });

  test('a leave of what was not joined is answered and nothing more', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    socket.send(['1', '2', 'lobby', 'phx_leave', {}]);
    assert.deepEqual(await socket.next(), ['1', '2', 'lobby', 'phx_reply', { status: 'ok', response: {} }]);
    await socket.assertSilent();
    await socket.close();
  });

  test('a second join closes the first, then is answered', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    await socket.event('presence_state');
    socket.send(['2', '2', 'lobby', 'phx_join', { v: 1 }]);
    assert.deepEqual(await socket.next(), ['1', '1', 'lobby', 'phx_close', {}]);
    const [joinRef, ref, , event] = (await socket.next()) as unknown[];
    assert.deepEqual([joinRef, ref, event], ['2', '2', 'phx_reply']);
    await socket.close();
  });

  test('a message with the reference of an earlier join is ignored', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    await socket.join('lobby', {}, '2');
    await socket.event('presence_state');
    socket.send(['1', '3', 'lobby', 'create_room', { title: 'Stale' }]);
    socket.send(['1', '4', 'lobby', 'phx_leave', {}]);
    await socket.assertSilent();
    socket.send(['2', '5', 'lobby', 'create_room', { title: 'Fresh' }]);
    assert.deepEqual(await socket.reply('5'), { status: 'ok', response: { slug: 'fresh' } });
    await socket.close();
  });

  test('references that are numbers are echoed as strings', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    socket.send([null, 9, 'phoenix', 'heartbeat', {}]);
    assert.deepEqual(await socket.next(), [null, '9', 'phoenix', 'phx_reply', { status: 'ok', response: {} }]);
    await socket.close();
  });

  test(`a socket has at most ${LIMITS.channelsPerSocket} channels`, async () => {
    const socket = await RawSocket.open(server.socketUrl);
    for (let index = 0; index < LIMITS.channelsPerSocket; index++) {
      assert.equal((await socket.join(`room:crowd-${index}`, {}, `${index}`)).status, 'ok');
    }
    assert.deepEqual(await socket.join('room:crowd-more', {}, 'more'), { status: 'error', response: { reason: 'limit', channels: 100 } });
    socket.send(['0', 'leave', 'room:crowd-0', 'phx_leave', {}]);
    await socket.reply('leave');
    assert.equal((await socket.join('room:crowd-more', {}, 'again')).status, 'ok');
    await socket.close();
  });

  test('a join with an unknown version of the wire is told which are spoken', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    for (const v of [2, '1', null]) {
      assert.deepEqual(await socket.join('lobby', { v }), { status: 'error', response: { reason: 'version', versions: [1] } });
    }
    await socket.close();
  });

  test('a connection without vsn is refused in words', async () => {
    const answer = await handshake(`${server.socketUrl}/websocket`);
    assert.equal(answer.status, 403);
    assert.match(JSON.parse(answer.body).detail, /vsn=2\.0\.0/);
  });

  test('a binary push reaches its channel and is answered', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    socket.ws.send(encodeClientPush('1', '2', 'lobby', 'create_room', new Uint8Array([1, 2, 3])));
    const { status, response } = await socket.reply('2');
    assert.equal(status, 'error');
    assert.equal(response['reason'], 'invalid');
    await socket.close();
  });

  test('the subprotocol phoenix is answered where it is offered', async () => {
    const answer = await handshake(`${server.socketUrl}/websocket?vsn=2.0.0`, { 'sec-websocket-protocol': 'phoenix' });
    assert.equal(answer.status, 101);
    assert.equal(answer.headers['sec-websocket-protocol'], 'phoenix');
  });
});

describe('the Phoenix wire and time', () => {
  test('a socket that is silent for 60 seconds is closed, one that speaks is not', async () => {
    const clock = new FakeClock();
    await using server = await startTestServer({}, { clock });
    const silent = await RawSocket.open(server.socketUrl);
    const talking = await RawSocket.open(server.socketUrl);
    await silent.assertSilent();
    clock.advance(40_000);
    await talking.assertSilent();
    clock.advance(20_000);
    assert.equal((await silent.closed).code, 1000);
    await talking.assertSilent();
    await talking.close();
  });

  test('a restart closes sockets with 1012', async () => {
    const server = await startTestServer();
    const socket = await RawSocket.open(server.socketUrl);
    const [{ code }] = await Promise.all([socket.closed, server.close()]);
    assert.equal(code, 1012);
  });
});

describe('the Phoenix client', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  test('joins, pushes, gets replies and leaves', async () => {
    const socket = phoenixClient(server.socketUrl);
    const lobby = socket.channel('lobby', { v: 1 });
    const reply = await settled(lobby.join());
    assert.ok(Array.isArray(reply['rooms']));
    assert.deepEqual(await settled(lobby.push('create_room', { title: 'Über uns' })), { slug: 'uber-uns' });
    await assert.rejects(settled(lobby.push('create_room', { title: 'Über uns' })), { response: { reason: 'taken' } });
    await settled(lobby.leave());
    assert.equal(lobby.state, 'closed');
    socket.disconnect();
  });

  test('pushes an ArrayBuffer as a binary frame and gets a reply', async () => {
    const socket = phoenixClient(server.socketUrl);
    const lobby = socket.channel('lobby', { v: 1 });
    await settled(lobby.join());
    await assert.rejects(settled(lobby.push('create_room', new ArrayBuffer(70_000))), /"reason":"invalid"/);
    socket.disconnect();
  });

  test('gets the presence state, and diffs as others come and go', async () => {
    const [ana, ben] = [phoenixClient(server.socketUrl), phoenixClient(server.socketUrl)];
    const first = ana.channel('room:presence', { v: 1, name: 'Ana' });
    const presence = new Presence(first);
    const names = (): string[] => presence.list((_key, { metas }) => metas[0].name).sort();
    const synced = (): Promise<void> => new Promise((resolve) => presence.onSync(() => resolve()));
    let sync = synced();
    await settled(first.join());
    await sync;
    assert.deepEqual(names(), ['Ana']);

    sync = synced();
    const second = ben.channel('room:presence', { v: 1, name: 'Ben' });
    await settled(second.join());
    await sync;
    assert.deepEqual(names(), ['Ana', 'Ben']);

    sync = synced();
    await settled(second.push('state', { mic: true }));
    await sync;
    assert.deepEqual(
      presence.list((_key, { metas }) =>
        (metas as Record<string, unknown>[]).map((meta) => [meta['name'], meta['mic'], meta['phx_ref_prev'] !== undefined]),
      ),
      [[['Ana', false, false]], [['Ben', true, true]]],
    );

    sync = synced();
    second.leave();
    await sync;
    assert.deepEqual(names(), ['Ana']);
    ana.disconnect();
    ben.disconnect();
  });

  test('reconnects and rejoins after a restart on the same port', async () => {
    const first = await startTestServer();
    const socket = phoenixClient(first.socketUrl);
    const room = socket.channel('room:team', { v: 1 });
    await settled(room.join());
    const rejoined = nextEvent(room, 'presence_state');
    await first.close();
    const second = await startTestServer({ port: first.port });
    await rejoined;
    assert.equal(room.state, 'joined');
    socket.disconnect();
    await second.close();
  });

  test('is rejoined after its channel was replaced by another client object on the same socket', async () => {
    const socket = phoenixClient(server.socketUrl);
    const first = socket.channel('room:twice', { v: 1 });
    await settled(first.join());
    const closed = new Promise<void>((resolve) => first.onClose(() => resolve()));
    const second = socket.channel('room:twice', { v: 1 });
    await settled(second.join());
    await closed;
    assert.equal(second.state, 'joined');
    socket.disconnect();
  });
});
