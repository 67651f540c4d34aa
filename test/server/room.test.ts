import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { enter, type Joined, meta, payloadOf } from '../support/raw-room.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, RawSocket } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const OFFER = { n: 1, sdp: { type: 'offer', sdp: 'v=0\r\n' } };

describe('signaling in a room', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  test('those inside are told of a newcomer once it is subscribed', async () => {
    const ana = await enter(server, 'new');
    const ben = await enter(server, 'new');
    assert.deepEqual(payloadOf(await ana.socket.event('new')), { from: ben.id });
    ana.socket.send(['1', '2', 'room:new', 'ping', { to: ben.id }]);
    assert.deepEqual(payloadOf(await ben.socket.event('ping')), { to: ben.id, from: ana.id });
    await ana.socket.close();
    await ben.socket.close();
  });

  test('a directed message reaches its addressee alone', async () => {
    const [ana, ben, cleo] = [await enter(server, 'direct'), await enter(server, 'direct'), await enter(server, 'direct')];
    for (const [event, body] of Object.entries({
      ping: {},
      offer: OFFER,
      answer: { n: 1, sdp: { type: 'answer', sdp: 'v=0\r\n' } },
      ice: { n: 1, candidate: { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' } },
    })) {
      ana.socket.send(['1', event, 'room:direct', event, { ...body, to: ben.id }]);
      assert.deepEqual(payloadOf(await ben.socket.event(event)), { ...body, to: ben.id, from: ana.id });
      assert.deepEqual(await ana.socket.reply(event), { status: 'ok', response: {} });
    }
    await cleo.socket.assertSilent();
    for (const { socket } of [ana, ben, cleo]) await socket.close();
  });

  test('the end of the candidates is a null', async () => {
    const [ana, ben] = [await enter(server, 'null'), await enter(server, 'null')];
    ana.socket.send(['1', '2', 'room:null', 'ice', { to: ben.id, n: 3, candidate: null }]);
    assert.equal(payloadOf(await ben.socket.event('ice'))['candidate'], null);
    for (const { socket } of [ana, ben]) await socket.close();
  });

  test('a forged from is overwritten', async () => {
    const [ana, ben, cleo] = [await enter(server, 'forged'), await enter(server, 'forged'), await enter(server, 'forged')];
    ana.socket.send(['1', '2', 'room:forged', 'offer', { ...OFFER, to: ben.id, from: cleo.id }]);
    assert.equal(payloadOf(await ben.socket.event('offer'))['from'], ana.id);
    for (const { socket } of [ana, ben, cleo]) await socket.close();
    await assertServes(server);
  });

  test('what the wire does not know is not passed on', async () => {
    const [ana, ben] = [await enter(server, 'strip'), await enter(server, 'strip')];
    ana.socket.send(['1', '2', 'room:strip', 'ping', { to: ben.id, html: '<script>' }]);
    assert.deepEqual(payloadOf(await ben.socket.event('ping')), { to: ben.id, from: ana.id });
    for (const { socket } of [ana, ben]) await socket.close();
  });

  test('what only the server says is not taken from a client', async () => {
    const [ana, ben] = [await enter(server, 'says'), await enter(server, 'says')];
    await ana.socket.event('new');
    for (const event of [
      'new',
      'bye',
      'presence_diff',
      'presence_state',
      'chat_history',
      'phx_reply',
      'phx_close',
      'topology',
      'toString',
    ]) {
      ana.socket.send(['1', 'forged', 'room:says', event, { from: ben.id, to: ben.id, messages: [] }]);
      const { status, response } = await ana.socket.reply('forged');
      assert.deepEqual([status, response['reason']], ['error', 'invalid'], event);
    }
    await ben.socket.assertSilent();
    for (const { socket } of [ana, ben]) await socket.close();
    await assertServes(server);
  });

  test('a message to nobody is answered no-peer, also one to a peer of another room', async () => {
    const [ana, elsewhere] = [await enter(server, 'alone'), await enter(server, 'elsewhere')];
    for (const to of ['nobody', elsewhere.id]) {
      ana.socket.send(['1', '2', 'room:alone', 'offer', { ...OFFER, to }]);
      assert.deepEqual(await ana.socket.reply('2'), { status: 'error', response: { reason: 'no-peer' } });
    }
    await elsewhere.socket.assertSilent();
    for (const { socket } of [ana, elsewhere]) await socket.close();
  });

  test('a message that is not what it says is refused and reaches nobody', async () => {
    const [ana, ben] = [await enter(server, 'invalid'), await enter(server, 'invalid')];
    const { socket } = ana;
    const bad: [string, Record<string, unknown>][] = [
      ['ping', {}],
      ['ping', { to: 5 }],
      ['offer', { to: ben.id }],
      ['offer', { ...OFFER, to: ben.id, n: -1 }],
      ['offer', { ...OFFER, to: ben.id, sdp: { type: 'answer', sdp: '' } }],
      ['ice', { to: ben.id, n: 1, candidate: 'candidate:1' }],
      ['state', { mic: 'yes' }],
    ];
    await socket.event('new');
    for (const [event, payload] of bad) {
      socket.send(['1', 'bad', 'room:invalid', event, payload]);
      const { status, response } = await socket.reply('bad');
      assert.deepEqual([status, response['reason']], ['error', 'invalid'], JSON.stringify(payload));
    }
    await ben.socket.assertSilent();
    for (const each of [ana, ben]) await each.socket.close();
    await assertServes(server);
  });

  test('state changes the presence of a peer, for itself too', async () => {
    const ana = await enter(server, 'state');
    const before = meta((await enterState(server, 'state', ana)).state, ana.id);
    ana.socket.send(['1', '2', 'room:state', 'state', { mic: true, camera: true }]);
    for (;;) {
      const { joins, leaves } = payloadOf(await ana.socket.event('presence_diff'));
      const joined = meta(joins, ana.id);
      if (joined === undefined) continue;
      assert.deepEqual([joined['mic'], joined['camera'], joined['screen']], [true, true, false]);
      assert.equal(joined['phx_ref_prev'], before?.['phx_ref']);
      assert.equal(meta(leaves, ana.id)?.['phx_ref'], before?.['phx_ref']);
      break;
    }
    await ana.socket.close();
  });

  test('names are unique in a room', async () => {
    const peers = [];
    for (const name of ['Ana', 'Ana', 'ana', 'Ana 2']) peers.push(await enter(server, 'names', { name }));
    assert.deepEqual(
      peers.map(({ reply }) => (reply['me'] as { name: string }).name),
      ['Ana', 'Ana 2', 'ana 3', 'Ana 2 2'],
    );
    for (const { socket } of peers) await socket.close();
  });

  test('a user id is taken in both spellings, as a number too', async () => {
    for (const [slug, params] of [
      ['id-a', { user_id: 'u1' }],
      ['id-b', { userId: 'u1' }],
      ['id-c', { user_id: 7 }],
    ] as const) {
      const socket = await RawSocket.open(server.socketUrl);
      const { response } = await socket.join(`room:${slug}`, params);
      const state = payloadOf(await socket.event('presence_state'));
      assert.equal(meta(state, String(response['peer_id']))?.['user_id'], slug === 'id-c' ? '7' : 'u1');
      await socket.close();
    }
  });

  test('a leave says bye at once', async () => {
    const [ana, ben] = [await enter(server, 'bye'), await enter(server, 'bye')];
    ben.socket.send(['1', '2', 'room:bye', 'phx_leave', {}]);
    assert.deepEqual(payloadOf(await ana.socket.event('bye')), { from: ben.id });
    assert.ok(meta(payloadOf(await ana.socket.event('presence_diff'))['leaves'], ben.id));
    for (const { socket } of [ana, ben]) await socket.close();
  });

  test('a second join without resume on the same socket ends the first peer', async () => {
    const [ana, ben] = [await enter(server, 'again'), await enter(server, 'again')];
    await ana.socket.event('new');
    const { response } = await ben.socket.join('room:again', {}, '2');
    assert.notEqual(response['peer_id'], ben.id);
    assert.deepEqual(payloadOf(await ana.socket.event('new')), { from: response['peer_id'] });
    assert.deepEqual(payloadOf(await ana.socket.event('bye')), { from: ben.id });
    for (const { socket } of [ana, ben]) await socket.close();
  });

  test('the 4th peer in a room of 3 is refused, until one of them has gone for good', async () => {
    const clock = new FakeClock();
    await using small = await startTestServer({ maxPeers: 3 }, { clock });
    const peers = [await enter(small, 'trio'), await enter(small, 'trio'), await enter(small, 'trio')];
    const fourth = await RawSocket.open(small.socketUrl);
    const full = { status: 'error', response: { reason: 'room-full', max_peers: 3 } };
    assert.deepEqual(await fourth.join('room:trio', {}, '1'), full);
    const [first, second] = peers;
    await first?.socket.close();
    await second?.socket.event('presence_diff');
    assert.deepEqual(await fourth.join('room:trio', {}, '2'), full, 'who dropped keeps the place for 30 s');
    clock.advance(LIMITS.resumeMs);
    assert.equal((await fourth.join('room:trio', {}, '3')).status, 'ok');
    assert.deepEqual(await (await RawSocket.open(small.socketUrl)).join('room:trio'), full);
  });

  test('a resume into a full room is no newcomer', async () => {
    await using small = await startTestServer({ maxPeers: 1 });
    const ana = await enter(small, 'solo');
    await ana.socket.close();
    const again = await enter(small, 'solo', { resume: ana.resume });
    assert.equal(again.id, ana.id);
  });

  test('a duplicate join with its resume stays one peer, and nobody hears of a new one', async () => {
    const [ana, ben] = [await enter(server, 'duplicate'), await enter(server, 'duplicate')];
    await ana.socket.event('new');
    const { response } = await ben.socket.join('room:duplicate', { resume: ben.resume }, '2');
    assert.equal(response['peer_id'], ben.id);
    assert.equal(meta(payloadOf(await ana.socket.event('presence_diff'))['joins'], ben.id)?.['away'], false);
    await ana.socket.assertSilent();
    ana.socket.send(['1', '3', 'room:duplicate', 'ping', { to: ben.id }]);
    assert.deepEqual(payloadOf(await ben.socket.event('ping'))['from'], ana.id);
    await ben.socket.assertSilent();
    for (const { socket } of [ana, ben]) await socket.close();
  });

  test('a full room says how many it takes', async () => {
    await fetch(`${server.url}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Pair', slug: 'pair', max_peers: 2 }),
    });
    const peers = [await enter(server, 'pair'), await enter(server, 'pair')];
    const third = await RawSocket.open(server.socketUrl);
    assert.deepEqual(await third.join('room:pair'), { status: 'error', response: { reason: 'room-full', max_peers: 2 } });
    peers[0]?.socket.send(['1', '2', 'room:pair', 'phx_leave', {}]);
    await peers[0]?.socket.reply('2');
    assert.equal((await third.join('room:pair', {}, '2')).status, 'ok');
    for (const { socket } of [...peers, { socket: third }]) await socket.close();
  });

  test('a room that nobody made is not found where joining does not make it', async () => {
    await using strict = await startTestServer({ autoCreate: false });
    const socket = await RawSocket.open(strict.socketUrl);
    assert.deepEqual(await socket.join('room:team'), { status: 'error', response: { reason: 'room-not-found' } });
    await socket.close();
  });

  test('the reply tells the STUN server by the name that the client used', async () => {
    const { socket, reply } = await enter(server, 'ice');
    assert.deepEqual(reply['ice_servers'], [{ urls: `stun:127.0.0.1:${server.stunPort}` }]);
    assert.deepEqual([reply['topology'], reply['generation'], reply['max_peers']], ['mesh', 1, 8]);
    await socket.close();
  });
});

/** Lets another peer in to read the presence state as it stands. */
async function enterState(server: TestServer, slug: string, known: Joined): Promise<{ state: Record<string, unknown> }> {
  const other = await RawSocket.open(server.socketUrl);
  await other.join(`room:${slug}`);
  const state = payloadOf(await other.event('presence_state'));
  await known.socket.event('new');
  await other.close();
  return { state };
}

describe('rooms and tokens', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ secret: SECRET, public: [], autoCreate: true });
  });
  after(() => server.close());

  const query = async (sub: string, name: string, room = '*'): Promise<string> =>
    `vsn=2.0.0&token=${await signToken(SECRET, { sub, name, ttl: 60, grants: [{ room, can: ['join'] }] })}`;

  test('a resume with the secret of somebody else is a newcomer, and the other stays', async () => {
    const ana = await enter(server, 'theft', {}, await query('ana', 'Ana'));
    const thief = await enter(server, 'theft', { resume: ana.resume }, await query('mallory', 'Mallory'));
    assert.notEqual(thief.id, ana.id);
    assert.deepEqual(payloadOf(await ana.socket.event('new')), { from: thief.id });
    const again = await enter(server, 'theft', { resume: ana.resume }, await query('ana', 'Ana'));
    assert.equal(again.id, ana.id);
    for (const { socket } of [ana, thief, again]) await socket.close();
    await assertServes(server);
  });

  test('two tabs of one user are two peers with names that differ', async () => {
    const [one, two] = [
      await enter(server, 'tabs', {}, await query('ana', 'Ana')),
      await enter(server, 'tabs', {}, await query('ana', 'Ana')),
    ];
    assert.notEqual(one.id, two.id);
    assert.deepEqual(payloadOf(await one.socket.event('new')), { from: two.id });
    const late = await RawSocket.open(server.socketUrl, await query('ben', 'Ben'));
    await late.join('room:tabs');
    const state = payloadOf(await late.event('presence_state'));
    assert.deepEqual(
      [one, two].map(({ id }) => [meta(state, id)?.['name'], meta(state, id)?.['user_id']]),
      [
        ['Ana', 'ana'],
        ['Ana 2', 'ana'],
      ],
    );
    one.socket.send(['1', '2', 'room:tabs', 'ping', { to: two.id }]);
    assert.deepEqual(payloadOf(await two.socket.event('ping')), { from: one.id, to: two.id });
    for (const socket of [one.socket, two.socket, late]) await socket.close();
  });

  test("a token's subject and name win over what the client says", async () => {
    const socket = await RawSocket.open(server.socketUrl, await query('ana', 'Ana'));
    const { response } = await socket.join('room:win', { name: 'Boss', user_id: 'boss' });
    const own = meta(payloadOf(await socket.event('presence_state')), String(response['peer_id']));
    assert.deepEqual([own?.['name'], own?.['user_id']], ['Ana', 'ana']);
    await socket.close();
  });

  test('a token for one room does not open another', async () => {
    const socket = await RawSocket.open(server.socketUrl, await query('ana', 'Ana', 'mine'));
    assert.equal((await socket.join('room:mine', {}, '1')).status, 'ok');
    assert.deepEqual(await socket.join('room:other', {}, '2'), { status: 'error', response: { reason: 'unauthorized' } });
    await socket.close();
  });

  test('nobody joins without a token where that is not public', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    assert.deepEqual(await socket.join('room:team'), { status: 'error', response: { reason: 'unauthorized' } });
    assert.deepEqual(await socket.join('lobby', {}, '2'), { status: 'error', response: { reason: 'unauthorized' } });
    await socket.close();
  });
});
