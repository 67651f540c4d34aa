/** A call of three over a Phoenix channel that does nothing but `broadcast_from`, with real peer connections. */
import { expect } from '@open-wc/testing';
import { Connection } from '../../../src/signaling/connection.ts';
import { createPeerConnection } from '../../../src/webrtc/create-peer-connection.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import { RoomCall, type RoomPeer } from '../../../src/webrtc/room-call.ts';
import { chatPush } from '../../../src/webrtc/room-chat.ts';
import type { Slot } from '../../../src/webrtc/slots.ts';
import { realmTimers } from '../../../src/workers/worker-timers.ts';
import { firstFrame, movingPicture } from '../../support/linked-meshes.ts';
import { plainSockets } from '../../support/plain-socket.ts';

/** Devices whose camera and screen are moving pictures. */
function devices(pictures: { stop(): void }[]): MediaDevices {
  const stream = async (): Promise<MediaStream> => {
    const picture = movingPicture();
    pictures.push(picture);
    return new MediaStream([picture.track]);
  };
  const none = { enumerateDevices: async () => [], addEventListener: () => undefined, removeEventListener: () => undefined };
  return { ...none, getUserMedia: stream, getDisplayMedia: stream } as unknown as MediaDevices;
}

describe('a call of three over a plain Phoenix channel', () => {
  const ends: (() => void)[] = [];
  const pictures: { stop(): void }[] = [];

  afterEach(() => {
    for (const end of ends.splice(0)) end();
    for (const { stop } of pictures.splice(0)) stop();
  });

  const person = (name: string, socket: new (url: string) => object): { call: RoomCall; media: LocalMedia } => {
    const connection = new Connection({ server: location.origin, WebSocket: socket, longPoll: false });
    const fake = devices(pictures);
    const media = new LocalMedia({ devices: () => fake, constraints: () => ({ audio: {}, video: {} }) });
    const call = new RoomCall({
      connection,
      media,
      room: 'team',
      name,
      iceServers: undefined,
      iceTransportPolicy: 'all',
      createPeerConnection,
      timers: realmTimers,
      randomId: () => crypto.randomUUID(),
    });
    ends.push(() => {
      void call.leave();
      media.close();
      connection.close();
    });
    return { call, media };
  };

  const until = (call: RoomCall, wanted: (peers: readonly RoomPeer[]) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const unlisten = call.on('change', look);
      function look(): void {
        if (!wanted(call.peers)) return;
        unlisten();
        resolve();
      }
      look();
    });

  const linked = (peers: readonly RoomPeer[]): boolean =>
    peers.length === 2 && peers.every(({ link, name }) => link === 'connected' && name);

  const three = async () => {
    const socket = plainSockets();
    const people = [person('Ada', socket), person('Grace', socket), person('Edith', socket)] as const;
    for (const { call } of people) await call.join();
    await Promise.all(people.map(({ call }) => until(call, linked)));
    return people;
  };

  const tracksOf = (call: RoomCall, slot: Slot): MediaStreamTrack[] => call.peers.flatMap(({ tracks }) => tracks[slot] ?? []);

  it('shows each the cameras of the others, by name', async () => {
    const people = await three();
    await Promise.all(people.map(({ media }) => media.open(['video'])));
    for (const { call } of people) {
      expect(tracksOf(call, 'video')).to.have.length(2);
      await Promise.all(tracksOf(call, 'video').map(firstFrame));
    }
    await Promise.all(people.map(({ call }) => until(call, (peers) => peers.every(({ camera }) => camera))));
    expect(people[0].call.peers.map(({ name }) => name).sort()).to.deep.equal(['Edith', 'Grace']);
  });

  it('shows a shared screen to both others, and says that it is shared', async () => {
    const [ada, grace, edith] = await three();
    await ada.media.startScreenShare();
    for (const { call } of [grace, edith]) {
      await until(call, (peers) => peers.some(({ screen, tracks }) => screen && tracks.screen !== null));
      await Promise.all(tracksOf(call, 'screen').map(firstFrame));
    }
  });

  it('carries the chat, to its author as well, and what pages send each other', async () => {
    const [ada, grace, edith] = await three();
    const own = Promise.withResolvers<unknown>();
    const heardBy = [grace, edith].map(({ call }) => new Promise((resolve) => call.on('chat', ({ payload }) => resolve(payload))));
    const said = Promise.all([own.promise, ...heardBy]);
    await chatPush(ada.call, ({ payload }) => own.resolve(payload))('chat', { id: 'message-1', body: 'Hello' }, {});
    for (const payload of await said) {
      expect(payload).to.deep.include({ id: 'message-1', from: ada.call.localId, name: 'Ada', body: 'Hello' });
    }
    const heard = new Promise((resolve) => grace.call.on('message', ({ peer, data }) => resolve([peer.name, data])));
    await ada.call.sendDirect({ to: 'you' }, grace.call.localId);
    expect(await heard).to.deep.equal(['Ada', { to: 'you' }]);
  });
});
