/** A socket whose path is doubted, against the real server. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { RoomReplySchema } from '../../src/protocol/index.ts';
import { Connection } from '../../src/signaling/connection.ts';
import { PathProbe } from '../../src/signaling/path-probe.ts';
import { FakeTime } from '../support/fake-time.ts';
import { startTestServer } from '../support/server.ts';
import { startStallingProxy } from '../support/stalling-proxy.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function joined() {
  const server = await startTestServer();
  ends.push(() => server.close(0));
  const proxy = await startStallingProxy(server.url);
  ends.push(() => proxy.close());
  const sockets: WebSocket[] = [];
  class KeptSocket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const time = new FakeTime(0);
  const connection = new Connection({ server: proxy.url, WebSocket: KeptSocket, timers: time });
  ends.push(() => connection.close());
  const session = connection.join('room:team', { params: () => ({}), reply: RoomReplySchema });
  await session.joined;
  let lost = 0;
  const probe = new PathProbe({ connection, timers: time, lost: () => lost++ });
  ends.push(() => probe.close());
  return { proxy, sockets, time, connection, session, probe, lost: () => lost };
}

const hears = (socket: WebSocket | undefined, event: 'open' | 'message' | 'close'): Promise<Event> =>
  new Promise((resolve) => socket?.addEventListener(event, resolve, { once: true }));

/** What arrives from here on is heard when `release` is called. */
function holdBack(socket: WebSocket | undefined) {
  assert.ok(socket);
  const hear = socket.onmessage;
  const held: MessageEvent[] = [];
  socket.onmessage = (event) => void held.push(event);
  return { release: () => held.splice(0).forEach((event) => void hear?.call(socket, event)) };
}

describe('a socket whose path is doubted', () => {
  test('is left alone where it answers', async () => {
    const { sockets, time, connection, probe } = await joined();
    const answered = hears(sockets[0], 'message');
    probe.doubt();
    await answered;
    await time.advance(9000);
    assert.equal(sockets.length, 1);
    assert.equal(connection.state, 'open');
  });

  test('is given up when another one opens and it stays silent; the room is then joined anew', async () => {
    const { sockets, time, connection, session, probe, lost } = await joined();
    holdBack(sockets[0]);
    const again = new Promise((resolve) => session.onRejoin(resolve));
    probe.doubt();
    await time.advance(500);
    await hears(sockets[1], 'open');
    const closed = hears(sockets[1], 'close');
    await time.advance(500);
    assert.equal(lost(), 1);
    assert.equal(connection.state, 'reconnecting');
    await time.advance(10);
    await Promise.all([again, closed]);
    assert.equal(connection.state, 'open');
    assert.equal(sockets.length, 3);
  });

  test('is kept when it answers late, as over a slow network', async () => {
    const { sockets, time, connection, probe, lost } = await joined();
    const held = holdBack(sockets[0]);
    probe.doubt();
    await time.advance(500);
    await hears(sockets[1], 'open');
    const closed = hears(sockets[1], 'close');
    await time.advance(499);
    held.release();
    await closed;
    await time.advance(5000);
    assert.equal(lost(), 0);
    assert.equal(connection.state, 'open');
  });

  test('is kept where no other one opens either', async () => {
    const { proxy, sockets, time, connection, probe, lost } = await joined();
    proxy.stall();
    probe.doubt();
    await time.advance(9000);
    assert.equal(sockets.length, 2);
    assert.equal(lost(), 0);
    assert.equal(connection.state, 'open');
    const answered = hears(sockets[0], 'message');
    proxy.flow();
    await answered;
    await time.advance(0);
    assert.notEqual(sockets[1]?.readyState, WebSocket.OPEN);
  });

  test('is asked once at a time, and again when it is doubted again', async () => {
    const { sockets, time, probe } = await joined();
    const held = holdBack(sockets[0]);
    probe.doubt();
    probe.doubt();
    await time.advance(500);
    assert.equal(sockets.length, 2);
    await hears(sockets[1], 'open');
    held.release();
    probe.doubt();
    await time.advance(500);
    assert.equal(sockets.length, 3);
  });

  test('is not asked any more once the call is over', async () => {
    const { sockets, time, probe } = await joined();
    holdBack(sockets[0]);
    probe.doubt();
    probe.close();
    await time.advance(5000);
    assert.equal(sockets.length, 1);
  });
});
