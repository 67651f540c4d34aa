/** What anyone may have without a token is bounded, and whoever asks for more is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../support/fake-clock.ts';
import { startTestServer } from '../support/server.ts';
import { assertServes, RawSocket } from '../support/wire.ts';

test('a thousand rooms are made by joining; one more is refused with limit until an empty one has gone', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const sockets = await Promise.all(Array.from({ length: 10 }, () => RawSocket.open(server.socketUrl)));
  const [first, ...others] = sockets;
  assert.ok(first);
  for (const [index, socket] of sockets.entries()) {
    for (let room = 0; room < 100; room++) socket.send([`${room}`, `${room}`, `room:crowd-${index}-${room}`, 'phx_join', { v: 1 }]);
    assert.equal((await socket.reply('99')).status, 'ok');
  }
  const late = await RawSocket.open(server.socketUrl);
  assert.deepEqual(await late.join('room:one-more'), { status: 'error', response: { reason: 'limit' } });
  assert.equal((await late.join('room:crowd-0-0', {}, '2')).status, 'ok', 'a room that is there can be joined');
  await assertServes(server);

  first.send(['5', 'leave', 'room:crowd-0-5', 'phx_leave', {}]);
  await first.reply('leave');
  // Sockets that say something now and then live on while the room stays empty.
  for (let second = 0; second < 300; second += 50) {
    clock.advance(50_000);
    for (const socket of [late, ...sockets]) socket.send([null, 'beat', 'phoenix', 'heartbeat', {}]);
    for (const socket of [late, ...sockets]) await socket.reply('beat');
  }
  assert.equal((await late.join('room:one-more', {}, '3')).status, 'ok');
  const { rooms } = (await (await fetch(`${server.url}/api/rooms`)).json()) as { rooms: { slug: string }[] };
  assert.ok(rooms.every(({ slug }) => slug !== 'crowd-0-5'));
  for (const socket of [first, late, ...others]) await socket.close();
});

test('an address has two hundred long-poll sessions; one more is answered 503, and sockets go on', async () => {
  await using server = await startTestServer();
  const open = async (): Promise<number> =>
    ((await (await fetch(`${server.url}/socket/longpoll?vsn=2.0.0`)).json()) as { status: number }).status;
  for (let count = 0; count < 200; count++) assert.equal(await open(), 410);
  assert.equal(await open(), 503);
  await assertServes(server);
});
