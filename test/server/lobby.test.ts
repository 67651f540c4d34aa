import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { startTestServer } from '../support/server.ts';
import { assertServes, RawSocket } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';

const metas = (entries: unknown): Record<string, unknown>[] =>
  Object.values(entries as Record<string, { metas: Record<string, unknown>[] }>).flatMap((entry) =>
    entry.metas.map(({ name, room }) => ({ name, room })),
  );

describe('the lobby', () => {
  test('tells of rooms that are made, filled and emptied', async () => {
    await using server = await startTestServer();
    const [watcher, maker] = [await RawSocket.open(server.socketUrl), await RawSocket.open(server.socketUrl)];
    await watcher.join('lobby', { name: 'Wanda' });
    await maker.join('lobby', { name: 'Max' }, '1');
    maker.send(['1', '2', 'lobby', 'create_room', { title: 'Team Standup' }]);
    assert.deepEqual(await maker.reply('2'), { status: 'ok', response: { slug: 'team-standup' } });
    const room = { slug: 'team-standup', title: 'Team Standup', peers: 0, max_peers: 8 };
    assert.deepEqual((await watcher.event('room_created'))[4], room);
    await maker.join('room:team-standup', { name: 'Max' }, '3');
    assert.deepEqual((await watcher.event('room_updated'))[4], { ...room, peers: 1 });
    await maker.close();
    await watcher.close();
  });

  test('shows who is in the lobby and who is in which room', async () => {
    await using server = await startTestServer();
    const [ana, ben] = [await RawSocket.open(server.socketUrl), await RawSocket.open(server.socketUrl)];
    await ben.join('room:team', { name: 'Ben', user_id: 'ben' });
    await ana.join('lobby', { name: 'Ana' });
    const [, , , , state] = await ana.event('presence_state');
    assert.deepEqual(metas(state), [
      { name: 'Ben', room: 'team' },
      { name: 'Ana', room: null },
    ]);
    assert.ok('ben' in state);
    ben.send(['1', '2', 'room:team', 'phx_leave', {}]);
    assert.deepEqual(metas((await ana.event('presence_diff'))[4]['leaves']), [{ name: 'Ben', room: 'team' }]);
    await ana.close();
    await ben.close();
  });

  test('shows of rooms and people only what the token may see', async () => {
    await using server = await startTestServer({ secret: SECRET, autoCreate: true });
    const open = async (sub: string, room: string) =>
      RawSocket.open(
        server.socketUrl,
        `vsn=2.0.0&token=${await signToken(SECRET, { sub, name: sub, ttl: 60, grants: [{ room, can: ['join', 'create'] }] })}`,
      );
    const [ana, ben] = [await open('Ana', 'mine'), await open('Ben', 'theirs')];
    await ben.join('room:theirs');
    const { response } = await ana.join('lobby');
    assert.deepEqual(response, { rooms: [] });
    assert.deepEqual(metas((await ana.event('presence_state'))[4]), [{ name: 'Ana', room: null }]);
    ben.send(['1', '2', 'room:theirs', 'phx_leave', {}]);
    await ben.reply('2');
    await ana.assertSilent();
    ana.send(['1', '3', 'lobby', 'create_room', { title: 'Theirs too', slug: 'other' }]);
    assert.deepEqual(await ana.reply('3'), { status: 'error', response: { reason: 'unauthorized' } });
    await ana.close();
    await ben.close();
  });

  test('refuses a room that is taken or not described as it should be', async () => {
    await using server = await startTestServer();
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    const create = (payload: unknown) => {
      socket.send(['1', 'c', 'lobby', 'create_room', payload]);
      return socket.reply('c');
    };
    assert.deepEqual(await create({ title: 'Team' }), { status: 'ok', response: { slug: 'team' } });
    assert.deepEqual(await create({ title: 'Team' }), { status: 'error', response: { reason: 'taken' } });
    for (const payload of [{}, { title: '' }, { title: 'x', slug: '-x' }, { title: 'x'.repeat(81) }, { title: 'x', max_peers: 1.5 }]) {
      assert.equal((await create(payload)).response['reason'], 'invalid', JSON.stringify(payload));
    }
    await socket.close();
    await assertServes(server);
  });
});
