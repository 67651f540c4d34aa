import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Mesh, type MeshMessage } from '../../../src/webrtc/mesh.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { FakePeerConnections, fakeTrack, sdpOf } from '../../support/fake-peer-connection.ts';
import { FakeTime } from '../../support/fake-time.ts';

function setUp(localId: string) {
  const time = new FakeTime(0);
  const connections = new FakePeerConnections();
  const sent: MeshMessage[] = [];
  const removed: string[] = [];
  const errors: string[] = [];
  const mesh = new Mesh({
    localId,
    configuration: {},
    createPeerConnection: connections.create,
    timers: time,
    tracks: NO_TRACKS,
    send: (message) => sent.push(message) > 0,
  });
  mesh.on('removed', ({ id }) => removed.push(id));
  mesh.on('error', ({ id, error }) => errors.push(`${id} ${error.code}`));
  return { time, connections, sent, removed, errors, mesh };
}

const here = (...ids: string[]) => ids.map((id) => ({ id, away: false }));
const away = (id: string) => ({ id, away: true });

describe('the mesh', () => {
  test('answers a newcomer with a directed ping and a link', async () => {
    const { mesh, sent, time } = setUp('b');
    mesh.handleNew('a');
    await time.advance(0);
    assert.deepEqual(
      sent.map(({ event, to }) => `${event} ${to}`),
      ['ping a', 'offer a'],
    );
  });

  test('makes a link on a ping, and lets the greater id offer', async () => {
    const { mesh, sent, time } = setUp('a');
    mesh.handlePing('b');
    await time.advance(0);
    assert.deepEqual(mesh.peers, ['b']);
    assert.deepEqual(sent, []);
  });

  test('gives a link to whoever is present, whatever message was lost', async () => {
    const { mesh, sent, time } = setUp('m');
    mesh.handlePresence(here('a', 'm', 'z'));
    await time.advance(0);
    assert.deepEqual(mesh.peers, ['a', 'z']);
    assert.deepEqual(
      sent.map(({ event, to }) => `${event} ${to}`),
      ['offer a'],
    );
  });

  test('makes one link however often somebody is announced', () => {
    const { mesh, connections } = setUp('a');
    mesh.handleNew('b');
    mesh.handlePing('b');
    mesh.handleOffer('b', 1, sdpOf('theirs', 'u'));
    mesh.handlePresence(here('a', 'b'));
    assert.equal(connections.all.length, 1);
  });

  test('makes no link to itself', () => {
    const { mesh } = setUp('a');
    mesh.handleNew('a');
    mesh.handlePing('a');
    mesh.handleOffer('a', 1, sdpOf('mine', 'u'));
    mesh.handlePresence(here('a'));
    assert.deepEqual(mesh.peers, []);
  });

  test('removes who says goodbye at once, though presence still names them', () => {
    const { mesh, removed, connections } = setUp('a');
    mesh.handlePresence(here('a', 'b'));
    mesh.handleBye('b');
    mesh.handlePresence(here('a', 'b'));
    assert.deepEqual(removed, ['b']);
    assert.deepEqual(mesh.peers, []);
    assert.equal(connections.open, 0);
  });

  test('takes somebody back who left and came again', () => {
    const { mesh } = setUp('a');
    mesh.handlePresence(here('a', 'b'));
    mesh.handleBye('b');
    mesh.handlePresence(here('a'));
    mesh.handlePresence(here('a', 'b'));
    assert.deepEqual(mesh.peers, ['b']);
  });

  test('keeps who is away while their media flows', async () => {
    const { mesh, connections, time } = setUp('a');
    mesh.handlePresence(here('a', 'b'));
    mesh.handleOffer('b', 1, sdpOf('theirs', 'u'));
    await time.advance(0);
    connections.newest.become('connected');
    mesh.handlePresence([...here('a'), away('b')]);
    await time.advance(60_000);
    assert.deepEqual(mesh.peers, ['b']);
  });

  test('removes who is away and whose media is lost after 5 s', async () => {
    const { mesh, connections, removed, time } = setUp('b');
    mesh.handlePresence(here('a', 'b'));
    connections.newest.become('connected');
    mesh.handlePresence([...here('b'), away('a')]);
    connections.newest.become('disconnected');
    await time.advance(4999);
    assert.deepEqual(removed, []);
    await time.advance(1);
    assert.deepEqual(removed, ['a']);
    mesh.handlePresence([...here('b'), away('a')]);
    assert.deepEqual(mesh.peers, []);
  });

  test('removes who is away once nothing more arrives of them, before ICE has noticed', async () => {
    const { mesh, connections, removed, time } = setUp('a');
    mesh.handlePresence(here('a', 'b'));
    mesh.handleOffer('b', 1, sdpOf('theirs', 'u'));
    await time.advance(0);
    connections.newest.become('connected');
    mesh.handlePresence([...here('a'), away('b')]);
    connections.newest.bytesReceived = 1000;
    await time.advance(1000);
    connections.newest.bytesReceived = 2000;
    await time.advance(1000);
    assert.equal(mesh.linkState('b'), 'connected');
    await time.advance(1000);
    assert.equal(mesh.linkState('b'), 'interrupted');
    await time.advance(5000);
    assert.deepEqual(removed, ['b']);
    assert.equal(time.waiting, 0);
  });

  test('gives who was away and lost a link again when they come back', async () => {
    const { mesh, connections, time } = setUp('b');
    mesh.handlePresence([...here('b'), away('a')]);
    connections.newest.become('disconnected');
    await time.advance(5000);
    assert.deepEqual(mesh.peers, []);
    mesh.handlePresence(here('a', 'b'));
    assert.deepEqual(mesh.peers, ['a']);
  });

  test('keeps who comes back within 5 s', async () => {
    const { mesh, connections, removed, time } = setUp('b');
    mesh.handlePresence(here('a', 'b'));
    connections.newest.become('connected');
    mesh.handlePresence([...here('b'), away('a')]);
    connections.newest.become('disconnected');
    await time.advance(4000);
    mesh.handlePresence(here('a', 'b'));
    await time.advance(4000);
    assert.deepEqual(removed, []);
  });

  test('lets a call go on while a restarted server knows nobody, for as long as a resume may take', async () => {
    const { mesh, connections, removed, time } = setUp('b');
    mesh.handlePresence(here('a', 'b'));
    connections.newest.become('connected');
    mesh.handlePresence(here('b'));
    await time.advance(29_999);
    assert.deepEqual(removed, []);
    await time.advance(1);
    assert.deepEqual(removed, ['a']);
  });

  test('does not count who has not yet been in the presence as gone', async () => {
    const { mesh, removed, time } = setUp('a');
    mesh.handlePing('b');
    mesh.handlePresence(here('a'));
    await time.advance(4000);
    assert.deepEqual(removed, []);
  });

  test('removes who lost their media where there is no presence at all', async () => {
    const { mesh, connections, removed, time } = setUp('b');
    mesh.handlePing('a');
    connections.newest.become('connected');
    connections.newest.become('disconnected');
    await time.advance(5000);
    assert.deepEqual(removed, ['a']);
  });

  test('lets one failed link be, while the others go on', async () => {
    const { mesh, connections, errors, time } = setUp('m');
    mesh.handlePresence(here('a', 'm', 'z'));
    const [toA, toZ] = connections.all;
    await time.advance(0);
    if (toZ) toZ.failNext = new Error('not an SDP');
    mesh.handleOffer('z', 1, 'nonsense');
    await time.advance(0);
    assert.deepEqual(errors, ['z ice-failed']);
    assert.equal(mesh.linkState('z'), 'failed');
    assert.equal(mesh.linkState('a'), 'connecting');
    assert.equal(toA?.closed, false);
  });

  test('builds a failed link anew, and tells the other side', async () => {
    const { mesh, connections, sent, time } = setUp('a');
    mesh.handlePresence(here('a', 'z'));
    connections.newest.failNext = new Error('not an SDP');
    mesh.handleOffer('z', 1, 'nonsense');
    await time.advance(0);
    await time.advance(500);
    assert.equal(connections.all.length, 2);
    assert.equal(connections.open, 1);
    assert.deepEqual(
      sent.map(({ event, to }) => `${event} ${to}`),
      ['ping z'],
    );
    assert.equal(mesh.linkState('z'), 'connecting');
  });

  test('follows the other side that began anew with another connection', async () => {
    const { mesh, connections, sent, time } = setUp('a');
    mesh.handleOffer('z', 1, sdpOf('first', 'u1'));
    await time.advance(0);
    mesh.handleOffer('z', 1, sdpOf('second', 'u2'));
    await time.advance(0);
    assert.equal(connections.all.length, 2);
    assert.equal(connections.open, 1);
    assert.equal(sent.filter(({ event }) => event === 'answer').length, 2);
  });

  test('begins anew when another connection of the other side answers an offer to the one before', async () => {
    const { mesh, connections, sent, time } = setUp('m');
    mesh.handlePing('a');
    await time.advance(0);
    mesh.handleAnswer('a', 1, sdpOf('first', 'u1'));
    await time.advance(0);
    connections.newest.become('connected');
    mesh.restart();
    await time.advance(0);
    mesh.handleAnswer('a', 2, sdpOf('second', 'u2'));
    await time.advance(0);
    assert.equal(connections.open, 1);
    assert.equal(connections.newest.remoteDescription, null);
    assert.deepEqual(
      sent.map(({ event }) => event),
      ['offer', 'offer', 'ping', 'offer'],
    );
    mesh.handleAnswer('a', 1, sdpOf('third', 'u3'));
    await time.advance(0);
    assert.equal(connections.newest.signalingState, 'stable');
  });

  test('looks for new ways on every link at once when the network has changed', async () => {
    const { mesh, connections, sent, time } = setUp('m');
    mesh.handlePresence(here('a', 'm', 'z'));
    mesh.handleOffer('z', 1, sdpOf('theirs', 'u'));
    await time.advance(0);
    mesh.handleAnswer('a', 1, sdpOf('others', 'u'));
    await time.advance(0);
    for (const connection of connections.all) connection.become('connected');
    mesh.restart();
    await time.advance(0);
    assert.deepEqual(
      sent.filter(({ event }) => event === 'offer').map((message) => `${message.to} ${message.event === 'offer' && message.n}`),
      ['a 1', 'a 2', 'z 2'],
    );
  });

  test('builds what had failed anew as soon as signaling is back', async () => {
    const { mesh, connections, sent, time } = setUp('a');
    mesh.handlePresence(here('a', 'z'));
    connections.newest.failNext = new Error('not an SDP');
    mesh.handleOffer('z', 1, 'nonsense');
    await time.advance(0);
    mesh.resync();
    await time.advance(0);
    assert.equal(connections.all.length, 2);
    assert.deepEqual(
      sent.map(({ event, to }) => `${event} ${to}`),
      ['ping z'],
    );
    await time.advance(500);
    assert.equal(connections.all.length, 2);
  });

  test('keeps what was wished of a link for the one that takes its place', async () => {
    const { mesh, connections, time } = setUp('a');
    mesh.handleOffer('z', 1, sdpOf('first', 'u1'));
    await time.advance(0);
    mesh.links.get('z')?.setEncoding('video', { maxBitrate: 200_000 });
    mesh.handleOffer('z', 1, sdpOf('second', 'u2'));
    await time.advance(0);
    await time.advance(0);
    assert.equal(connections.all.length, 2);
    assert.equal(connections.newest.transceivers[1]?.sender.encoding.maxBitrate, 200_000);
  });

  test('gives its tracks to every link, also to later ones', async () => {
    const { mesh, connections, time } = setUp('z');
    const microphone = fakeTrack('audio');
    mesh.handlePing('a');
    await time.advance(0);
    mesh.setTrack('audio', microphone);
    mesh.handlePing('b');
    await time.advance(0);
    for (const connection of connections.all) assert.equal(connection.transceivers[0]?.sender.track, microphone);
  });

  test('leaves no connection and no timer behind', async () => {
    const { mesh, connections, time } = setUp('m');
    mesh.handlePresence(here('a', 'm', 'z'));
    await time.advance(0);
    mesh.handlePresence(here('m'));
    connections.all[0]?.become('disconnected');
    mesh.close();
    assert.equal(connections.open, 0);
    assert.equal(time.waiting, 0);
  });
});
