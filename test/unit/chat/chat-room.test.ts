import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Author, ChatRoom } from '../../../server-reference/src/chat/chat-room.ts';
import { Chats } from '../../../server-reference/src/chat/chats.ts';
import { WritingPace } from '../../../server-reference/src/chat/writing-pace.ts';
import { LIMITS } from '../../../src/protocol/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const author = (id: string, sub: string | null = null): Author => ({ id, sub, name: id });

let ids = 0;
/** Fills a chat without ever being too fast. */
function write(chat: ChatRoom, count: number, body = 'x'): string[] {
  return Array.from({ length: count }, () => {
    const id = `id-${++ids}`;
    assert.ok(chat.post(author(`peer-${id}`), { id, body }).ok);
    return id;
  });
}

describe('a chat', () => {
  test('knows five times as many ids as it shows messages, and no more', () => {
    const chat = new ChatRoom(new FakeClock());
    const written = write(chat, 5 * LIMITS.chatHistory + 1);
    const [forgotten = '', known = ''] = written;
    assert.equal(chat.history.length, LIMITS.chatHistory);
    assert.deepEqual(chat.post(author('other'), { id: known, body: 'x' }), { ok: false, reason: 'invalid' });
    assert.equal(chat.delete(known, author('boss'), true), 'deleted', 'a page may still show it');
    assert.equal(chat.delete(forgotten, author('boss'), true), 'unknown');
    assert.deepEqual(chat.deleted, [known]);
  });

  test('never goes back in time with its clock', () => {
    let now = 5000;
    const chat = new ChatRoom({ now: () => now, after: () => () => undefined });
    write(chat, 1);
    now = 1000;
    write(chat, 1);
    assert.deepEqual(
      chat.history.map(({ at }) => at),
      [5000, 5000],
    );
  });

  test('by a peer is not by a subject of the same name', () => {
    const chat = new ChatRoom(new FakeClock());
    chat.post(author('ana'), { id: 'an-id', body: 'x' });
    assert.equal(chat.delete('an-id', author('other', 'ana'), false), 'unauthorized');
    assert.equal(chat.delete('an-id', author('ana'), false), 'deleted');
    assert.equal(chat.delete('an-id', author('ana'), false), 'gone');
  });
});

describe('the pace of writing', () => {
  test('remembers nobody for longer than its span', () => {
    const clock = new FakeClock();
    const pace = new WritingPace(clock, 10, 10_000);
    for (let number = 0; number < 100; number++) pace.write(`author ${number}`);
    clock.advance(10_000);
    pace.write('one more');
    assert.equal(pace.size, 1);
  });

  test('lets nobody wait for hours because the clock was set back', () => {
    let now = 10_000_000;
    const pace = new WritingPace({ now: () => now, after: () => () => undefined }, 2, 10_000);
    pace.write('ana');
    pace.write('ana');
    assert.equal(pace.write('ana'), 10_000);
    now = 0;
    assert.equal(pace.write('ana'), 0);
  });
});

describe('all chats', () => {
  test('are forgotten some time after their rooms are empty, at once when nothing was said', () => {
    const clock = new FakeClock();
    const chats = new Chats(clock, 1000);
    write(chats.open('talk'), 1);
    chats.changed('talk');
    chats.open('silence');
    chats.idle('talk');
    chats.idle('silence');
    assert.equal(chats.size, 1);
    clock.advance(999);
    assert.equal(chats.open('talk').history.length, 1);
    clock.advance(1000);
    assert.equal(chats.size, 1, 'somebody is in it again');
    chats.idle('talk');
    clock.advance(1000);
    assert.deepEqual([chats.size, clock.pending], [0, 0]);
  });

  test('together stay within their budget; the fullest gives first', () => {
    const chats = new Chats(new FakeClock(), 1000, 100_000);
    const quiet = chats.open('quiet');
    write(quiet, 20);
    chats.changed('quiet');
    for (let room = 0; room < 50; room++) {
      write(chats.open(`flood-${room}`), 30, 'x'.repeat(LIMITS.chatCharacters));
      chats.changed(`flood-${room}`);
    }
    const total = Array.from({ length: 50 }, (_, room) => chats.open(`flood-${room}`).weight).reduce(
      (sum, weight) => sum + weight,
      quiet.weight,
    );
    assert.ok(total <= 100_000, `${total}`);
    assert.ok(quiet.history.length >= 5);
  });
});
