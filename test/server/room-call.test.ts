/** A call as the SDK makes it, against the real server and against a plain Phoenix channel; only the peer connections are not real. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { GlasscastError } from '../../src/protocol/errors.ts';
import { Connection } from '../../src/signaling/connection.ts';
import { LocalMedia } from '../../src/webrtc/local-media.ts';
import { RoomCall, type RoomPeer } from '../../src/webrtc/room-call.ts';
import { realmTimers } from '../../src/workers/worker-timers.ts';
import { FakePeerConnections } from '../support/fake-peer-connection.ts';
import { startPlainPhoenix } from '../support/plain-phoenix.ts';
import { startTestServer } from '../support/server.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Person {
  readonly call: RoomCall;
  readonly connections: FakePeerConnections;
  readonly sockets: WebSocket[];
}

let ids = 0;

function person(url: string, name: string): Person {
  const sockets: WebSocket[] = [];
  class Socket extends WebSocket {
    constructor(address: string, protocols?: string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  }
  const connection = new Connection({ server: url, WebSocket: Socket });
  const connections = new FakePeerConnections();
  const media = new LocalMedia({
    devices: () => {
      throw new GlasscastError('unsupported', 'no devices here');
    },
    constraints: () => ({ audio: {}, video: {} }),
  });
  const call = new RoomCall({
    connection,
    media,
    room: 'team',
    name,
    iceServers: undefined,
    iceTransportPolicy: 'all',
    createPeerConnection: connections.create,
    timers: realmTimers,
    randomId: () => `made-up-${++ids}`,
  });
  ends.push(async () => {
    await call.leave();
    connection.close();
  });
  return { call, connections, sockets };
}

/** Resolves once the participants are as wanted. */
function until(call: RoomCall, wanted: (peers: readonly RoomPeer[]) => boolean): Promise<void> {
  if (wanted(call.peers)) return Promise.resolve();
  return new Promise((resolve) => {
    const unlisten = call.on('change', () => {
      if (!wanted(call.peers)) return;
      unlisten();
      resolve();
    });
  });
}

const names = (peers: readonly RoomPeer[]): string =>
  peers
    .map((peer) => peer.name)
    .sort()
    .join(' ');
const answered = (connections: FakePeerConnections): boolean =>
  connections.all.every((connection) => connection.signalingState === 'stable' && connection.remoteDescription !== null);

/** Resolves once every connection of everybody is negotiated. */
async function negotiated(...people: readonly Person[]): Promise<void> {
  while (!people.every(({ connections }) => answered(connections))) await new Promise((resolve) => setImmediate(resolve));
}

function openOnly(connections: FakePeerConnections): FakePeerConnections {
  const open = new FakePeerConnections();
  open.all.push(...connections.all.filter((connection) => !connection.closed));
  return open;
}

async function threeIn(url: string): Promise<readonly [Person, Person, Person]> {
  const people = [person(url, 'Ada'), person(url, 'Grace'), person(url, 'Edith')] as const;
  for (const { call } of people) await call.join();
  await until(people[0].call, (peers) => names(peers) === 'Edith Grace');
  await until(people[1].call, (peers) => names(peers) === 'Ada Edith');
  await until(people[2].call, (peers) => names(peers) === 'Ada Grace');
  return people;
}

for (const [kind, start] of [
  ['our server', () => startTestServer()],
  ['a plain Phoenix channel', startPlainPhoenix],
] as const) {
  describe(`a call of three over ${kind}`, () => {
    const begin = async (): Promise<string> => {
      const server = await start();
      ends.push(() => server.close());
      return server.url;
    };

    test('links each with each, once, and knows everybody by name', async () => {
      const people = await threeIn(await begin());
      await negotiated(...people);
      for (const { connections } of people) assert.equal(connections.all.length, 2);
    });

    test('shows others what is muted', async () => {
      const [ada, grace] = await threeIn(await begin());
      await until(grace.call, (peers) => peers.some((peer) => peer.name === 'Ada' && !peer.microphone && !peer.camera));
      assert.equal(ada.call.state, 'joined');
    });

    test('forgets at once who leaves, and keeps the others', async () => {
      const [ada, grace, edith] = await threeIn(await begin());
      await negotiated(ada, grace, edith);
      await edith.call.leave();
      await Promise.all([until(ada.call, (peers) => names(peers) === 'Grace'), until(grace.call, (peers) => names(peers) === 'Ada')]);
      assert.equal(ada.connections.open, 1);
      assert.equal(edith.connections.open, 0);
    });

    test('goes on with the same links after a socket was cut', async () => {
      const [ada, grace, edith] = await threeIn(await begin());
      await negotiated(ada, grace, edith);
      for (const { connections } of [ada, grace, edith]) for (const connection of connections.all) connection.become('connected');
      const back = new Promise<void>((resolve) => {
        let lost = false;
        ada.call.on('state', (state) => {
          if (state === 'reconnecting') lost = true;
          if (lost && state === 'joined') resolve();
        });
      });
      const id = ada.call.localId;
      ada.sockets[0]?.close();
      await back;
      assert.equal(ada.call.localId, id);
      for (const { connections } of [ada, grace, edith]) assert.equal(connections.all.length, 2);
      assert.equal(names(ada.call.peers), 'Edith Grace');
    });
  });
}

describe('a call', () => {
  test('is refused with the server’s reason', async () => {
    const server = await startTestServer({ maxPeers: 1 });
    ends.push(() => server.close());
    await person(server.url, 'Ada').call.join();
    const { call } = person(server.url, 'Grace');
    await assert.rejects(call.join(), (error) => error instanceof GlasscastError && error.code === 'room-full');
    assert.equal(call.state, 'failed');
  });

  test('has the same people in it, once each, after the server was restarted', async () => {
    const server = await startTestServer();
    const [ada, grace, edith] = await threeIn(server.url);
    await negotiated(ada, grace, edith);
    const strangers = new Set<string>();
    for (const { call } of [ada, grace, edith]) call.on('join', (peer) => strangers.add(`${peer.name} to ${call.localName}`));
    await server.close(0);
    const again = await startTestServer({ port: server.port });
    ends.push(() => again.close(0));
    for (const [{ call }, others] of [
      [ada, 'Edith Grace'],
      [grace, 'Ada Edith'],
      [edith, 'Ada Grace'],
    ] as const) {
      await until(call, (peers) => call.state === 'joined' && names(peers) === others && peers.length === 2);
    }
    await negotiated(...[ada, grace, edith].map((one) => ({ ...one, connections: openOnly(one.connections) })));
    for (const { connections } of [ada, grace, edith]) assert.equal(connections.open, 2);
    for (const { call } of [ada, grace, edith]) assert.ok(!strangers.has(`${call.localName} to ${call.localName}`));
  });

  test('is over for who leaves before the server has answered', async () => {
    const server = await startTestServer();
    ends.push(() => server.close());
    const { call } = person(server.url, 'Ada');
    const joining = call.join();
    await call.leave();
    await assert.rejects(joining, (error) => error instanceof GlasscastError && error.code === 'aborted');
    assert.equal(call.state, 'left');
  });
});
