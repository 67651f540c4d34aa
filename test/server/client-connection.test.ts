/** The SDK's connection against the real server. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import * as v from 'valibot';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { GlasscastError, LobbyReplySchema, PeerMetaSchema, RoomReplySchema } from '../../src/protocol/index.ts';
import { Connection, type ConnectionOptions } from '../../src/signaling/connection.ts';
import { FakeTime } from '../support/fake-time.ts';
import { startTestServer } from '../support/server.ts';

const SECRET = 'a secret that is long enough for HS256 to accept it';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(settings: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(settings);
  ends.push(() => server.close(0));
  return server;
}

function connect(server: string, options: Partial<ConnectionOptions> = {}): Connection {
  const connection = new Connection({ server, ...options });
  ends.push(() => connection.close());
  return connection;
}

const room = (connection: Connection, params: () => Record<string, unknown> = () => ({})) =>
  connection.join('room:team', { params, reply: RoomReplySchema });

/** Sockets that the test can cut. */
function cuttable() {
  const sockets: WebSocket[] = [];
  class CuttableSocket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  return { WebSocket: CuttableSocket, sockets };
}

const nextError = (connection: Connection): Promise<GlasscastError> => new Promise((resolve) => connection.on('error', resolve));
const hasCode = (code: string) => (error: unknown) => error instanceof GlasscastError && error.code === code;

