/** Putting out, muting and closing, by the real client against the real server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { type Capability, LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { RoomPeer, refusal } from '../support/room-peer.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, RawSocket, settled } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const KICKED = { reason: 'kicked' };

const events = ({ heard }: RoomPeer): string[] => heard.map(({ event }) => event);

describe('with tokens', () => {
  const clock = new FakeClock(Date.now());
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ secret: SECRET, public: ['join'], autoCreate: true }, { clock });
  });
  after(() => server.close());

  const tokenOf = (slug: string, sub: string, can: Capability[]): Promise<string> =>
    signToken(SECRET, { sub, name: sub, ttl: 3600, grants: [{ room: slug, can }] });

  const enter = async (slug: string, sub: string, params: Record<string, unknown> = {}, can: Capability[] = ['join']): Promise<RoomPeer> =>
    RoomPeer.join(server.socketUrl, slug, { authToken: await tokenOf(slug, sub, can), params });

  const moderator = (slug: string, sub = 'boss'): Promise<RoomPeer> => enter(slug, sub, {}, ['join', 'moderate']);

  test('who is kicked hears by whom, then the end of the channel, and the others a bye', async () => {
    using boss = await moderator('word');
    using ana = await enter('word', 'ana');
    using ben = await enter('word', 'ben');
    assert.deepEqual(await boss.push('kick', { peer_id: ana.id }), {});
    assert.deepEqual(await ana.next('kick'), { from: boss.id });
    await ana.next('phx_close');
    assert.deepEqual(events(ana).slice(-2), ['kick', 'phx_close']);
    assert.deepEqual(await ben.next('bye'), { from: ana.id });
    await boss.push('chat', { id: 'after-the-kick', body: 'quiet now' });
    await ben.next('chat');
    assert.ok(!events(ana).includes('chat'));
  });

  test('who is kicked stays out: by a join, by the old resume, by a new socket, in another tab', async () => {
    using boss = await moderator('out');
    using ana = await enter('out', 'ana');
    using tab = await enter('out', 'ana');
    using away = await enter('out', 'ana');
    const { resume } = away;
    await away.cut();
    await boss.push('kick', { peer_id: ana.id });
    for (const peer of [ana, tab]) await peer.next('phx_close');
    assert.deepEqual(await refusal(enter('out', 'ana')), KICKED);
    for (const old of [ana.resume, tab.resume, resume]) assert.deepEqual(await refusal(enter('out', 'ana', { resume: old })), KICKED);
    // On the socket that it still has, too.
    const again = ana.socket.channel('room:out', { v: 1, resume: ana.resume });
    assert.deepEqual(await refusal(settled(again.join())), KICKED);
    again.leave();
    using _elsewhere = await enter('elsewhere', 'ana');
    using _ben = await enter('out', 'ben');
    await assertServes(server);
  });

  test('the ban ends after ten minutes, and nothing else ends it', async () => {
    const boss = await moderator('ban');
    const ana = await enter('ban', 'ana');
    await boss.push('kick', { peer_id: ana.id });
    await ana.next('phx_close');
    ana.leave();
    await boss.push('close');
    await boss.next('phx_close');
    boss.leave();
    clock.advance(LIMITS.banMs - 1);
    assert.deepEqual(await refusal(enter('ban', 'ana')), KICKED);
    clock.advance(1);
    using again = await enter('ban', 'ana');
    assert.equal(again.joins, 1);
  });

  test('chat after a kick reaches nobody', async () => {
    using boss = await moderator('mouth');
    const ana = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await tokenOf('mouth', 'ana', ['join'])}`);
    const { response } = await ana.join('room:mouth');
    await boss.push('kick', { peer_id: response['peer_id'] });
    await ana.event('phx_close');
    ana.send(['1', '2', 'room:mouth', 'chat', { id: 'said-too-late', body: 'but' }]);
    assert.deepEqual(await ana.reply('2'), { status: 'error', response: { reason: 'unmatched topic' } });
    await ana.close();
    using late = await enter('mouth', 'ben');
    assert.deepEqual(await late.next('chat_history'), { messages: [] });
    assert.ok(!events(boss).includes('chat'));
  });

  test('kick, mute and close need the grant, in this room', async () => {
    using ana = await enter('grant', 'ana');
    using guest = await RoomPeer.join(server.socketUrl, 'grant');
    using foreign = await RoomPeer.join(server.socketUrl, 'grant', { authToken: await tokenOf('other-room', 'eve', ['join', 'moderate']) });
    for (const peer of [ana, guest, foreign]) {
      for (const target of [guest.id, ana.id, 'nobody']) {
        assert.deepEqual(await peer.refused('kick', { peer_id: target }), { reason: 'unauthorized' });
        assert.deepEqual(await peer.refused('mute', { peer_id: target, kind: 'mic' }), { reason: 'unauthorized' });
      }
      assert.deepEqual(await peer.refused('close'), { reason: 'unauthorized' });
    }
    for (const peer of [ana, guest, foreign]) {
      await peer.push('ping', { to: ana.id });
      assert.ok(!events(peer).some((event) => /^(?:kick|mute|close|bye|phx_close)$/.test(event)));
    }
  });

  test('the grant comes and goes with the token of the live socket', async () => {
    using ana = await enter('renew', 'ana');
    using ben = await enter('renew', 'ben');
    await ana.push('token', { token: await tokenOf('renew', 'ana', ['join', 'moderate']) });
    await ana.push('mute', { peer_id: ben.id, kind: 'mic' });
    await ana.push('token', { token: await tokenOf('renew', 'ana', ['join']) });
    assert.deepEqual(await ana.refused('mute', { peer_id: ben.id, kind: 'mic' }), { reason: 'unauthorized' });
  });

  test('a token that comes later says who somebody is, to a resume and to a ban', async () => {
    using boss = await moderator('later');
    using ana = await RoomPeer.join(server.socketUrl, 'later');
    await ana.push('token', { token: await tokenOf('later', 'ana', ['join']) });
    using same = await enter('later', 'ana', { resume: ana.resume });
    assert.equal(same.id, ana.id);
    await boss.push('kick', { peer_id: same.id });
    using guest = await RoomPeer.join(server.socketUrl, 'later');
    // No answer: the channel ends over it.
    guest.channel.push('token', { token: await tokenOf('later', 'ana', ['join']) }, 1);
    await guest.next('phx_close');
    assert.deepEqual(await refusal(enter('later', 'ana')), KICKED);
  });

  test('nobody kicks themselves, in another tab either', async () => {
    using boss = await moderator('self');
    using tab = await moderator('self');
    for (const { id } of [boss, tab]) assert.equal((await boss.refused('kick', { peer_id: id }))['reason'], 'invalid');
    using again = await moderator('self');
    assert.equal(again.joins, 1);
  });

  test('what is not there, or not described as it should be, is refused', async () => {
    using boss = await moderator('odd');
    using ana = await enter('odd', 'ana');
    using elsewhere = await enter('odd-2', 'ben');
    for (const peer_id of ['nobody', elsewhere.id]) {
      assert.deepEqual(await boss.refused('kick', { peer_id }), { reason: 'no-peer' });
      assert.deepEqual(await boss.refused('mute', { peer_id, kind: 'mic' }), { reason: 'no-peer' });
    }
    for (const [event, payload] of [
      ['kick', {}],
      ['kick', { peer_id: 5 }],
      ['mute', { peer_id: ana.id }],
      ['mute', { peer_id: ana.id, kind: 'brain' }],
    ] as const)
      assert.equal((await boss.refused(event, payload))['reason'], 'invalid', JSON.stringify(payload));
    await assertServes(server);
  });

  test('a mute reaches the peer alone, said by the server; its state is its own to change', async () => {
    using boss = await moderator('mute');
    using ana = await enter('mute', 'ana');
    using ben = await enter('mute', 'ben');
    await ana.push('state', { mic: true });
    await boss.push('mute', { peer_id: ana.id, kind: 'mic', from: ben.id });
    assert.deepEqual(await ana.next('mute'), { kind: 'mic', from: boss.id });
    await boss.push('ping', { to: ben.id });
    await ben.next('ping');
    assert.ok(!events(ben).includes('mute'));
  });

  test('a mute waits for a peer that is away', async () => {
    using boss = await moderator('mute-away');
    using ana = await enter('mute-away', 'ana');
    await ana.cut();
    await boss.push('mute', { peer_id: ana.id, kind: 'camera' });
    await ana.back();
    assert.deepEqual(await ana.next('mute'), { kind: 'camera', from: boss.id });
  });

  test('close says by whom, ends every channel, and the room is gone, its chat and the way back too', async () => {
    const boss = await moderator('over');
    using ana = await enter('over', 'ana');
    using away = await enter('over', 'ben');
    const lobby = await RawSocket.open(server.socketUrl);
    await lobby.join('lobby');
    await ana.push('chat', { id: 'last-words', body: 'bye' });
    await away.cut();
    assert.deepEqual(await boss.push('close'), {});
    for (const peer of [boss, ana]) {
      await peer.next('phx_close');
      assert.deepEqual(events(peer).slice(-2), ['close', 'phx_close']);
      assert.deepEqual(peer.heard.at(-2)?.payload, { from: boss.id });
    }
    assert.deepEqual((await lobby.event('room_closed'))[4], { slug: 'over' });
    await lobby.assertSilent();
    await lobby.close();
    assert.ok(!(await slugs(server)).includes('over'));
    boss.leave();
    // Joining makes another room of that name here, with nothing of the old one in it.
    const { id } = away;
    assert.deepEqual(await away.back(), { messages: [] });
    assert.notEqual(away.id, id);
  });
});

async function slugs(server: TestServer): Promise<string[]> {
  const { rooms } = (await (await fetch(`${server.url}/api/rooms`)).json()) as { rooms: { slug: string }[] };
  return rooms.map(({ slug }) => slug);
}

describe('without tokens', () => {
  test('a lasting room that is closed is gone over a restart too', async () => {
    await using server = await startTestServer({ autoCreate: false });
    const made = await fetch(`${server.url}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Lasting' }),
    });
    assert.equal(made.status, 201);
    const boss = await RoomPeer.join(server.socketUrl, 'lasting');
    await boss.push('close');
    await boss.next('phx_close');
    boss.leave();
    assert.deepEqual(await slugs(server), []);
    assert.deepEqual(await refusal(RoomPeer.join(server.socketUrl, 'lasting')), { reason: 'room-not-found' });
    await server.close();
    await using again = await startTestServer({ autoCreate: false, data: server.config.data });
    assert.deepEqual(await slugs(again), []);
  });

  test('a kick holds by address and user id, and by the address alone where there is none', async () => {
    await using server = await startTestServer();
    const enter = (params: Record<string, unknown> = {}) => RoomPeer.join(server.socketUrl, 'team', { params });
    using boss = await enter();
    using ana = await enter({ user_id: 'ana' });
    using ben = await enter();
    await boss.push('kick', { peer_id: ana.id });
    await ana.next('phx_close');
    assert.deepEqual(await refusal(enter({ user_id: 'ana', resume: ana.resume })), KICKED);
    using _other = await enter({ user_id: 'other' });
    await boss.push('kick', { peer_id: ben.id });
    await ben.next('phx_close');
    assert.deepEqual(await refusal(enter({ resume: ben.resume })), KICKED);
  });

  test('who shares the address of somebody kicked, and is inside, keeps the place over a drop', async () => {
    await using server = await startTestServer();
    using boss = await RoomPeer.join(server.socketUrl, 'team');
    using ana = await RoomPeer.join(server.socketUrl, 'team');
    const { id } = boss;
    await boss.push('kick', { peer_id: ana.id });
    await ana.next('phx_close');
    await boss.cut();
    await boss.back();
    assert.equal(boss.id, id);
  });

  test('behind a proxy that is believed, the address is the client’s, by socket and by long poll', async () => {
    const forwarded = '203.0.113.7, 10.0.0.1';
    await using server = await startTestServer({ trustProxy: true });
    const enter = (address: string) => RoomPeer.join(server.socketUrl, 'team', { transport: socketFrom(address) });
    using boss = await RoomPeer.join(server.socketUrl, 'team');
    using ana = await enter(forwarded);
    await boss.push('kick', { peer_id: ana.id });
    await ana.next('phx_close');
    assert.deepEqual(await refusal(enter(forwarded)), KICKED);
    assert.deepEqual(await joinByLongPoll(server, forwarded), { status: 'error', response: KICKED });
    using _other = await enter('203.0.113.8');
  });

  test('without such a proxy, nobody chooses an address', async () => {
    await using server = await startTestServer();
    using boss = await RoomPeer.join(server.socketUrl, 'team');
    using ana = await RoomPeer.join(server.socketUrl, 'team');
    await boss.push('kick', { peer_id: ana.id });
    await ana.next('phx_close');
    const made = '203.0.113.7';
    assert.deepEqual(await refusal(RoomPeer.join(server.socketUrl, 'team', { transport: socketFrom(made) })), KICKED);
    assert.deepEqual(await joinByLongPoll(server, made), { status: 'error', response: KICKED });
  });
});

/** A socket as a proxy would pass it on. */
const socketFrom = (address: string) =>
  class extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers: { 'x-forwarded-for': address } });
    }
  };

/** What a join of `room:team` is answered over long poll. */
async function joinByLongPoll(server: TestServer, from: string): Promise<unknown> {
  const address = `${server.url}/socket/longpoll?vsn=2.0.0`;
  const headers = { 'x-forwarded-for': from, 'content-type': 'application/x-ndjson' };
  const { token } = (await (await fetch(address, { headers })).json()) as { token: string };
  const session = `${address}&token=${token}`;
  await fetch(session, { method: 'POST', headers, body: JSON.stringify(['1', '1', 'room:team', 'phx_join', { v: 1 }]) });
  const { messages } = (await (await fetch(session, { headers })).json()) as { messages: string[] };
  return (JSON.parse(messages[0] ?? '[]') as unknown[])[4];
}
