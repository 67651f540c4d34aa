import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LinkMessage, LinkState } from '../../../src/webrtc/link-interface.ts';
import { PeerLink } from '../../../src/webrtc/peer-link.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { type FakePeerConnection, FakePeerConnections, fakeTrack, sdpOf } from '../../support/fake-peer-connection.ts';
import { FakeTime } from '../../support/fake-time.ts';

interface Setup {
  readonly link: PeerLink;
  /** Whether signaling is up. */
  readonly wire: { up: boolean };
  readonly connection: FakePeerConnection;
  readonly sent: LinkMessage[];
  readonly states: LinkState[];
  readonly time: FakeTime;
}

function setUp(localId: string, remoteId: string, tracks = NO_TRACKS): Setup {
  const time = new FakeTime(0);
  const connections = new FakePeerConnections();
  const sent: LinkMessage[] = [];
  const wire = { up: true };
  const states: LinkState[] = [];
  const link = new PeerLink({
    localId,
    remoteId,
    configuration: {},
    createPeerConnection: connections.create,
    tracks,
    timers: time,
    send: (message) => wire.up && sent.push(message) > 0,
  });
  link.on('state', (state) => states.push(state));
  return { link, wire, connection: connections.newest, sent, states, time };
}

const settle = (time: FakeTime): Promise<void> => time.advance(0);
const offers = (sent: readonly LinkMessage[]) => sent.filter((message) => message.event === 'offer');
const answers = (sent: readonly LinkMessage[]) => sent.filter((message) => message.event === 'answer');

