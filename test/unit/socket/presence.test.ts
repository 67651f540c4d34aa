import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Presence as ClientPresence } from 'phoenix';
import { Presence, type PresenceDiff } from '../../../server-reference/src/pubsub/presence.ts';

function setUp() {
  let count = 0;
  const presence = new Presence(() => `r${++count}`);
  let client: object = {};
  const apply = (diff: PresenceDiff | null): void => {
    assert.ok(diff);
    client = ClientPresence.syncDiff(client, JSON.parse(JSON.stringify(diff)));
  };
  /** What the real client makes of the diffs is what the server says is the state. */
  const agree = (): void => assert.deepEqual(JSON.parse(JSON.stringify(client)), JSON.parse(JSON.stringify(presence.state())));
  return { presence, apply, agree };
}

describe('presence', () => {
  test('is the same at the client after any diff', () => {
    const { presence, apply, agree } = setUp();
    const ana = presence.track('ana', { name: 'Ana' });
    apply(ana.diff);
    agree();
    const phone = presence.track('ana', { name: 'Ana', device: 'phone' });
    apply(phone.diff);
    agree();
    const updated = presence.update('ana', ana.ref, { name: 'Anna' });
    apply(updated.diff);
    assert.deepEqual(presence.untrack('ana', ana.ref), null);
    apply(presence.untrack('ana', phone.ref));
    agree();
    apply(presence.untrack('ana', updated.ref));
    agree();
    assert.deepEqual(presence.state(), {});
  });

  test('names in an updated meta the one it replaces', () => {
    const { presence } = setUp();
    const { ref } = presence.track('ana', { mic: false });
    const { diff } = presence.update('ana', ref, { mic: true });
    assert.deepEqual(diff, {
      joins: { ana: { metas: [{ mic: true, phx_ref: 'r2', phx_ref_prev: 'r1' }] } },
      leaves: { ana: { metas: [{ mic: false, phx_ref: 'r1' }] } },
    });
  });

  test('tracks anew what it is asked to update and no longer has', () => {
    const { presence } = setUp();
    assert.deepEqual(presence.update('ana', 'gone', {}).diff.leaves, {});
  });

  test('holds keys that are names of Object.prototype', () => {
    const { presence } = setUp();
    presence.track('__proto__', {});
    presence.track('constructor', {});
    assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(presence.state()))), ['__proto__', 'constructor']);
  });

  test('shows the metas that may be seen, and no empty keys', () => {
    const { presence } = setUp();
    presence.track('ana', { room: 'open' });
    presence.track('ana', { room: 'closed' });
    presence.track('ben', { room: 'closed' });
    assert.deepEqual(
      presence.state(({ room }) => room === 'open'),
      { ana: { metas: [{ room: 'open', phx_ref: 'r1' }] } },
    );
  });
});
