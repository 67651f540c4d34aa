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

const anyone: Principal = { sub: null, name: null, grants: [], publicCan: new Set(['join', 'create']), expiresAt: null };

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
    assert.equal(second.count, 1);
    second.close();
  });

  test('forgets a room once', () => {
    const store = new RoomStore(join(directory, 'gone'));
    store.insert(room);
    assert.deepEqual([store.delete('team'), store.delete('team'), store.find('team'), store.count], [true, false, null, 0]);
    assert.equal(store.insert(room), true);
    store.close();
  });

  test('takes slugs and titles as data, whatever they hold', () => {
    const store = new RoomStore(join(directory, 'sql'));
    const title = "'); DROP TABLE rooms; --";
    store.insert({ ...room, title, owner: null });
    assert.deepEqual(store.find('team'), { ...room, title, owner: null });
    assert.equal(store.find("team' OR '1'='1"), null);
    store.close();
  });

  test('holds ten thousand rooms, and no more are made', () => {
    const store = new RoomStore(join(directory, 'full'));
    const db = new DatabaseSync(join(directory, 'full', 'rooms.sqlite'));
    db.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             INSERT INTO rooms SELECT 'room-' || i, 'Room', 8, NULL, 0 FROM n`);
    db.close();
    const rooms = new Rooms({ store, clock: new FakeClock(), pubsub: new LocalPubSub(), maxPeers: 8, autoCreate: true });
    assert.deepEqual(rooms.create(anyone, { title: 'One more' }), { ok: false, reason: 'limit' });
    assert.deepEqual(rooms.list(anyone).length, 500);
    rooms.close();
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
  const arrival = { name: 'Ana', userId: 'ana', sub: 'ana', address: '127.0.0.1', resume: null };
  const port = () => ({ frames: [] as unknown[], send: () => undefined, close: () => undefined });

  test('leaves nothing behind when its last peer has gone', () => {
    const clock = new FakeClock();
    const pubsub = new LocalPubSub();
    const rooms = new Rooms({ store: new RoomStore(join(directory, 'leak')), clock, pubsub, maxPeers: 8, autoCreate: true });
    for (let round = 0; round < 100; round++) {
      const found = rooms.call('team');
      assert.ok(found.ok);
      const { call } = found;
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
    clock.advance(5 * 60_000);
    assert.deepEqual([rooms.ongoing, pubsub.size, clock.pending, Object.keys(rooms.lobby.state()).length], [0, 0, 0, 0]);
    rooms.close();
  });

  test('keeps the room that it made for five minutes after its last peer, and the lobby hears of its end', () => {
    const clock = new FakeClock();
    const pubsub = new LocalPubSub();
    const rooms = new Rooms({ store: new RoomStore(join(directory, 'passing')), clock, pubsub, maxPeers: 8, autoCreate: true });
    const heard: string[] = [];
    pubsub.subscribe('lobby', ({ frame }) => heard.push(JSON.parse(String(frame))[3]));
    const stay = () => {
      const [found, one] = [rooms.call('team'), port()];
      assert.ok(found.ok);
      const entry = found.call.enter(arrival, one);
      assert.ok(entry.ok);
      found.call.announce(entry.peer.id, one);
      return () => found.call.leave(entry.peer.id, one);
    };
    stay()();
    clock.advance(4 * 60_000);
    const leave = stay();
    clock.advance(60 * 60_000);
    assert.equal(rooms.find('team')?.peers, 1);
    leave();
    clock.advance(5 * 60_000 - 1);
    assert.equal(rooms.find('team')?.peers, 0);
    clock.advance(1);
    assert.equal(rooms.find('team'), null);
    assert.equal(heard.filter((event) => event === 'room_created').length, 1);
    assert.equal(heard.at(-1), 'room_closed');
    rooms.close();
  });

  test('is not made by joining beyond a thousand empty rooms, until some of them have gone', () => {
    const clock = new FakeClock();
    const options = { clock, pubsub: new LocalPubSub(), maxPeers: 8, autoCreate: true };
    const rooms = new Rooms({ store: new RoomStore(join(directory, 'crowd')), ...options });
    for (let index = 0; index < 1000; index++) {
      assert.ok(rooms.call(`room-${index}`).ok);
      rooms.release(`room-${index}`);
    }
    assert.deepEqual(rooms.call('one-more'), { ok: false, reason: 'limit' });
    assert.ok(rooms.call('room-7').ok, 'what is there can be joined');
    assert.ok(rooms.create(ana, { title: 'Made on purpose' }).ok);
    clock.advance(5 * 60_000);
    assert.ok(rooms.call('one-more').ok);
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
