/** Chat in a room, by the real client against the real server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { type Capability, LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { RoomPeer } from '../support/room-peer.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes } from '../support/wire.ts';

const SECRET = 'a secret of more than thirty-two bytes';

const bodies = (history: Record<string, unknown>): unknown[] => (history['messages'] as { body: unknown }[]).map(({ body }) => body);

let ids = 0;
const newId = (): string => `message-${++ids}`;

describe('chat', () => {
  const clock = new FakeClock();
  let server: TestServer;
  before(async () => {
    server = await startTestServer({}, { clock });
  });
  after(() => server.close());

  const enter = (slug: string, name: string, params: Record<string, unknown> = {}): Promise<RoomPeer> =>
    RoomPeer.join(server.socketUrl, slug, { params: { name, ...params } });

  test('reaches everybody inside, its author too, with name, author and time by the server', async () => {
    using ana = await enter('all', 'Ana');
    using ben = await enter('all', 'Ben');
    const id = newId();
    assert.deepEqual(await ana.push('chat', { id, body: ' hello ' }), { id, at: clock.now() });
    const message = { id, from: ana.id, name: 'Ana', body: 'hello', at: clock.now() };
    assert.deepEqual(await ana.next('chat'), message);
    assert.deepEqual(await ben.next('chat'), message);
  });

  test('a foreign from, name and time are ignored', async () => {
    using ana = await enter('foreign', 'Ana');
    using ben = await enter('foreign', 'Ben');
    await ana.push('chat', { id: newId(), body: 'it was Ben', from: ben.id, name: 'Ben', at: 1 });
    const { from, name, at } = await ben.next('chat');
    assert.deepEqual([from, name, at], [ana.id, 'Ana', clock.now()]);
  });

  test('carries the name that is unique in the room', async () => {
    using _first = await enter('unique', 'Ana');
    using second = await enter('unique', 'Ana');
    await second.push('chat', { id: newId(), body: 'me too' });
    assert.equal((await second.next('chat'))['name'], 'Ana 2');
  });

  test('script in a name and in a chat message arrives as text, unchanged', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const body = '</script><script>alert("1")</script>\n{{1}} %s \u2028 &lt;b&gt;';
    using ana = await enter('script', name);
    using ben = await enter('script', 'Ben');
    await ana.push('chat', { id: newId(), body });
    const message = await ben.next('chat');
    assert.deepEqual([message['name'], message['body']], [name, body]);
    using late = await enter('script', 'Late');
    const { messages } = await late.next('chat_history');
    assert.deepEqual(messages, [message]);
  });

  test('of 501 characters is refused, and reaches nobody; of 500 is not, whatever the characters', async () => {
    using ana = await enter('long', 'Ana');
    using ben = await enter('long', 'Ben');
    for (const body of ['x'.repeat(501), '👩'.repeat(501), 'x'.repeat(100_000), '', '  \n']) {
      assert.equal((await ana.refused('chat', { id: newId(), body }))['reason'], 'invalid');
    }
    for (const body of ['x'.repeat(500), '👩'.repeat(500), ` ${'é'.repeat(500)} `]) {
      await ana.push('chat', { id: newId(), body });
      assert.equal((await ben.next('chat'))['body'], body.trim());
    }
    await assertServes(server);
  });

  test('that is not what it says is refused', async () => {
    using ana = await enter('bad', 'Ana');
    for (const payload of [
      {},
      { body: 'x' },
      { id: 5, body: 'x' },
      { id: 'short', body: 'x' },
      { id: 'with space', body: 'x' },
      { id: newId(), body: 5 },
    ])
      assert.equal((await ana.refused('chat', payload))['reason'], 'invalid', JSON.stringify(payload));
    assert.equal((await ana.refused('chat_delete', { id: '' }))['reason'], 'invalid');
    assert.equal((await ana.refused('chat_delete', { id: newId() }))['reason'], 'invalid', 'nobody wrote that');
    await assertServes(server);
  });

  test('sent twice with one id is taken once', async () => {
    using ana = await enter('twice', 'Ana');
    using ben = await enter('twice', 'Ben');
    const id = newId();
    const first = await ana.push('chat', { id, body: 'once' });
    clock.advance(1000);
    assert.deepEqual(await ana.push('chat', { id, body: 'once' }), first);
    assert.equal((await ben.refused('chat', { id, body: 'mine' }))['reason'], 'invalid');
    await ben.push('chat', { id: newId(), body: 'next' });
    assert.deepEqual([(await ben.next('chat'))['body'], (await ben.next('chat'))['body']], ['once', 'next']);
  });

  test('the history is the last 100, the oldest first, behind the presence', async () => {
    using ana = await enter('history', 'Ana');
    for (let number = 1; number <= 103; number++) {
      if (number % LIMITS.chatBurst === 0) clock.advance(LIMITS.chatBurstMs);
      await ana.push('chat', { id: newId(), body: String(number) });
    }
    using ben = await enter('history', 'Ben');
    const shown = bodies(await ben.next('chat_history'));
    assert.deepEqual([shown.length, shown[0], shown.at(-1)], [LIMITS.chatHistory, '4', '103']);
    assert.deepEqual(
      ben.heard.map(({ event }) => event),
      ['presence_state', 'chat_history'],
    );
  });

  test('11 messages in 10 s: the last is refused with the time to wait, and taken after it', async () => {
    using ana = await enter('burst', 'Ana');
    using ben = await enter('burst', 'Ben');
    for (let number = 0; number < LIMITS.chatBurst; number++) {
      await ana.push('chat', { id: newId(), body: 'x' });
      clock.advance(100);
    }
    assert.deepEqual(await ana.refused('chat', { id: newId(), body: 'too much' }), { reason: 'limit', retry_after: 9000 });
    await ben.push('chat', { id: newId(), body: 'another author is not held up' });
    clock.advance(8999);
    assert.deepEqual(await ana.refused('chat', { id: newId(), body: 'too soon' }), { reason: 'limit', retry_after: 1 });
    clock.advance(1);
    await ana.push('chat', { id: newId(), body: 'now' });
    assert.equal((await ana.refused('chat', { id: newId(), body: 'one at a time' }))['retry_after'], 100);
  });

  test('a resume does not begin the count anew', async () => {
    using ana = await enter('count', 'Ana');
    for (let number = 0; number < LIMITS.chatBurst; number++) await ana.push('chat', { id: newId(), body: 'x' });
    const { id } = ana;
    await ana.cut();
    await ana.back();
    assert.equal(ana.id, id);
    assert.equal((await ana.refused('chat', { id: newId(), body: 'still too much' }))['reason'], 'limit');
  });

  test('nothing is lost over a resume, and what was in flight is taken once', async () => {
    using ana = await enter('resume', 'Ana');
    using ben = await enter('resume', 'Ben');
    const { id } = ben;
    const inFlight = { id: newId(), body: 'in flight' };
    const first = await ben.push('chat', inFlight);
    await ben.cut();
    for (const body of ['one', 'two']) await ana.push('chat', { id: newId(), body });
    assert.deepEqual(bodies(await ben.back()), ['in flight', 'one', 'two']);
    assert.equal(ben.id, id);
    assert.deepEqual(await ben.push('chat', inFlight), first);
    await ana.push('chat', { id: newId(), body: 'three' });
    assert.equal((await ben.next('chat'))['body'], 'three');
  });

  test('after a resume come the presence, the history, what was deleted, and what was directed, in this order', async () => {
    using ana = await enter('order', 'Ana');
    using ben = await enter('order', 'Ben');
    const deleted = newId();
    await ben.push('chat', { id: deleted, body: 'never mind' });
    await ben.cut();
    await ana.next('presence_diff');
    await ana.push('ping', { to: ben.id });
    await ana.push('chat_delete', { id: deleted });
    const known = ben.heard.length;
    assert.deepEqual(await ben.back(), { messages: [] });
    assert.deepEqual(await ben.next('chat_delete'), { id: deleted });
    await ben.next('ping');
    assert.deepEqual(
      ben.heard.slice(known).map(({ event }) => event),
      ['presence_state', 'chat_history', 'chat_delete', 'ping'],
    );
  });

  test('outlives its last peer by five minutes', async () => {
    const last = await enter('empty', 'Ana');
    await last.push('chat', { id: newId(), body: 'anybody?' });
    await last.quit();
    clock.advance(5 * 60_000 - 1);
    const next = await enter('empty', 'Ben');
    assert.deepEqual(bodies(await next.next('chat_history')), ['anybody?']);
    await next.quit();
    clock.advance(5 * 60_000);
    using late = await enter('empty', 'Cleo');
    assert.deepEqual(bodies(await late.next('chat_history')), []);
  });
});

describe('deleting a message', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ secret: SECRET, public: ['join'], autoCreate: true });
  });
  after(() => server.close());

  const enter = async (slug: string, name: string, sub: string | null = null, can: Capability[] = ['join']): Promise<RoomPeer> =>
    RoomPeer.join(server.socketUrl, slug, {
      params: { name },
      ...(sub === null ? {} : { authToken: await signToken(SECRET, { sub, name, ttl: 60, grants: [{ room: slug, can }] }) }),
    });

  test('is for its author, also from another tab, and for moderators; for nobody else', async () => {
    using ana = await enter('delete', 'Ana', 'ana');
    using tab = await enter('delete', 'Ana', 'ana');
    using ben = await enter('delete', 'Ben', 'ben');
    using guest = await enter('delete', 'Guest');
    using boss = await enter('delete', 'Boss', 'boss', ['join', 'moderate']);
    for (const [author, by] of [
      [ana, ana],
      [ana, tab],
      [ana, boss],
      [guest, guest],
      [guest, boss],
    ] as const) {
      const id = newId();
      await author.push('chat', { id, body: 'x' });
      for (const other of [ben, author === guest ? ana : guest]) {
        assert.deepEqual(await other.refused('chat_delete', { id }), { reason: 'unauthorized' });
      }
      await by.push('chat_delete', { id });
      assert.deepEqual(await ben.next('chat_delete'), { id });
      await by.push('chat_delete', { id });
      await author.push('chat', { id, body: 'x' });
    }
    using late = await enter('delete', 'Late');
    assert.deepEqual(await late.next('chat_history'), { messages: [] });
    assert.equal(ben.heard.filter(({ event }) => event === 'chat_delete').length, 5);
    assert.equal(ben.heard.filter(({ event }) => event === 'chat').length, 5, 'what was deleted does not come back by being sent again');
  });

  test('two tabs of one user share what they may write', async () => {
    using ana = await enter('tabs', 'Ana', 'ana');
    using tab = await enter('tabs', 'Ana', 'ana');
    for (let number = 0; number < LIMITS.chatBurst / 2; number++) {
      await ana.push('chat', { id: newId(), body: 'x' });
      await tab.push('chat', { id: newId(), body: 'x' });
    }
    for (const peer of [ana, tab]) assert.equal((await peer.refused('chat', { id: newId(), body: 'x' }))['reason'], 'limit');
  });

  test('leaving and joining anew does not begin the count of a user anew', async () => {
    using ana = await enter('anew', 'Ana', 'ana');
    for (let number = 0; number < LIMITS.chatBurst; number++) await ana.push('chat', { id: newId(), body: 'x' });
    await ana.quit();
    using again = await enter('anew', 'Ana', 'ana');
    assert.notEqual(again.id, ana.id);
    assert.equal((await again.refused('chat', { id: newId(), body: 'x' }))['reason'], 'limit');
  });
});
