import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { Connection } from '../../../src/signaling/connection.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import { RoomCall } from '../../../src/webrtc/room-call.ts';
import { FakePeerConnections, sdpOf } from '../../support/fake-peer-connection.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { ScriptedRoom } from '../../support/scripted-room.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function outside(room = new ScriptedRoom('m')) {
  const time = new FakeTime(0);
  const connection = new Connection({ server: 'http://localhost', WebSocket: room.WebSocket, timers: time, longPoll: false });
  const connections = new FakePeerConnections();
  const call = new RoomCall({
    connection,
    media: new LocalMedia({ devices: () => undefined, constraints: () => ({ audio: {}, video: {} }) }),
    room: 'team',
    name: 'Mia',
    iceServers: undefined,
    iceTransportPolicy: 'all',
    createPeerConnection: connections.create,
    timers: time,
    randomId: () => 'unused',
  });
  ends.push(() => {
    void call.leave();
    connection.close();
  });
  const errors: GlasscastError[] = [];
  call.on('error', (error) => errors.push(error));
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await time.advance(0);
  };
  /** Links to `a`, whose media then flows. */
  const linked = async () => {
    room.push('ping', { from: 'a', to: 'm' });
    await settle();
    room.push('answer', { from: 'a', to: 'm', n: 1, sdp: { type: 'answer', sdp: sdpOf('theirs', 'u1') } });
    await settle();
    connections.newest.become('connected');
    return connections.newest;
  };
  return { time, room, connection, call, errors, settle, linked };
}

async function inside() {
  const all = outside();
  await all.call.join();
  return all;
}

describe('a call', () => {
  for (const [event, code, message] of [
    ['kick', 'kicked', 'You were removed from this room by a moderator.'],
    ['close', 'room-closed', 'A moderator has closed this room.'],
    [null, 'kicked', 'You were removed, or this was closed.'],
  ] as const) {
    test(`that the server ends ${event === null ? 'without a word' : `with ${event}`} says so`, async () => {
      const { room, call, errors, settle } = await inside();
      if (event !== null) room.push(event, { from: 'a' });
      room.closeChannel();
      await settle();
      assert.equal(call.state, 'failed');
      assert.deepEqual(
        errors.map((error) => [error.code, error.message]),
        [[code, message]],
      );
    });
  }

  test('that is over before its join could be acted on says so, and leaves nothing behind', async () => {
    const room = new (class extends ScriptedRoom {
      override receive(...[socket, frame]: Parameters<ScriptedRoom['receive']>): void {
        super.receive(socket, frame);
        // With long polling, both come in one answer.
        if (frame[3] === 'phx_join') this.closeChannel();
      }
    })('m');
    const { call, time, settle } = outside(room);
    await assert.rejects(call.join(), { code: 'kicked' });
    await settle();
    assert.equal(call.state, 'failed');
    assert.equal(call.localId, undefined);
    await time.advance(60_000);
    assert.deepEqual(room.pushed('state'), []);
  });

  test('that cannot even be asked for has failed', async () => {
    const { call, connection } = outside();
    connection.close();
    await assert.rejects(call.join(), { code: 'aborted' });
    assert.equal(call.state, 'failed');
  });

  test('tells what a moderator turns off, and nothing of what it does not know', async () => {
    const { room, call, settle } = await inside();
    const heard: unknown[] = [];
    call.on('moderated', (muted) => heard.push(muted));
    room.push('mute', { from: 'a', kind: 'mic' });
    room.push('mute', { from: 'a', kind: 'everything' });
    await settle();
    assert.deepEqual(heard, [{ from: 'a', kind: 'mic' }]);
  });

  test('passes the chat on as it came, and a push with its reply', async () => {
    const { room, call, settle } = await inside();
    const heard: unknown[] = [];
    call.on('chat', (chat) => heard.push(chat));
    room.push('chat_history', { messages: [] });
    room.push('chat', { id: '1' });
    room.push('chat_delete', { id: '1' });
    await settle();
    assert.deepEqual(heard, [
      { event: 'chat_history', payload: { messages: [] } },
      { event: 'chat', payload: { id: '1' } },
      { event: 'chat_delete', payload: { id: '1' } },
    ]);
    assert.deepEqual(await call.push('chat', { id: '2', body: 'Hello' }), {});
    assert.deepEqual(room.pushed('chat'), [{ id: '2', body: 'Hello' }]);
    assert.equal(heard.length, 3);
  });

  test('says what it shares', async () => {
    const { room } = await inside();
    assert.deepEqual(room.pushed('state'), [{ mic: false, camera: false, screen: false }]);
  });

  test('finds its way again when the network has changed', async () => {
    const { call, room, linked, settle } = await inside();
    await linked();
    call.networkChanged();
    await settle();
    assert.deepEqual(
      room.pushed('offer').map(({ n }) => n),
      [1, 2],
    );
    assert.equal(room.sockets.length, 1);
  });

  test('makes good what was lost when signaling and media dropped at once', async () => {
    const { time, room, call, linked } = await inside();
    const connection = await linked();
    const states: string[] = [];
    call.on('state', (state) => states.push(state));
    room.sockets[0]?.close(1006);
    connection.become('disconnected');
    await time.advance(0);
    assert.deepEqual(room.pushed('offer').length, 1);
    await time.advance(1000);
    assert.deepEqual(states, ['reconnecting', 'joined']);
    assert.deepEqual(
      room.pushed('offer').map(({ n }) => n),
      [1, 2],
    );
    assert.equal(connection.generation, 2);
  });
});
