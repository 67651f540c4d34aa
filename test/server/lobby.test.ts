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

  test('counts who is in which room, and hears of each change', async () => {
    await using server = await startTestServer();
    const [watcher, ana, ben] = [
      await RawSocket.open(server.socketUrl),
      await RawSocket.open(server.socketUrl),
      await RawSocket.open(server.socketUrl),
    ];
    await watcher.join('lobby', { name: 'Wanda' });
    await ana.join('room:team', { name: 'Ana', user_id: 'u' });
    await ben.join('room:team', { name: 'Ben', user_id: 'u' });
    const heard = [];
    for (let count = 0; count < 2; count++) heard.push((await watcher.event('room_updated'))[4]['peers']);
    ben.send(['1', '2', 'room:team', 'phx_leave', {}]);
    assert.deepEqual(metas((await watcher.event('presence_diff'))[4]['leaves']), [{ name: 'Ben', room: 'team' }]);
    heard.push((await watcher.event('room_updated'))[4]['peers']);
    assert.deepEqual(heard, [1, 2, 1]);
    const late = await RawSocket.open(server.socketUrl);
    await late.join('lobby', { name: 'Late' });
    assert.deepEqual(metas((await late.event('presence_state'))[4]), [
      { name: 'Wanda', room: null },
      { name: 'Ana', room: 'team' },
      { name: 'Late', room: null },
    ]);
  });

  test('a slug may be any word: new, lobby, api', async () => {
    await using server = await startTestServer({ autoCreate: false });
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    for (const [index, slug] of ['new', 'lobby', 'api', '0', '__proto__', 'constructor'].entries()) {
      socket.send(['1', `c${index}`, 'lobby', 'create_room', { title: slug }]);
      const made = String((await socket.reply(`c${index}`)).response['slug']);
      assert.equal(made, slug.replaceAll('_', '') || slug);
      assert.equal((await socket.join(`room:${made}`, {}, `j${index}`)).status, 'ok', made);
      const answer = await fetch(`${server.url}/api/rooms/${made}`);
      assert.deepEqual(await answer.json(), { slug: made, title: slug, peers: 1, max_peers: 8 });
    }
    await socket.close();
  });

  test('script in a title stays text, and its slug is one', async () => {
    await using server = await startTestServer();
    const [maker, watcher] = [await RawSocket.open(server.socketUrl), await RawSocket.open(server.socketUrl)];
    await watcher.join('lobby');
    await maker.join('lobby');
    const title = '<script>alert("1")</script> & <b>';
    maker.send(['1', '2', 'lobby', 'create_room', { title }]);
    assert.deepEqual(await maker.reply('2'), { status: 'ok', response: { slug: 'script-alert-1-script-b' } });
    assert.equal((await watcher.event('room_created'))[4]['title'], title);
    const answer = await fetch(`${server.url}/api/rooms`);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    const { rooms } = (await answer.json()) as { rooms: { title: string }[] };
    assert.deepEqual(
      rooms.map((room) => room.title),
      [title],
    );
    for (const each of [maker, watcher]) await each.close();
  });

  test('a title without a letter of ours gets a slug by chance; two at once with one slug make one room', async () => {
    await using server = await startTestServer();
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    socket.send(['1', '2', 'lobby', 'create_room', { title: '日本 🎉' }]);
    assert.match(String((await socket.reply('2')).response['slug']), /^room-[0-9a-f]{10}$/);
    const answers = await Promise.all(
      ['One', 'Two'].map((title) =>
        fetch(`${server.url}/api/rooms`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ title, slug: 'same' }),
        }),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    await socket.close();
  });

  test('a room that joining made is taken as well', async () => {
    await using server = await startTestServer();
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:team', {}, '1');
    await socket.join('lobby', {}, '2');
    socket.send(['2', '3', 'lobby', 'create_room', { title: 'Team' }]);
    assert.deepEqual(await socket.reply('3'), { status: 'error', response: { reason: 'taken' } });
    await socket.close();
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