describe('a peer link', () => {
  test('of the greater id makes the first offer', async () => {
    const { link, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    assert.equal(offers(sent).length, 1);
    assert.equal(offers(sent)[0]?.n, 1);
  });

  test('of the lesser id waits for the offer', async () => {
    const { link, sent, time } = setUp('a', 'b');
    link.start();
    await settle(time);
    assert.deepEqual(sent, []);
  });

  test('orders ids by code units, not by language', () => {
    assert.equal(setUp('a', 'Z').link.offersFirst, true);
    assert.equal(setUp('10', '9').link.offersFirst, false);
  });

  test('of the lesser id offers by itself when no offer comes', async () => {
    const { link, sent, time } = setUp('a', 'b');
    link.start();
    await time.advance(5000);
    assert.equal(offers(sent).length, 1);
  });

  test('answers an offer with its number', async () => {
    const { link, sent, time } = setUp('a', 'b');
    link.handleOffer(7, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.deepEqual(
      answers(sent).map((message) => message.n),
      [7],
    );
  });

  test('answers an offer from the wrong side', async () => {
    const { link, sent, time } = setUp('b', 'a');
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.equal(answers(sent).length, 1);
  });

  test('drops an answer to an older offer', async () => {
    const { link, connection, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    link.restart();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.equal(connection.signalingState, 'have-local-offer');
    link.handleAnswer(2, sdpOf('theirs', 'u2'));
    await settle(time);
    assert.equal(connection.signalingState, 'stable');
  });

  test('drops an answer that nobody asked for', async () => {
    const { link, connection, states, time } = setUp('a', 'b');
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.equal(connection.remoteDescription, null);
    assert.deepEqual(states, []);
  });

  test('in a glare of first offers the polite side takes its own back and answers', async () => {
    const { link, sent, connection, time } = setUp('a', 'b');
    link.restart();
    await settle(time);
    link.handleOffer(2, sdpOf('theirs', 'u2'));
    await settle(time);
    assert.equal(connection.signalingState, 'stable');
    assert.deepEqual(
      answers(sent).map((message) => message.n),
      [2],
    );
  });

  test('in a glare on a connection in use the polite side begins anew with the offer that came', async () => {
    const { link, sent, time } = setUp('a', 'b');
    const replaced: (number | undefined)[] = [];
    link.on('replaced', (offer) => replaced.push(offer?.n));
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    link.restart();
    await settle(time);
    link.handleOffer(2, sdpOf('theirs', 'u2'));
    await settle(time);
    assert.deepEqual(replaced, [2]);
    assert.deepEqual(
      answers(sent).map((message) => message.n),
      [1],
    );
  });

  test('in a glare the impolite side keeps its offer and ignores the other', async () => {
    const { link, sent, connection, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.equal(connection.signalingState, 'have-local-offer');
    assert.deepEqual(answers(sent), []);
  });

  test('numbers its offers above every number seen', async () => {
    const { link, sent, time } = setUp('a', 'b');
    link.handleOffer(41, sdpOf('theirs', 'u1'));
    await settle(time);
    link.restart();
    await settle(time);
    assert.equal(offers(sent)[0]?.n, 42);
  });

  test('keeps candidates until the description they belong to', async () => {
    const { link, connection, time } = setUp('a', 'b');
    link.handleCandidate(1, { candidate: 'candidate:early', usernameFragment: 'u1' });
    await settle(time);
    assert.deepEqual(connection.candidates, []);
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.equal(connection.candidates.length, 1);
  });

  test('sends its candidates after the description that they belong to', async () => {
    const { link, connection, sent, time } = setUp('b', 'a');
    link.start();
    connection.gather('candidate:1');
    await settle(time);
    assert.deepEqual(
      sent.map((message) => message.event),
      ['offer', 'ice'],
    );
  });

  test('repeats an offer that nobody answered, with its number', async () => {
    const { link, sent, time } = setUp('b', 'a');
    link.start();
    await time.advance(5000);
    assert.deepEqual(
      offers(sent).map((message) => message.n),
      [1, 1],
    );
  });

  test('gives up after half a minute without an answer', async () => {
    const { link, states, time } = setUp('b', 'a');
    link.start();
    await time.advance(30_000);
    assert.deepEqual(states, ['failed']);
    assert.equal(time.waiting, 0);
  });

  test('restarts ICE at once when the connection is interrupted', async () => {
    const { link, connection, sent, states, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    connection.become('disconnected');
    await settle(time);
    assert.deepEqual(states, ['connected', 'interrupted']);
    assert.equal(offers(sent).at(-1)?.n, 2);
    assert.equal(connection.generation, 2);
  });

  test('of the lesser id leaves the restart to the other side, and makes it when none comes', async () => {
    const { link, connection, sent, time } = setUp('a', 'b');
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    connection.become('disconnected');
    await settle(time);
    assert.deepEqual(offers(sent), []);
    time.advance(1500);
    await settle(time);
    assert.deepEqual(
      offers(sent).map((message) => message.n),
      [2],
    );
  });

  test('makes a restart good at once that was wished while signaling was down', async () => {
    const { link, wire, connection, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    wire.up = false;
    connection.become('disconnected');
    await time.advance(60_000);
    assert.deepEqual(
      offers(sent).map(({ n }) => n),
      [1],
    );
    wire.up = true;
    link.resync();
    await settle(time);
    assert.deepEqual(
      offers(sent).map(({ n }) => n),
      [1, 2],
    );
    assert.equal(connection.generation, 2);
    assert.equal(link.state, 'interrupted');
  });

  test('sends an offer again at once that was lost with signaling, while media flows', async () => {
    const { link, connection, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    link.setTrack('screen', fakeTrack('video'));
    await settle(time);
    link.resync();
    await settle(time);
    assert.deepEqual(
      offers(sent).map(({ n }) => n),
      [1, 2, 2],
    );
    assert.equal(connection.generation, 1);
  });

  test('has nothing to make good when signaling is back and media flows', async () => {
    const { link, connection, sent, time } = setUp('a', 'b');
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    link.resync();
    await settle(time);
    assert.deepEqual(offers(sent), []);
  });

  test('restarts after an exchange that was under way when a restart was wished', async () => {
    const { link, connection, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    link.setTrack('screen', fakeTrack('video'));
    link.restart();
    await settle(time);
    assert.equal(connection.generation, 1);
    link.handleAnswer(2, sdpOf('theirs', 'u1', ['audio', 'video', 'video']));
    await settle(time);
    assert.equal(connection.generation, 2);
    assert.equal(offers(sent).at(-1)?.n, 3);
    link.handleAnswer(3, sdpOf('theirs', 'u2', ['audio', 'video', 'video']));
    await settle(time);
    assert.equal(offers(sent).at(-1)?.n, 3);
  });

  test('restarts once, however often that is wished meanwhile', async () => {
    const { link, connection, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    for (let i = 0; i < 3; i++) link.restart();
    await settle(time);
    link.handleAnswer(2, sdpOf('theirs', 'u2'));
    await settle(time);
    assert.equal(connection.generation, 2);
    assert.equal(offers(sent).at(-1)?.n, 2);
  });

  test('does not feed itself a candidate of a foreign ufrag', async () => {
    const { link, connection, time } = setUp('a', 'b');
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    link.handleCandidate(1, { candidate: 'candidate:foreign', usernameFragment: 'elsewhere' });
    link.handleCandidate(1, { candidate: 'candidate:own', usernameFragment: 'u1' });
    await settle(time);
    assert.deepEqual(
      connection.candidates.map(({ candidate }) => candidate),
      ['candidate:own'],
    );
  });

  test('that works goes on when it is sent nonsense, or too much', async () => {
    const { link, connection, states, time } = setUp('a', 'b');
    const errors: string[] = [];
    link.on('error', (error) => errors.push(error.code));
    link.handleOffer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    link.handleOffer(2, 'nonsense');
    link.handleOffer(3, sdpOf('theirs', 'u1') + 'a=filler\r\n'.repeat(30_000));
    await settle(time);
    connection.failNext = new Error('not an SDP');
    link.handleOffer(4, sdpOf('theirs', 'u1'));
    await settle(time);
    assert.deepEqual(states, ['connected']);
    assert.deepEqual(errors, ['ice-failed', 'ice-failed', 'ice-failed']);
  });

  test('waits for another answer when the one that came makes no sense', async () => {
    const { link, connection, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    link.handleAnswer(1, sdpOf('theirs', 'u1'));
    await settle(time);
    connection.become('connected');
    link.restart();
    await settle(time);
    link.handleAnswer(2, 'nonsense');
    await time.advance(5000);
    assert.deepEqual(
      offers(sent).map(({ n }) => n),
      [1, 2, 2],
    );
    link.handleAnswer(2, sdpOf('theirs', 'u2'));
    await settle(time);
    assert.equal(connection.signalingState, 'stable');
  });

  test('has failed when its restarts are used up', async () => {
    const { link, connection, states, time } = setUp('b', 'a');
    link.start();
    for (let n = 1; n <= 4; n++) {
      await settle(time);
      link.handleAnswer(n, sdpOf('theirs', `u${n}`));
      await settle(time);
      connection.become('failed');
    }
    assert.deepEqual(states, ['interrupted', 'failed']);
  });

  test('hands an offer of another connection to its successor', async () => {
    const { link, time } = setUp('a', 'b');
    const replaced: number[] = [];
    link.on('replaced', (offer) => replaced.push(offer?.n ?? 0));
    link.handleOffer(1, sdpOf('first', 'u1'));
    await settle(time);
    link.handleOffer(2, sdpOf('first', 'u2'));
    await settle(time);
    assert.deepEqual(replaced, []);
    link.handleOffer(1, sdpOf('second', 'u3'));
    await settle(time);
    assert.deepEqual(replaced, [1]);
  });

  test('fails when a description cannot be applied, and says why', async () => {
    const { link, connection, states, time } = setUp('a', 'b');
    const errors: string[] = [];
    link.on('error', (error) => errors.push(error.code));
    connection.failNext = new Error('not an SDP');
    link.handleOffer(1, 'nonsense');
    await settle(time);
    assert.deepEqual(states, ['failed']);
    assert.deepEqual(errors, ['ice-failed']);
  });

  test('sends another track without an offer', async () => {
    const { link, connection, sent, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    const camera = fakeTrack('video');
    link.setTrack('video', camera);
    await settle(time);
    assert.equal(connection.transceivers[1]?.sender.track, camera);
    link.setTrack('video', null);
    await settle(time);
    assert.equal(connection.transceivers[1]?.sender.track, null);
    assert.equal(offers(sent).length, 1);
  });

  test('leaves no timer behind when it is closed', async () => {
    const { link, connection, time } = setUp('b', 'a');
    link.start();
    await settle(time);
    connection.become('disconnected');
    link.close();
    assert.equal(time.waiting, 0);
    assert.equal(connection.closed, true);
    assert.equal(link.state, 'closed');
  });
});
