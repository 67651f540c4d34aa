import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import type { Principal } from '../../../server-reference/src/auth/principal.ts';
import { LocalPubSub } from '../../../server-reference/src/pubsub/local.ts';
import { RoomStore } from '../../../server-reference/src/rooms/room-store.ts';
import { Rooms } from '../../../server-reference/src/rooms/rooms.ts';
import { uniqueName } from '../../../server-reference/src/rooms/unique-name.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const directory = mkdtempSync(join(tmpdir(), 'glasscast-rooms-'));
after(() => rmSync(directory, { recursive: true }));

describe('a unique name', () => {
  test('gets the first free number', () => {
    assert.equal(uniqueName('Ana', []), 'Ana');
    assert.equal(uniqueName('Ana', ['Ana']), 'Ana 2');
    assert.equal(uniqueName('Ana', ['Ana', 'Ana 3', 'ANA 2']), 'Ana 4');
  });

  test('differs to the eye, not only to the machine', () => {
    assert.equal(uniqueName('José', ['Jose\u0301']), 'José 2');
    assert.equal(uniqueName('Ａｎａ', ['ana']), 'Ａｎａ 2');
  });

  test('stays within 80 characters', () => {
    const long = 'x'.repeat(80);
    assert.equal(uniqueName(long, [long]).length, 80);
  });

  test('is not asked of those without a name', () => {
    assert.equal(uniqueName('', ['', '']), '');
  });
});

describe('the room store', () => {
  const room = { slug: 'team', title: 'Team', maxPeers: 4, owner: 'ana', createdAt: 5 };

  test('keeps rooms over a restart, each slug once', () => {
    const first = new RoomStore(join(directory, 'a', 'b'));
    assert.equal(first.insert(room), true);
    assert.equal(first.insert({ ...room, title: 'Other' }), false);
    first.close();
    const second = new RoomStore(join(directory, 'a', 'b'));
    assert.deepEqual(second.find('team'), room);
    assert.deepEqual(second.list(10), [room]);
    assert.equal(second.remove('team'), true);
    assert.equal(second.find('team'), null);
    second.close();
  });

  test('takes slugs and titles as data, whatever they hold', () => {
    const store = new RoomStore(join(directory, 'sql'));
    const title = "'); DROP TABLE rooms; --";
    store.insert({ ...room, title, owner: null });
    assert.deepEqual(store.find('team'), { ...room, title, owner: null });
    assert.equal(store.find("team' OR '1'='1"), null);
    store.close();
  });

  test('refuses a file of a newer version', () => {
    new RoomStore(join(directory, 'newer')).close();
    const db = new DatabaseSync(join(directory, 'newer', 'rooms.sqlite'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    assert.throws(() => new RoomStore(join(directory, 'newer')), /newer server/);
  });
});

describe('a call', () => {
  const ana: Principal = { sub: 'ana', name: 'Ana', grants: [], publicCan: new Set(['join', 'create']), expiresAt: null };
  const arrival = { name: 'Ana', userId: 'ana', sub: 'ana', resume: null };
  const port = () => ({ frames: [] as unknown[], send: () => undefined, close: () => undefined });

  test('leaves nothing behind when its last peer has gone', () => {
    const clock = new FakeClock();
    const pubsub = new LocalPubSub();
    const rooms = new Rooms({ store: new RoomStore(join(directory, 'leak')), clock, pubsub, maxPeers: 8, autoCreate: true });
    for (let round = 0; round < 100; round++) {
      const call = rooms.call('team');
      assert.ok(call);
      const [one, two] = [port(), port()];
      const first = call.enter(arrival, one);
      const second = call.enter({ ...arrival, name: 'Ben' }, two);
      assert.ok(first.ok && second.ok);
      call.announce(first.peer.id, one);
      call.announce(second.peer.id, two);
      call.leave(first.peer.id, one);
      call.drop(second.peer.id, two);
      clock.advance(30_000);
    }
    assert.deepEqual([rooms.ongoing, pubsub.size, clock.pending, Object.keys(rooms.lobby.state()).length], [0, 0, 0, 0]);
    rooms.close();
  });

  test('has no more peers than the server allows, whatever its room says', () => {
    const rooms = new Rooms({
      store: new RoomStore(join(directory, 'max')),
      clock: new FakeClock(),
      pubsub: new LocalPubSub(),
      maxPeers: 2,
      autoCreate: false,
    });
    const creation = rooms.create(ana, { title: 'Big', max_peers: 50 });
    assert.ok(creation.ok);
    assert.equal(creation.room.max_peers, 2);
    rooms.close();
  });
});
