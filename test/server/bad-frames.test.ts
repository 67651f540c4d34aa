import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeClientPush, LIMITS } from '../../src/protocol/index.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, RawSocket } from '../support/wire.ts';

describe('a frame that is not on the wire closes its socket alone', () => {
  let server: TestServer;
  let bystander: RawSocket;
  before(async () => {
    server = await startTestServer();
    bystander = await RawSocket.open(server.socketUrl);
  });
  after(async () => {
    await bystander.close();
    await server.close();
  });

  const encode = (...bytes: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
  const text = (topic: string, size: number): string => {
    const empty = JSON.stringify(['1', '2', topic, 'offer', { pad: '' }]);
    return JSON.stringify(['1', '2', topic, 'offer', { pad: 'x'.repeat(size - empty.length) }]);
  };

  const cases: [name: string, frame: string | Uint8Array<ArrayBuffer>, code: number][] = [
    ['malformed JSON', '[null,"1","phoenix"', 1007],
    ['no JSON at all', 'hello', 1007],
    ['an empty text frame', '', 1007],
    ['a JSON object', '{"topic":"phoenix"}', 1007],
    ['four elements', '["1","1","lobby","phx_join"]', 1007],
    ['six elements', '["1","1","lobby","phx_join",{},{}]', 1007],
    ['a topic that is a number', '["1","1",5,"phx_join",{}]', 1007],
    ['an event that is null', '["1","1","lobby",null,{}]', 1007],
    ['a reference that is an object', '[{},"1","lobby","phx_join",{}]', 1007],
    ['a payload that is a string', '["1","1","lobby","phx_join","x"]', 1007],
    ['a payload that is an array', '["1","1","lobby","phx_join",[]]', 1007],
    ['an empty binary frame', encode(), 1007],
    ['a binary frame of its kind alone', encode(0), 1007],
    ['a binary frame cut within its lengths', encode(0, 1, 1), 1007],
    ['a binary frame cut within its strings', encode(0, 1, 1, 5, 200, 49, 50), 1007],
    ['a binary frame of a kind for servers', encode(2, 1, 1, 1, 1, 49, 50, 51, 52), 1007],
    ['a binary frame of an unknown kind', encode(9, 0, 0, 0, 0), 1007],
    ['a binary frame whose topic is not UTF-8', encode(0, 0, 0, 2, 0, 0xff, 0xfe), 1007],
    ['a text frame over 64 KiB on the lobby', text('lobby', LIMITS.textFrameBytes + 1), 1009],
    ['a text frame over 64 KiB on a live topic', text('live:show', LIMITS.textFrameBytes + 1), 1009],
    [
      'a text frame over 64 KiB that hides its topic',
      `[null,null,"\\u0072oom:x","offer",{"pad":"${'x'.repeat(LIMITS.textFrameBytes)}"}]`,
      1009,
    ],
    ['a text frame over 1 MiB on a room', text('room:team', LIMITS.signalingFrameBytes + 1), 1009],
    ['a text frame over 2 MiB', text('room:team', LIMITS.binaryFrameBytes + 1), 1009],
    ['a binary frame over 2 MiB', encodeClientPush('1', '2', 'room:team', 'x', new Uint8Array(LIMITS.binaryFrameBytes)), 1009],
  ];
  for (const [name, frame, code] of cases) {
    test(`${name} (${code})`, async () => {
      const socket = await RawSocket.open(server.socketUrl);
      socket.ws.send(frame);
      assert.equal((await socket.closed).code, code);
      await bystander.assertSilent();
      await assertServes(server);
    });
  }

  test('a text frame of exactly 1 MiB on a room is taken', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:team');
    socket.ws.send(text('room:team', LIMITS.signalingFrameBytes));
    assert.equal((await socket.reply('2')).response['reason'], 'invalid');
    await socket.close();
  });

  test('a text frame of exactly 64 KiB on the lobby is taken', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('lobby');
    socket.ws.send(text('lobby', LIMITS.textFrameBytes));
    assert.equal((await socket.reply('2')).response['reason'], 'invalid');
    await socket.close();
  });
});

describe('a payload that is not what its topic says is refused and changes nothing', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.close());

  test('names that no room can have', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    for (const name of ['', '-x', 'Team', 'a b', 'ä', '..', 'a/../b', 'x'.repeat(64), '%2e', 'a:b']) {
      const { status, response } = await socket.join(`room:${name}`, {}, 'j');
      assert.deepEqual([status, response['reason']], ['error', 'invalid'], name);
    }
    assert.deepEqual(await (await fetch(`${server.url}/api/rooms`)).json(), { rooms: [] });
    await socket.close();
    await assertServes(server);
  });

  test('topics that nothing serves, joined or pushed to', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    for (const topic of ['nowhere', 'nowhere:at-all', 'room', 'lobby:one', '', '__proto__', 'constructor:x', 'phoenix']) {
      for (const event of ['phx_join', 'offer']) {
        socket.send(['1', 'u', topic, event, { v: 1 }]);
        assert.deepEqual(await socket.reply('u'), { status: 'error', response: { reason: 'unmatched topic' } }, `${event} ${topic}`);
      }
    }
    await socket.assertSilent();
    await socket.close();
    await assertServes(server);
  });

  test('events that nobody knows', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:team', {}, '1');
    await socket.join('lobby', {}, '2');
    for (const event of ['nonsense', '', 'toString', '__proto__', 'phx_reply', 'phx_close', 'new', 'bye']) {
      socket.send(['1', 'r', 'room:team', event, {}]);
      assert.equal((await socket.reply('r')).response['reason'], 'invalid', event);
      socket.send(['2', 'l', 'lobby', event, {}]);
      assert.equal((await socket.reply('l')).response['reason'], 'invalid', event);
    }
    await socket.close();
    await assertServes(server);
  });

  test('join parameters of the wrong type', async () => {
    const socket = await RawSocket.open(server.socketUrl);
    for (const params of [
      { name: {} },
      { name: '   ' },
      { name: 'x'.repeat(81) },
      { user_id: [] },
      { resume: 5 },
      { resume: 'x'.repeat(257) },
    ]) {
      const { status, response } = await socket.join('room:team', params, 'j');
      assert.deepEqual([status, response['reason']], ['error', 'invalid'], JSON.stringify(params));
      assert.ok(Array.isArray(response['details']));
    }
    await socket.close();
    await assertServes(server);
  });
});
