import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Channel } from 'phoenix';
import * as v from 'valibot';
import { Presence, type PresenceEntry } from '../../../src/signaling/presence.ts';

const Meta = v.object({ name: v.string() });
type Entries = readonly PresenceEntry<{ name: string }>[];

const one = (ref: string, name: unknown): object => ({ metas: [{ phx_ref: ref, name }] });

function setUp() {
  const listeners = new Map<string, (payload: unknown) => void>();
  // Of a channel, presence uses its events alone.
  const channel = {
    on: (event: string, listener: (payload: unknown) => void) => listeners.set(event, listener).size,
  } as unknown as Channel;
  const presence = new Presence(channel, Meta);
  const told: Entries[] = [];
  presence.onChange((entries) => told.push(entries));
  const receive = (event: 'state' | 'diff', payload: unknown): void => listeners.get(`presence_${event}`)?.(payload);
  const names = (): Record<string, string[]> =>
    Object.fromEntries(presence.list().map(({ key, metas }) => [key, metas.map(({ name }) => name)]));
  return { presence, told, receive, names };
}

describe('presence', () => {
  test('is what the state says', () => {
    const { presence, told, receive, names } = setUp();
    assert.equal(presence.synced, false);
    receive('state', { a: one('1', 'Ada'), b: one('2', 'Grace') });
    assert.equal(presence.synced, true);
    assert.deepEqual(names(), { a: ['Ada'], b: ['Grace'] });
    assert.equal(told.length, 1);
  });

  test('follows who comes and who goes', () => {
    const { receive, names } = setUp();
    receive('state', { a: one('1', 'Ada') });
    receive('diff', { joins: { b: one('2', 'Grace') }, leaves: { a: one('1', 'Ada') } });
    assert.deepEqual(names(), { b: ['Grace'] });
  });

  test('takes a changed meta for the old one', () => {
    const { receive, names } = setUp();
    receive('state', { a: one('1', 'Ada') });
    receive('diff', { joins: { a: one('2', 'Ada 2') }, leaves: { a: one('1', 'Ada') } });
    assert.deepEqual(names(), { a: ['Ada 2'] });
  });

  test('keeps a key for as long as it is present somewhere, the newest last', () => {
    const { receive, names } = setUp();
    receive('state', {
      a: {
        metas: [
          { phx_ref: '1', name: 'tab' },
          { phx_ref: '2', name: 'phone' },
        ],
      },
    });
    receive('diff', { joins: { a: one('3', 'desk') }, leaves: { a: one('1', 'tab') } });
    assert.deepEqual(names(), { a: ['phone', 'desk'] });
  });

  test('holds a diff that runs ahead of the state', () => {
    const { told, receive, names } = setUp();
    receive('diff', { joins: { b: one('2', 'Grace') }, leaves: {} });
    assert.equal(told.length, 0);
    receive('state', { a: one('1', 'Ada') });
    assert.deepEqual(names(), { a: ['Ada'], b: ['Grace'] });
    assert.equal(told.length, 1);
  });

  test('after a drop believes the state that follows, and until then what it knew', () => {
    const { presence, told, receive, names } = setUp();
    receive('state', { a: one('1', 'Ada') });
    presence.dropped();
    receive('diff', { joins: { c: one('9', 'Edith') }, leaves: {} });
    assert.deepEqual(names(), { a: ['Ada'] });
    receive('state', { b: one('8', 'Grace') });
    assert.deepEqual(names(), { b: ['Grace'], c: ['Edith'] });
    assert.equal(told.length, 2);
  });

  test('leaves out what it does not understand', () => {
    const { receive, names } = setUp();
    receive('state', { a: one('1', 7), b: { metas: 'none' }, c: null, d: { metas: [null, { name: 'no ref' }] }, e: one('5', 'Ada') });
    receive('diff', { joins: null, leaves: { e: { metas: [{}] } } });
    receive('diff', 'nonsense');
    assert.deepEqual(names(), { e: ['Ada'] });
  });

  test('takes any key for a key', () => {
    const { presence, receive } = setUp();
    receive(
      'state',
      JSON.parse('{"__proto__":{"metas":[{"phx_ref":"1","name":"Ada"}]},"constructor":{"metas":[{"phx_ref":"2","name":"Grace"}]}}'),
    );
    assert.deepEqual(
      presence.list().map(({ key }) => key),
      ['__proto__', 'constructor'],
    );
  });
});
