import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import type { ChatEntry } from '../../../src/signaling/chat-entry.ts';
import { ChatLog } from '../../../src/signaling/chat-log.ts';

interface Push {
  readonly event: string;
  readonly payload: Record<string, unknown>;
  resolve(reply: unknown): Promise<void>;
  reject(code: 'limit' | 'invalid' | 'network' | 'unauthorized', details?: unknown): Promise<void>;
}

/** Lets promises that are settled already run on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(options: { readonly joined?: () => boolean } = {}) {
  const page = { id: 'peer-a' as string | undefined, name: 'Ada', now: 1_000_000 };
  const pushes: Push[] = [];
  let ids = 0;
  const log = new ChatLog({
    push: <T>(event: string, payload: object) =>
      new Promise<T>((resolve, reject) => {
        pushes.push({
          event,
          payload: payload as Record<string, unknown>,
          resolve: (reply) => {
            resolve(reply as T);
            return settle();
          },
          reject: (code, details) => {
            reject(new GlasscastError(code, `refused: ${code}`, { details }));
            return settle();
          },
        });
      }),
    localId: () => page.id,
    localName: () => page.name,
    newId: () => `own-message-${++ids}`,
    now: () => page.now,
    ...options,
  });
  const told: (readonly ChatEntry[])[] = [];
  log.on('change', (entries) => told.push(entries));
  const last = (): Push => {
    const push = pushes.at(-1);
    if (push === undefined) throw new Error('nothing was pushed');
    return push;
  };
  const bodies = (): string[] => log.entries.map(({ body }) => body);
  const states = (): string[] => log.entries.map(({ state }) => state);
  return { log, page, pushes, told, last, bodies, states };
}

const message = (id: string, at: number, more: object = {}): Record<string, unknown> => ({
  id: `message-${id}`,
  from: 'peer-b',
  name: 'Ben',
  body: id,
  at,
  ...more,
});

describe('the chat', () => {
  test('is in the order of the server’s time, and tells of each message once', () => {
    const { log, told, bodies } = setUp();
    log.handle('chat_history', { messages: [message('one', 10), message('three', 30)] });
    log.handle('chat', message('two', 20));
    log.handle('chat', message('two', 20));
    assert.deepEqual(bodies(), ['one', 'two', 'three']);
    assert.equal(told.length, 2, 'what changes nothing is not told');
  });

  test('keeps the order in which messages of one moment came', () => {
    const { log, bodies } = setUp();
    log.handle('chat_history', { messages: [message('b', 10), message('a', 10)] });
    assert.deepEqual(bodies(), ['b', 'a']);
  });

  test('lists what is on its way last, and in its place once it is sent', async () => {
    const { log, last, bodies, states } = setUp();
    log.handle('chat_history', { messages: [] });
    void log.send('  mine  ');
    log.handle('chat', message('later', 2_000_000));
    assert.deepEqual(bodies(), ['later', 'mine']);
    assert.deepEqual(states(), ['sent', 'sending']);
    await last().resolve({ id: 'own-message-1', at: 1_500_000 });
    assert.deepEqual(bodies(), ['mine', 'later']);
    assert.deepEqual(states(), ['sent', 'sent']);
  });

  test('shows a message once whether its reply or its broadcast comes first', async () => {
    for (const order of ['reply', 'broadcast']) {
      const { log, last } = setUp();
      log.handle('chat_history', { messages: [] });
      const sent = log.send('hello');
      const broadcast = (): void => log.handle('chat', { id: 'own-message-1', from: 'peer-a', name: 'Ada 2', body: 'hello', at: 50 });
      if (order === 'broadcast') broadcast();
      await last().resolve({ id: 'own-message-1', at: 50 });
      if (order === 'reply') broadcast();
      assert.deepEqual(log.entries, [
        { id: 'own-message-1', from: 'peer-a', name: 'Ada 2', body: 'hello', at: 50, own: true, state: 'sent' },
      ]);
      await sent;
    }
  });

  test('keeps entries that have not changed as the same objects', () => {
    const { log } = setUp();
    log.handle('chat', message('one', 10));
    const [before] = log.entries;
    log.handle('chat', message('two', 20));
    assert.equal(log.entries[0], before);
  });

  test('drops what was deleted, and what comes of it later', () => {
    const { log, bodies } = setUp();
    log.handle('chat_history', { messages: [message('one', 10), message('two', 20)] });
    log.handle('chat_delete', { id: 'message-one' });
    log.handle('chat', message('one', 10));
    assert.deepEqual(bodies(), ['two']);
  });

  test('drops what was deleted while it was away, and keeps what the history no longer reaches', () => {
    const { log, bodies } = setUp();
    log.handle('chat_history', { messages: [message('old', 10), message('two', 20), message('three', 30)] });
    log.rejoined();
    log.handle('chat_history', { messages: [message('two', 20), message('four', 40)] });
    assert.deepEqual(bodies(), ['old', 'two', 'four']);
  });

  test('keeps the newest 500', () => {
    const { log, bodies } = setUp();
    log.handle('chat_history', { messages: [] });
    for (let at = 0; at < 510; at++) log.handle('chat', message(`m${at}`, at));
    assert.equal(log.entries.length, 500);
    assert.equal(bodies()[0], 'm10');
  });

  test('takes the good messages of a history with bad ones, and says what it did not understand', () => {
    const { log, bodies } = setUp();
    const said: string[] = [];
    log.on('log', (line) => said.push(line.message));
    log.handle('chat_history', { messages: [message('good', 10), { id: 'x' }, null, message('late', Number.NaN)] });
    log.handle('chat', 'nonsense');
    log.handle('chat_delete', null);
    log.handle('chat_history', { messages: 'none' });
    assert.deepEqual(bodies(), ['good']);
    assert.equal(said.length, 6);
  });

  test('cuts what a channel without limits lets through', () => {
    const { log, bodies } = setUp();
    log.handle('chat', message('1', 10, { body: 'x'.repeat(100_000), name: '😀'.repeat(81) }));
    assert.deepEqual(bodies(), [`${'x'.repeat(500)}…`]);
    assert.equal(log.entries[0]?.name, `${'😀'.repeat(80)}…`);
  });

  test('keeps a script as the text that it is', () => {
    const { log, bodies } = setUp();
    log.handle('chat', message('1', 10, { body: '<script>alert(1)</script>', name: '<img src=x>' }));
    assert.deepEqual(bodies(), ['<script>alert(1)</script>']);
    assert.equal(log.entries[0]?.name, '<img src=x>');
  });
});

describe('an own message', () => {
  test('of nothing but space is not sent', async () => {
    const { log, pushes } = setUp();
    await log.send(' \n ');
    assert.deepEqual([log.entries, pushes], [[], []]);
  });

  test('of 501 characters fails without being sent, and one of 500 outside the basic plane is sent', async () => {
    const { log, pushes, states } = setUp();
    const refused = log.send('x'.repeat(501));
    await assert.rejects(refused, { code: 'invalid' });
    assert.equal(pushes.length, 0);
    assert.equal(log.entries[0]?.error?.code, 'invalid');
    void log.send('😀'.repeat(500));
    assert.equal(pushes.length, 1);
    assert.deepEqual(states(), ['failed', 'sending']);
  });

  test('that is one too many says when one may write again, and is sent on retry under the same id', async () => {
    const { log, page, pushes, last, states } = setUp();
    const refused = assert.rejects(log.send('eleventh'), { code: 'limit' });
    await last().reject('limit', { reason: 'limit', retry_after: 4000 });
    await refused;
    assert.deepEqual(log.entries[0]?.error, { code: 'limit', message: 'refused: limit', retryAt: page.now + 4000 });
    log.retry('own-message-1');
    log.retry('own-message-1');
    assert.deepEqual(
      pushes.map(({ payload }) => payload['id']),
      ['own-message-1', 'own-message-1'],
    );
    assert.deepEqual(states(), ['sending']);
    await last().resolve({ at: 5 });
    assert.deepEqual(states(), ['sent']);
    assert.equal(log.entries[0]?.error, undefined);
  });

  test('in flight when the socket drops is sent again under its id after the rejoin, and appears once', async () => {
    const { log, page, pushes, last, states } = setUp();
    log.handle('chat_history', { messages: [] });
    const sent = log.send('hello');
    await last().reject('network');
    assert.deepEqual(states(), ['sending']);
    assert.equal(log.entries[0]?.error?.code, 'network');
    log.rejoined();
    assert.equal(pushes.length, 2);
    assert.equal(last().payload['id'], 'own-message-1');
    // The server had taken it before the drop.
    log.handle('chat_history', { messages: [message('1', 70, { id: 'own-message-1', from: page.id, name: 'Ada', body: 'hello' })] });
    await last().resolve({ id: 'own-message-1', at: 70 });
    await sent;
    assert.deepEqual(
      log.entries.map(({ at, state, own }) => ({ at, state, own })),
      [{ at: 70, state: 'sent', own: true }],
    );
  });

  test('written without a connection waits for it', async () => {
    const { log, pushes, last, states } = setUp();
    log.handle('chat_history', { messages: [] });
    void log.send('one');
    await last().reject('network');
    void log.send('two');
    await last().reject('network');
    log.rejoined();
    assert.deepEqual(
      pushes.slice(2).map(({ payload }) => payload['body']),
      ['one', 'two'],
    );
    await pushes[2]?.resolve({ at: 10 });
    await pushes[3]?.resolve({ at: 11 });
    assert.deepEqual(states(), ['sent', 'sent']);
  });

  test('stays one’s own when the own id is another after a restart of the server', async () => {
    const { log, page, last } = setUp();
    log.handle('chat_history', { messages: [] });
    void log.send('before');
    await last().resolve({ at: 10 });
    page.id = 'peer-z';
    log.rejoined();
    log.handle('chat_history', { messages: [message('kept', 12, { from: 'peer-a' })] });
    log.handle('chat', message('after', 20, { from: 'peer-z' }));
    assert.deepEqual(
      log.entries.map(({ body, own }) => [body, own]),
      [
        ['before', true],
        ['kept', true],
        ['after', true],
      ],
    );
  });

  test('that is not sent is forgotten without a word to the server', async () => {
    const { log, pushes, last } = setUp();
    const sent = log.send('hello');
    await last().reject('network');
    await log.delete('own-message-1');
    await assert.rejects(sent, { code: 'aborted' });
    log.rejoined();
    assert.deepEqual([log.entries, pushes.length], [[], 1]);
  });

  test('is given up when the room is left', async () => {
    const { log, told } = setUp();
    const sent = log.send('hello');
    log.close();
    await assert.rejects(sent, { code: 'aborted' });
    log.handle('chat', message('late', 10));
    assert.equal(told.length, 1);
  });
});

describe('deleting', () => {
  test('takes a message away when the server has agreed', async () => {
    const { log, last, bodies } = setUp();
    log.handle('chat', message('one', 10));
    const deleted = log.delete('message-one');
    assert.deepEqual([last().event, last().payload], ['chat_delete', { id: 'message-one' }]);
    assert.deepEqual(bodies(), ['one']);
    await last().resolve({});
    await deleted;
    assert.deepEqual(bodies(), []);
  });

  test('leaves what the server does not let go', async () => {
    const { log, last, bodies } = setUp();
    log.handle('chat', message('one', 10));
    const refused = assert.rejects(log.delete('message-one'), { code: 'unauthorized' });
    await last().reject('unauthorized');
    await refused;
    assert.deepEqual(bodies(), ['one']);
  });
});

describe('the chat over a plain Phoenix channel', () => {
  test('says itself who wrote, and takes an empty reply for a receipt', async () => {
    const { log, page, last, states } = setUp();
    void log.send('hello');
    assert.deepEqual(last().payload, { id: 'own-message-1', from: 'peer-a', name: 'Ada', body: 'hello', at: page.now });
    await last().resolve({});
    assert.deepEqual(states(), ['sent']);
  });

  test('takes a message for sent where the channel never replies', async () => {
    const { log, last, states } = setUp({ joined: () => true });
    void log.send('hello');
    await last().reject('network');
    assert.deepEqual(states(), ['sent']);
  });

  test('keeps a message that met no connection', async () => {
    const { log, last, states } = setUp({ joined: () => false });
    void log.send('hello');
    await last().reject('network');
    assert.deepEqual(states(), ['sending']);
  });

  test('is ordered by the own clock, since the others’ may be wrong', () => {
    const { log, page, bodies } = setUp();
    log.handle('chat', message('first', 9_000_000));
    page.now += 1000;
    log.handle('chat', message('second', 5));
    assert.deepEqual(bodies(), ['first', 'second']);
  });

  test('lets nobody speak under the id of a message of one’s own', () => {
    const { log } = setUp();
    void log.send('mine');
    log.handle('chat', { id: 'own-message-1', from: 'peer-b', name: 'Ben', body: 'forged', at: 1 });
    assert.deepEqual(
      log.entries.map(({ body, state }) => [body, state]),
      [['mine', 'sending']],
    );
  });
});
