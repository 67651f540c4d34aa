import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bans, isSamePerson, type Person } from '../../../server-reference/src/rooms/bans.ts';
import { Mailbox } from '../../../server-reference/src/rooms/mailbox.ts';
import { LIMITS } from '../../../src/protocol/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const user = (sub: string, address = '192.0.2.1'): Person => ({ sub, userId: sub, address });
const guest = (userId: string | null, address = '192.0.2.1'): Person => ({ sub: null, userId, address });

describe('a ban', () => {
  test('of a user follows the subject, from any address, in one room', () => {
    const bans = new Bans(new FakeClock());
    bans.add('team', user('ana'));
    assert.ok(bans.has('team', user('ana', '198.51.100.9')));
    for (const [slug, person] of [
      ['other', user('ana')],
      ['team', user('ben')],
      ['team', guest('ana')],
      ['team', guest(null)],
    ] as const)
      assert.ok(!bans.has(slug, person), JSON.stringify([slug, person]));
  });

  test('of a guest follows address and user id together', () => {
    const bans = new Bans(new FakeClock());
    bans.add('team', guest('ana'));
    assert.ok(bans.has('team', guest('ana')));
    for (const person of [guest('ana', '198.51.100.9'), guest('ben'), guest(null), user('ana')]) assert.ok(!bans.has('team', person));
  });

  test('lasts ten minutes from the last kick', () => {
    const clock = new FakeClock();
    const bans = new Bans(clock);
    bans.add('team', user('ana'));
    clock.advance(LIMITS.banMs - 1);
    bans.add('team', user('ana'));
    clock.advance(LIMITS.banMs - 1);
    assert.ok(bans.has('team', user('ana')));
    clock.advance(1);
    assert.ok(!bans.has('team', user('ana')));
  });

  test('is one of ten thousand at most; the oldest gives way, and what has ended is dropped', () => {
    const clock = new FakeClock();
    const bans = new Bans(clock);
    for (let number = 0; number <= 10_000; number++) bans.add('team', user(`user ${number}`));
    assert.equal(bans.size, 10_000);
    assert.ok(!bans.has('team', user('user 0')));
    assert.ok(bans.has('team', user('user 1')));
    clock.advance(LIMITS.banMs);
    bans.add('team', user('ana'));
    assert.equal(bans.size, 1);
  });
});

test('two peers are one person by subject, or by address and user id, and never by an address alone', () => {
  for (const [a, b, same] of [
    [user('ana'), user('ana', '198.51.100.9'), true],
    [user('ana'), user('ben'), false],
    [user('ana'), guest('ana'), false],
    [guest('ana'), guest('ana'), true],
    [guest('ana'), guest('ana', '198.51.100.9'), false],
    [guest(null), guest(null), false],
  ] as const)
    assert.equal(isSamePerson(a, b), same, JSON.stringify([a, b]));
});

describe('a mailbox', () => {
  test('holds 64 messages and a mebibyte, and is emptied once', () => {
    const mailbox = new Mailbox();
    for (let number = 0; number < 70; number++) mailbox.put(String(number));
    assert.equal(mailbox.empty().length, 64);
    assert.deepEqual(mailbox.empty(), []);
    for (let number = 0; number < 5; number++) mailbox.put('x'.repeat(300 * 1024));
    mailbox.put('small');
    assert.deepEqual(
      mailbox.empty().map(({ length }) => length),
      [300 * 1024, 300 * 1024, 300 * 1024, 5],
    );
  });
});
