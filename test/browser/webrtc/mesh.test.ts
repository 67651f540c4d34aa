/** Meshes over the browser's real peer connections. */
import { expect } from '@open-wc/testing';
import type { Mesh } from '../../../src/webrtc/mesh.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { firstFrame, LinkedMeshes, linkIs, movingPicture } from '../../support/linked-meshes.ts';

const nextTrack = (mesh: Mesh, kind: string): Promise<MediaStreamTrack> =>
  new Promise((resolve) => {
    const unlisten = mesh.on('track', ({ track }) => {
      if (track.kind !== kind) return;
      unlisten();
      resolve(track);
    });
  });

describe('a mesh of real connections', () => {
  let room: LinkedMeshes;

  beforeEach(() => {
    room = new LinkedMeshes();
  });

  afterEach(() => room.close());

  it('links two with one offer and one answer', async () => {
    const a = room.add('a');
    const b = room.add('b');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    expect(room.said.filter((said) => /offer|answer/.test(said))).to.deep.equal(['b offer a', 'a answer b']);
  });

  it('links four, each with each', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) room.add(id);
    room.announce();
    const links = [...room.meshes].flatMap(([id, mesh]) =>
      ids.filter((other) => other !== id).map((other) => linkIs(mesh, other, 'connected')),
    );
    await Promise.all(links);
    expect(links).to.have.length(12);
    expect(room.connections).to.have.length(12);
  });

  it('shows a camera that was there from the start, both ways', async () => {
    const pictures = [movingPicture(), movingPicture()] as const;
    const a = room.add('a', { ...NO_TRACKS, video: pictures[0].track });
    const b = room.add('b', { ...NO_TRACKS, video: pictures[1].track });
    const tracks = [nextTrack(a, 'video'), nextTrack(b, 'video')] as const;
    room.announce();
    await Promise.all(tracks.map(async (track) => firstFrame(await track)));
    for (const picture of pictures) picture.stop();
  });

  it('shows a camera that is turned on later, without another offer', async () => {
    const a = room.add('a');
    const b = room.add('b');
    const arriving = nextTrack(a, 'video');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    const before = room.said.length;
    const picture = movingPicture();
    b.setTrack('video', picture.track);
    await firstFrame(await arriving);
    expect(room.said.slice(before).filter((said) => said.includes('offer'))).to.deep.equal([]);
    picture.stop();
  });

  it('settles a glare of first offers', async () => {
    const a = room.add('a');
    const b = room.add('b');
    const picture = movingPicture();
    a.setTrack('video', picture.track);
    const arriving = nextTrack(b, 'video');
    a.handlePing('b');
    b.handlePing('a');
    // The wrong side offers as well.
    a.resync();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    await firstFrame(await arriving);
    picture.stop();
  });

  it('is connected anew when both sides restart ICE at once', async () => {
    const a = room.add('a');
    const b = room.add('b');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    const anew = [linkIs(a, 'b', 'connecting'), linkIs(b, 'a', 'connecting')];
    a.restart();
    b.restart();
    await Promise.all(anew);
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
  });

  it('links although candidates overtake the description', async () => {
    const a = room.add('a');
    const b = room.add('b');
    const held: (() => void)[] = [];
    room.passes = (from, message) => {
      if (from !== 'b' || message.event !== 'offer') return true;
      held.push(() => a.handleOffer('b', message.n, message.sdp.sdp));
      return false;
    };
    const candidate = new Promise<void>((resolve) => {
      const passes = room.passes;
      room.passes = (from, message) => {
        if (from === 'b' && message.event === 'ice') queueMicrotask(resolve);
        return passes(from, message);
      };
    });
    room.announce();
    await candidate;
    for (const deliver of held) deliver();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
  });

  it('heals when the answer is lost', async () => {
    const a = room.add('a');
    const b = room.add('b');
    let lost = 0;
    room.passes = (_from, message) => message.event !== 'answer' || ++lost > 1;
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    expect(lost).to.be.at.least(2);
  });

  it('keeps one link while another is closed', async () => {
    for (const id of ['a', 'b', 'c']) room.add(id);
    room.announce();
    const a = room.meshes.get('a');
    const b = room.meshes.get('b');
    const c = room.meshes.get('c');
    if (!a || !b || !c) throw new Error('nobody is in the room');
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(a, 'c', 'connected'), linkIs(b, 'c', 'connected')]);
    c.close();
    a.handleBye('c');
    b.handleBye('c');
    expect(a.peers).to.deep.equal(['b']);
    expect(a.linkState('b')).to.equal('connected');
    expect(room.connections.filter((connection) => connection.signalingState !== 'closed')).to.have.length(2);
  });

  it('takes in another connection of the same peer', async () => {
    const a = room.add('a');
    const b = room.add('b');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    b.close();
    const again = room.add('b');
    again.handlePing('a');
    await linkIs(again, 'a', 'connected');
    await linkIs(a, 'b', 'connected');
  });
});
