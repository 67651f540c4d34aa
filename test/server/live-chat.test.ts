/** The chat beside a stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';
import { Watcher } from '../support/watcher.ts';

const SECRET = 's'.repeat(48);
const me = (watcher: Watcher) => watcher.reply.response['me'] as { id: string; name: string; can: string[] };

test('what a viewer writes reaches everyone, stamped with the time and the name of the server', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const ana = await Watcher.join(server, 'demo', undefined, { name: 'Ana' });
  const ben = await Watcher.join(server, 'demo', undefined, { name: 'Ben' });
  const { status, response } = await ana.push('chat', { id: 'message-1', body: ' hello ', name: 'The Host', at: 1 });
  assert.deepEqual([status, response], ['ok', { id: 'message-1', at: clock.now() }]);
  const expected = { id: 'message-1', from: me(ana).id, name: 'Ana', body: 'hello', at: clock.now() };
  for (const watcher of [ana, ben]) assert.deepEqual(await watcher.until('chat'), expected);
  const late = await Watcher.join(server, 'demo');
  assert.deepEqual(await late.until('chat_history'), { messages: [expected] });
  for (const watcher of [ana, ben, late]) watcher.close();
});

test('slow mode says how long to wait', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const ana = await Watcher.join(server, 'demo', undefined, { name: 'Ana' });
  const ben = await Watcher.join(server, 'demo', undefined, { name: 'Ben' });
  await ana.push('chat', { id: 'message-1', body: 'one' });
  clock.advance(400);
  const hasty = await ana.push('chat', { id: 'message-2', body: 'two' });
  assert.deepEqual([hasty.status, hasty.response], ['error', { reason: 'limit', retry_after: 600 }]);
  assert.equal((await ben.push('chat', { id: 'message-3', body: 'three' })).status, 'ok', 'each viewer by itself');
  clock.advance(600);
  assert.equal((await ana.push('chat', { id: 'message-2', body: 'two' })).status, 'ok');
  for (const watcher of [ana, ben]) watcher.close();
});

test('newcomers are shown the last 50, and messages have 500 characters at most', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const ana = await Watcher.join(server, 'demo', undefined, { name: 'Ana' });
  for (let index = 0; index < 52; index++) {
    clock.advance(1000);
    assert.equal((await ana.push('chat', { id: `message-${index}`, body: 'x'.repeat(500) })).status, 'ok');
  }
  assert.equal((await ana.push('chat', { id: 'too-long-', body: 'x'.repeat(501) })).response['reason'], 'invalid');
  const late = await Watcher.join(server, 'demo');
  const { messages } = (await late.until('chat_history')) as { messages: { id: string }[] };
  assert.deepEqual([messages.length, messages[0]?.id, messages.at(-1)?.id], [50, 'message-2', 'message-51']);
  for (const watcher of [ana, late]) watcher.close();
});

test('names are unique among those who watch, may change, and are free again', async () => {
  await using server = await startTestServer();
  const first = await Watcher.join(server, 'demo', undefined, { name: 'Ana' });
  const second = await Watcher.join(server, 'demo', undefined, { name: 'ana' });
  assert.deepEqual([me(first).name, me(second).name], ['Ana', 'ana 2']);
  assert.deepEqual((await second.push('name', { name: 'Ben' })).response, { name: 'Ben' });
  await second.push('chat', { id: 'message-1', body: 'hello' });
  assert.equal((await first.until('chat'))['name'], 'Ben');
  assert.deepEqual((await first.push('name', { name: 'Ben' })).response, { name: 'Ben 2' });
  assert.deepEqual((await second.push('name', { name: 'Ana' })).response, { name: 'Ana' });
  for (const watcher of [first, second]) watcher.close();
});

test('a message is deleted by its author, by a moderator and by whoever broadcasts, and by nobody else', async () => {
  await using server = await startTestServer({ secret: SECRET, public: ['watch'] });
  const tokenOf = (sub: string, can: ('publish' | 'watch' | 'moderate')[]) =>
    signToken(SECRET, { sub, name: sub, grants: [{ stream: 'demo', can }], ttl: 60 });
  const host = await tokenOf('host', ['publish']);
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: [videoTrack()], token: host });
  assert.equal(publisher.joinReply.status, 'ok');
  const authors = await Promise.all(['ana', 'ben', 'cleo'].map(async (sub) => Watcher.join(server, 'demo', await tokenOf(sub, ['watch']))));
  const [ana, ben, cleo] = authors as [Watcher, Watcher, Watcher];
  for (const [index, author] of authors.entries()) await author.push('chat', { id: `message-${index}`, body: 'hello' });
  assert.equal((await ben.push('chat_delete', { id: 'message-0' })).response['reason'], 'unauthorized');
  assert.equal((await ana.push('chat_delete', { id: 'message-0' })).status, 'ok');
  const moderator = await Watcher.join(server, 'demo', await tokenOf('mod', ['moderate']));
  assert.ok(me(moderator).can.includes('moderate') && !me(ana).can.includes('moderate'));
  assert.equal((await moderator.push('chat_delete', { id: 'message-1' })).status, 'ok');
  const studio = await Watcher.join(server, 'demo', host);
  assert.equal((await studio.push('chat_delete', { id: 'message-2' })).status, 'ok');
  assert.equal((await studio.push('chat_delete', { id: 'message-9' })).response['reason'], 'invalid');
  await cleo.until('chat_delete', ({ id }) => id === 'message-2');
  assert.deepEqual(
    cleo.all('chat_delete').map(({ id }) => id),
    ['message-0', 'message-1', 'message-2'],
  );
  for (const watcher of [...authors, moderator, studio]) watcher.close();
  publisher.drop();
});
