import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { broadcastFrame } from '../../server-reference/src/pubsub/broadcast.ts';
import { type Channel, type ChannelFamily, type ChannelPort, type LeaveReason, ok } from '../../server-reference/src/socket/channel.ts';
import { encodeClientPush } from '../../src/protocol/index.ts';
import { nextEvent, phoenixClient, RawSocket, settled } from '../support/wire.ts';
import { startWireServer } from '../support/wire-server.ts';

/** A family under the test's control. */
function family(channel: (port: ChannelPort) => Partial<Channel>, response: Record<string, unknown> = {}): ChannelFamily {
  return {
    family: 'room',
    maxTextBytes: 1024 * 1024,
    join: (_params, port) => ({ ok: true, response, channel: { handle: () => ok(), left: () => undefined, ...channel(port) } }),
  };
}

/** A promise and the hand that settles it. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('a channel that crashes', () => {
  const crashing = family(() => ({
    handle(event) {
      if (event === 'throw') throw new Error('on purpose');
      if (event === 'reject') return Promise.reject(new Error('on purpose'));
      return ok({ still: 'here' });
    },
  }));

  for (const event of ['throw', 'reject']) {
    test(`is reported as phx_error when its handler ${event}s, and its neighbour and socket live on`, async () => {
      await using server = await startWireServer([crashing]);
      const socket = await RawSocket.open(server.socketUrl);
      await socket.join('room:one', {}, '1');
      await socket.join('room:two', {}, '2');
      socket.send(['1', '3', 'room:one', event, {}]);
      assert.deepEqual(await socket.next(), ['1', '1', 'room:one', 'phx_error', {}]);
      socket.send(['2', '4', 'room:two', 'anything', {}]);
      assert.deepEqual(await socket.reply('4'), { status: 'ok', response: { still: 'here' } });
      assert.equal((await socket.join('room:one', {}, '5')).status, 'ok');
      await socket.close();
    });
  }

  test('is rejoined by the Phoenix client', async () => {
    await using server = await startWireServer([crashing]);
    const client = phoenixClient(server.socketUrl);
    const channel = client.channel('room:one', { v: 1 });
    let joins = 0;
    const rejoined = new Promise<void>((resolve) =>
      channel.join().receive('ok', () => (++joins === 2 ? resolve() : channel.push('throw', {}, 100))),
    );
    await rejoined;
    assert.deepEqual(await settled(channel.push('anything', {})), { still: 'here' });
    client.disconnect();
  });

  test('refuses the join with the reason server when the join itself throws', async () => {
    const broken: ChannelFamily = {
      ...crashing,
      join: () => {
        throw new Error('on purpose');
      },
    };
    await using server = await startWireServer([broken]);
    const socket = await RawSocket.open(server.socketUrl);
    assert.deepEqual(await socket.join('room:one'), { status: 'error', response: { reason: 'server' } });
    await socket.assertSilent();
    await socket.close();
  });

  test('is told that it left as crashed', async () => {
    const reason = deferred<LeaveReason>();
    await using server = await startWireServer([
      family(() => ({
        joined() {
          throw new Error('on purpose');
        },
        left: reason.resolve,
      })),
    ]);
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:one');
    assert.equal(await reason.promise, 'crashed');
    assert.deepEqual(await socket.next(), ['1', '1', 'room:one', 'phx_error', {}]);
    await socket.close();
  });
});

describe('binary frames from the server', () => {
  test('a push, a reply and a broadcast arrive as ArrayBuffers at the Phoenix client', async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
    await using server = await startWireServer([
      family((port) => ({
        handle(event, payload) {
          if (event === 'push') port.push('pushed', bytes);
          if (event === 'broadcast') port.send(broadcastFrame(port.topic, 'broadcasted', bytes));
          return payload instanceof Uint8Array ? ok(payload) : ok();
        },
      })),
    ]);
    const client = phoenixClient(server.socketUrl);
    const channel = client.channel('room:bytes', { v: 1 });
    await settled(channel.join());
    const pushed = nextEvent<ArrayBuffer>(channel, 'pushed');
    channel.push('push', {});
    assert.deepEqual(new Uint8Array(await pushed), bytes);
    const broadcasted = nextEvent<ArrayBuffer>(channel, 'broadcasted');
    channel.push('broadcast', {});
    assert.deepEqual(new Uint8Array(await broadcasted), bytes);
    const echoed = (await settled(channel.push('echo', bytes.buffer))) as unknown;
    assert.deepEqual(new Uint8Array(echoed as ArrayBuffer), bytes);
    client.disconnect();
  });

  test('a payload reaches its channel as a view, not as a copy', async () => {
    const got = deferred<Uint8Array>();
    await using server = await startWireServer([
      family(() => ({
        handle(_event, payload) {
          if (payload instanceof Uint8Array) got.resolve(payload);
          return ok();
        },
      })),
    ]);
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:bytes');
    socket.ws.send(encodeClientPush('1', '2', 'room:bytes', 'chunk', new Uint8Array(1000).fill(9)));
    const payload = await got.promise;
    assert.equal(payload.byteLength, 1000);
    assert.ok(payload.byteOffset > 0 && payload.buffer.byteLength > 1000, 'it shares the memory of its frame');
    await socket.close();
  });
});

describe('the order of things in a channel', () => {
  test('messages wait for the handler before them', async () => {
    const first = deferred<void>();
    const seen: string[] = [];
    await using server = await startWireServer([
      family(() => ({
        async handle(event) {
          if (event === 'first') await first.promise;
          seen.push(event);
          return ok();
        },
      })),
    ]);
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:order');
    socket.send(['1', '2', 'room:order', 'first', {}]);
    socket.send(['1', '3', 'room:order', 'second', {}]);
    await socket.assertSilent();
    first.resolve();
    await socket.reply('3');
    assert.deepEqual(seen, ['first', 'second']);
    await socket.close();
  });

  test('messages sent while the join is being decided reach the channel after it', async () => {
    const decision = deferred<void>();
    const seen: string[] = [];
    const base = family(() => ({
      handle(event) {
        seen.push(event);
        return ok();
      },
    }));
    await using server = await startWireServer([{ ...base, join: (params, port) => decision.promise.then(() => base.join(params, port)) }]);
    const socket = await RawSocket.open(server.socketUrl);
    socket.send(['1', '1', 'room:slow', 'phx_join', { v: 1 }]);
    socket.send(['1', '2', 'room:slow', 'early', {}]);
    await socket.assertSilent();
    decision.resolve();
    assert.equal((await socket.reply('1')).status, 'ok');
    assert.equal((await socket.reply('2')).status, 'ok');
    assert.deepEqual(seen, ['early']);
    await socket.close();
  });

  test('a socket that goes while its join is being decided frees what the join reserved', async () => {
    const decision = deferred<void>();
    const reason = deferred<LeaveReason>();
    const base = family(() => ({ left: reason.resolve }));
    await using server = await startWireServer([{ ...base, join: (params, port) => decision.promise.then(() => base.join(params, port)) }]);
    const socket = await RawSocket.open(server.socketUrl);
    socket.send(['1', '1', 'room:slow', 'phx_join', { v: 1 }]);
    await socket.assertSilent();
    await socket.close();
    decision.resolve();
    assert.equal(await reason.promise, 'dropped');
  });

  test('a client that floods a busy channel is read no further', async () => {
    const release = deferred<void>();
    let handled = 0;
    await using server = await startWireServer([
      family(() => ({
        async handle() {
          await release.promise;
          handled++;
          return undefined;
        },
      })),
    ]);
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:flood');
    const frame = encodeClientPush('1', '', 'room:flood', 'chunk', new Uint8Array(256 * 1024));
    for (let index = 0; index < 200; index++) socket.ws.send(frame);
    const heartbeat = socket.reply('late');
    socket.send([null, 'late', 'phoenix', 'heartbeat', {}]);
    // The heartbeat stands behind 50 MB that the server has not taken: it is answered only when the channel is free again.
    const early = await Promise.race([
      heartbeat.then(() => 'answered'),
      new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
    ]);
    assert.notEqual(early, 'answered');
    assert.ok(socket.ws.bufferedAmount > 0);
    release.resolve();
    await heartbeat;
    assert.equal(handled, 200);
    await socket.close();
  });

  test('a port does nothing after its channel has ended', async () => {
    const port = deferred<ChannelPort>();
    await using server = await startWireServer([
      family((given) => {
        port.resolve(given);
        return {};
      }),
    ]);
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:over');
    const ended = await port.promise;
    assert.equal(ended.signal.aborted, false);
    ended.close();
    assert.deepEqual(await socket.next(), ['1', '1', 'room:over', 'phx_close', {}]);
    assert.equal(ended.signal.aborted, true);
    ended.push('late', {});
    ended.send(broadcastFrame(ended.topic, 'late', {}));
    ended.close();
    await socket.assertSilent();
    await socket.close();
  });
});

describe('a client that does not read', () => {
  test('is cut off when eight megabytes wait for it', async () => {
    const reason = deferred<LeaveReason>();
    const bytes = new Uint8Array(1024 * 1024);
    await using server = await startWireServer([
      family((port) => ({
        handle() {
          // Within one turn of the event loop nothing is written, so all of it waits.
          for (let index = 0; index < 20; index++) port.push('media', bytes);
          return ok();
        },
        left: reason.resolve,
      })),
    ]);
    const socket = await RawSocket.open(server.socketUrl);
    await socket.join('room:slow');
    socket.send(['1', '2', 'room:slow', 'play', {}]);
    assert.equal(await reason.promise, 'dropped');
    assert.notEqual((await socket.closed).code, 1000);
    assert.equal(server.endpoint.size, 0);
  });
});