describe('a connection to the server', () => {
  test('joins a topic and gets its reply', async () => {
    const { url } = await start();
    const connection = connect(url);
    const reply = await room(connection).joined;
    assert.ok(reply.peer_id.length > 0);
    assert.equal(connection.state, 'open');
  });

  test('carries several topics over one socket', async () => {
    const { url } = await start();
    const { WebSocket, sockets } = cuttable();
    const connection = connect(url, { WebSocket });
    const lobby = connection.join('lobby', { params: () => ({}), reply: LobbyReplySchema });
    await Promise.all([lobby.joined, room(connection).joined]);
    assert.equal(sockets.length, 1);
  });

  test('says who is present', async () => {
    const { url } = await start();
    const first = room(connect(url), () => ({ name: 'Ada' }));
    const { peer_id } = await first.joined;
    const second = connect(url).join('room:team', { params: () => ({ name: 'Grace' }), reply: RoomReplySchema });
    const presence = second.presence(PeerMetaSchema);
    await new Promise<void>((resolve) => presence.onChange((entries) => entries.length === 2 && resolve()));
    assert.equal(presence.list().find(({ key }) => key === peer_id)?.metas[0]?.name, 'Ada');
  });

  test('refuses a push at once before the topic is joined', async () => {
    const { url } = await start();
    const session = room(connect(url));
    await assert.rejects(session.push('state', { mic: true }), hasCode('network'));
    assert.equal(session.cast('state', { mic: true }), false);
    await session.joined;
  });

  test('rejects a push with the code of the refusal', async () => {
    const { url } = await start();
    const session = room(connect(url));
    await session.joined;
    await assert.rejects(session.push('ping', { to: 'nobody' }), hasCode('no-peer'));
    await assert.rejects(session.push('state', { mic: 'loud' }), hasCode('invalid'));
  });

  test('does not try again after a refusal that is final', async () => {
    const { url } = await start({ maxPeers: 1 });
    await room(connect(url)).joined;
    const session = room(connect(url));
    const ended = new Promise<GlasscastError>((resolve) => session.onEnd(resolve));
    await assert.rejects(session.joined, hasCode('room-full'));
    assert.equal((await ended).code, 'room-full');
    assert.equal(session.state, 'ended');
  });

  test('refuses a topic that does not exist for good', async () => {
    const { url } = await start();
    const session = connect(url).join('nonsense', { params: () => ({}), reply: v.unknown() });
    await assert.rejects(session.joined, hasCode('server'));
  });

  test('joins again after its socket was cut, with parameters evaluated anew, and keeps its peer id', async () => {
    const { url } = await start();
    const { WebSocket, sockets } = cuttable();
    const connection = connect(url, { WebSocket });
    let resume: string | undefined;
    const session = room(connection, () => ({ resume }));
    const first = await session.joined;
    resume = first.resume;
    const dropped = new Promise<void>((resolve) => session.onDrop(resolve));
    const again = new Promise<v.InferOutput<typeof RoomReplySchema>>((resolve) => session.onRejoin(resolve));
    sockets[0]?.close();
    await dropped;
    assert.equal(session.state, 'dropped');
    const second = await again;
    assert.equal(second.peer_id, first.peer_id);
    assert.notEqual(second.resume, first.resume);
    assert.equal(sockets.length, 2);
  });

  test('rejects what was under way when the socket is cut', async () => {
    const { url } = await start();
    const { WebSocket, sockets } = cuttable();
    const connection = connect(url, { WebSocket });
    const session = room(connection);
    await session.joined;
    const push = session.push('state', { mic: true });
    sockets[0]?.close();
    await assert.rejects(push, hasCode('network'));
  });

  test('says that the server does not answer, goes on trying, and joins when it does', async () => {
    const { port, url, close } = await startTestServer();
    await close(0);
    const connection = connect(url);
    const failure = nextError(connection);
    const session = room(connection);
    const error = await failure;
    assert.equal(error.code, 'network');
    assert.match(error.message, /does not answer/);
    await start({ port });
    await session.joined;
    assert.equal(connection.state, 'open');
  });

  test('takes a socket for dead whose server no longer answers', async () => {
    const { url } = await start();
    const time = new FakeTime(0);
    const { WebSocket, sockets } = cuttable();
    const connection = connect(url, { WebSocket, timers: time });
    await room(connection).joined;
    const [socket] = sockets;
    // Whatever arrives from here on is not heard.
    if (socket) socket.onmessage = null;
    // Asked after 15 s, it has 5 s to answer, and 1 s more.
    await time.advance(20_999);
    assert.equal(connection.state, 'open');
    await time.advance(1);
    assert.equal(connection.state, 'reconnecting');
  });

  test('keeps a socket whose server answers', async () => {
    const { url } = await start();
    const time = new FakeTime(0);
    const { WebSocket, sockets } = cuttable();
    const connection = connect(url, { WebSocket, timers: time });
    await room(connection).joined;
    const answered = new Promise((resolve) => sockets[0]?.addEventListener('message', resolve, { once: true }));
    await time.advance(15_000);
    await answered;
    await time.advance(14_000);
    assert.equal(connection.state, 'open');
    assert.equal(sockets.length, 1);
  });

  test('falls back to long polling where WebSockets are blocked', async () => {
    const { url } = await start();
    class BlockedSocket extends EventTarget {
      readyState = 0;
      onerror: ((event: Event) => void) | null = null;
      onclose: ((event: Event) => void) | null = null;
      constructor() {
        super();
        queueMicrotask(() => {
          this.readyState = 3;
          this.onerror?.(new Event('error'));
          this.onclose?.(new Event('close'));
        });
      }
      close(): void {
        this.readyState = 3;
      }
    }
    const connection = connect(url, { WebSocket: BlockedSocket });
    const reply = await room(connection).joined;
    assert.ok(reply.peer_id.length > 0);
  });

  test('is refused without a token where one is needed', async () => {
    const { url } = await start({ secret: SECRET, autoCreate: true });
    await assert.rejects(room(connect(url)).joined, hasCode('unauthorized'));
  });

  test('shows its token', async () => {
    const { url } = await start({ secret: SECRET, autoCreate: true });
    const token = await signToken(SECRET, { sub: 'ada', name: 'Ada', grants: [{ room: 'team', can: ['join', 'create'] }], ttl: 60 });
    const reply = await room(connect(url, { token })).joined;
    assert.equal(reply.me.name, 'Ada');
  });

  test('asks its provider for a token before it connects, and once more when that one is refused', async () => {
    const { url } = await start({ secret: SECRET, autoCreate: true });
    const good = await signToken(SECRET, { sub: 'ada', grants: [{ room: 'team', can: ['join', 'create'] }], ttl: 60 });
    const poor = await signToken(SECRET, { sub: 'ada', grants: [{ room: 'other', can: ['join'] }], ttl: 60 });
    const tokens = [poor, good];
    const connection = connect(url, { tokenProvider: () => tokens.shift() ?? '' });
    await room(connection).joined;
    assert.equal(tokens.length, 0);
  });

  test('asks for the token again that the page could not give, also when it is woken', async () => {
    const { url } = await start({ secret: SECRET, autoCreate: true });
    const token = await signToken(SECRET, { sub: 'ada', grants: [{ room: 'team', can: ['join', 'create'] }], ttl: 60 });
    const { WebSocket, sockets } = cuttable();
    let asked = 0;
    const tokenProvider = async (): Promise<string> => {
      asked += 1;
      if (asked === 1) throw new Error('no network');
      return token;
    };
    const connection = connect(url, { WebSocket, tokenProvider, timers: new FakeTime(0) });
    const failure = nextError(connection);
    const session = room(connection);
    await failure;
    connection.wake();
    await session.joined;
    assert.equal(sockets.length, 1);
  });

  test('leaves when its signal is aborted', async () => {
    const { url } = await start();
    const abort = new AbortController();
    const session = connect(url).join('room:team', { params: () => ({}), reply: RoomReplySchema, signal: abort.signal });
    abort.abort();
    await assert.rejects(session.joined, hasCode('aborted'));
    assert.equal(session.state, 'left');
  });

  test('refuses to join a topic twice, and leaves the first alone', async () => {
    const { url } = await start();
    const connection = connect(url);
    const first = room(connection);
    await first.joined;
    await assert.rejects(room(connection).joined, hasCode('invalid'));
    await first.push('state', { mic: true });
    assert.equal(first.state, 'joined');
  });

  test('joins a topic again that was left', async () => {
    const { url } = await start();
    const connection = connect(url);
    const first = room(connection);
    await first.joined;
    await first.leave();
    await room(connection).joined;
  });

  test('joins nothing once it is closed', async () => {
    const { url } = await start();
    const connection = connect(url);
    connection.close();
    await assert.rejects(room(connection).joined, hasCode('aborted'));
    assert.equal(connection.state, 'closed');
  });
});
