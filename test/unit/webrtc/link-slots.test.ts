import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeSlot } from '../../../src/webrtc/encode-slot.ts';
import type { LinkMessage } from '../../../src/webrtc/link-interface.ts';
import { PeerLink } from '../../../src/webrtc/peer-link.ts';
import { NO_TRACKS, type Slot, type SlotTracks } from '../../../src/webrtc/slots.ts';
import {
  type FakePeerConnection,
  FakePeerConnections,
  type FakeTransceiver,
  fakeTrack,
  sdpOf,
} from '../../support/fake-peer-connection.ts';
import { FakeTime } from '../../support/fake-time.ts';

assert.ok(encodeSlot, 'loaded, so that a link has it at once');

interface Side {
  readonly link: PeerLink;
  readonly connection: FakePeerConnection;
  readonly slots: Slot[];
  readonly errors: string[];
}

/** Two links that hear each other; what is said is kept. */
class Pair {
  readonly time = new FakeTime(0);
  readonly said: string[] = [];
  readonly a: Side;
  readonly b: Side;
  /** Messages wait here while this is set. */
  held: (() => void)[] | null = null;

  constructor(tracks: { a?: Partial<SlotTracks>; b?: Partial<SlotTracks> } = {}) {
    this.a = this.#side('a', 'b', tracks.a);
    this.b = this.#side('b', 'a', tracks.b);
  }

  async link(): Promise<void> {
    this.a.link.start();
    this.b.link.start();
    await this.settle();
    for (const { connection } of [this.a, this.b]) connection.become('connected');
  }

  async settle(): Promise<void> {
    await this.time.advance(0);
    await this.time.advance(0);
  }

  async release(): Promise<void> {
    const held = this.held ?? [];
    this.held = null;
    for (const deliver of held) deliver();
    await this.settle();
  }

  /** What was offered and answered since it was last asked. */
  exchanges(): string[] {
    return this.said.splice(0).filter((said) => !said.includes('ice'));
  }

  #side(localId: string, remoteId: string, tracks: Partial<SlotTracks> | undefined): Side {
    const connections = new FakePeerConnections();
    const link = new PeerLink({
      localId,
      remoteId,
      configuration: {},
      createPeerConnection: connections.create,
      tracks: { ...NO_TRACKS, ...tracks },
      timers: this.time,
      send: (message) => {
        this.said.push(`${localId} ${message.event} ${message.n}`);
        const deliver = (): void => handle(localId === 'a' ? this.b.link : this.a.link, message);
        if (this.held === null) queueMicrotask(deliver);
        else this.held.push(deliver);
        return true;
      },
    });
    const side: Side = { link, connection: connections.newest, slots: [], errors: [] };
    link.on('track', ({ slot }) => side.slots.push(slot));
    link.on('error', ({ code }) => side.errors.push(code));
    return side;
  }
}

function handle(link: PeerLink, message: LinkMessage): void {
  if (message.event === 'offer') link.handleOffer(message.n, message.sdp.sdp);
  else if (message.event === 'answer') link.handleAnswer(message.n, message.sdp.sdp);
  else link.handleCandidate(message.n, message.candidate);
}

/** Kind, direction and whether something is sent, of every section in use. */
const sections = (connection: FakePeerConnection): string[] =>
  connection.transceivers
    .filter(({ direction }) => direction !== 'stopped')
    .sort((one, other) => Number(one.mid) - Number(other.mid))
    .map((one) => `${one.kind} ${one.direction}${one.sender.track === null ? '' : ' sends'}`);

const nth = (connection: FakePeerConnection, kind: string, index: number): FakeTransceiver => {
  const found = connection.transceivers.filter((one) => one.kind === kind && one.direction !== 'stopped')[index];
  if (found === undefined) throw new Error(`no ${kind} ${index}`);
  return found;
};

describe('a link and its slots', () => {
  test('opens a section for a screen with the first share, by either side, both ways', async () => {
    for (const side of ['a', 'b'] as const) {
      const pair = new Pair();
      await pair.link();
      pair.exchanges();
      pair[side].link.setTrack('screen', fakeTrack('video'));
      pair[side].link.setTrack('screenAudio', fakeTrack('audio'));
      await pair.settle();
      const other = side === 'a' ? 'b' : 'a';
      assert.deepEqual(pair.exchanges(), [`${side} offer 2`, `${other} answer 2`, `${side} offer 3`, `${other} answer 3`]);
      assert.deepEqual(sections(pair[side].connection), [
        'audio sendrecv',
        'video sendrecv',
        'video sendrecv sends',
        'audio sendrecv sends',
      ]);
      assert.deepEqual(sections(pair[other].connection), ['audio sendrecv', 'video sendrecv', 'video sendrecv', 'audio sendrecv']);
      assert.deepEqual(pair[other].slots, ['audio', 'video', 'screen', 'screenAudio']);
    }
  });

  test('shares into the section that is there from then on, whoever shares, without an offer', async () => {
    const pair = new Pair({ a: { screen: fakeTrack('video') } });
    await pair.link();
    pair.exchanges();
    pair.a.link.setTrack('screen', null);
    const screen = fakeTrack('video');
    pair.b.link.setTrack('screen', screen);
    await pair.settle();
    assert.deepEqual(pair.exchanges(), []);
    assert.equal(nth(pair.b.connection, 'video', 1).sender.track, screen);
    assert.equal(nth(pair.a.connection, 'video', 1).sender.track, null);
  });

  test('of an answerer that shares already gets its section right after the answer: a late joiner sees the screen', async () => {
    const pair = new Pair({ a: { screen: fakeTrack('video') } });
    await pair.link();
    assert.deepEqual(pair.exchanges(), ['b offer 1', 'a answer 1', 'a offer 2', 'b answer 2']);
    assert.deepEqual(pair.b.slots, ['audio', 'video', 'screen']);
  });

  test('of an offerer that shares already has it in the first offer', async () => {
    const pair = new Pair({ b: { screen: fakeTrack('video') } });
    await pair.link();
    assert.deepEqual(pair.exchanges(), ['b offer 1', 'a answer 1']);
    assert.deepEqual(pair.a.slots, ['audio', 'video', 'screen']);
  });

  test('settles a glare of two screens, and each sees the other', async () => {
    const pair = new Pair();
    await pair.link();
    const screens = { a: fakeTrack('video'), b: fakeTrack('video') };
    pair.held = [];
    pair.a.link.setTrack('screen', screens.a);
    pair.b.link.setTrack('screen', screens.b);
    await pair.settle();
    await pair.release();
    for (const side of ['a', 'b'] as const) {
      assert.deepEqual(sections(pair[side].connection), ['audio sendrecv', 'video sendrecv', 'video sendrecv sends']);
      assert.equal(nth(pair[side].connection, 'video', 1).sender.track, screens[side]);
      assert.equal(pair[side].connection.signalingState, 'stable');
    }
  });

  test('settles a glare of a screen and a screen with sound', async () => {
    const pair = new Pair();
    await pair.link();
    const sound = fakeTrack('audio');
    pair.held = [];
    pair.a.link.setTrack('screen', fakeTrack('video'));
    pair.a.link.setTrack('screenAudio', sound);
    pair.b.link.setTrack('screen', fakeTrack('video'));
    await pair.settle();
    await pair.release();
    assert.equal(nth(pair.a.connection, 'audio', 1).sender.track, sound);
    assert.deepEqual(sections(pair.b.connection), ['audio sendrecv', 'video sendrecv', 'video sendrecv sends', 'audio sendrecv']);
    assert.deepEqual(pair.b.slots, ['audio', 'video', 'screen', 'screenAudio']);
  });

  test('leaves sections beyond its slots alone', async () => {
    const { a, time } = new Pair();
    a.link.handleOffer(1, sdpOf('theirs', 'u1', ['audio', 'video', 'video', 'video', 'audio', 'audio', 'video']));
    await time.advance(0);
    assert.deepEqual(a.slots, ['audio', 'video', 'screen', 'screenAudio']);
    assert.deepEqual(sections(a.connection), [
      'audio sendrecv',
      'video sendrecv',
      'video sendrecv',
      'video inactive',
      'audio sendrecv',
      'audio inactive',
      'video inactive',
    ]);
  });

  test('does not offer a section again and again that the other side refuses', async () => {
    const pair = new Pair();
    await pair.link();
    pair.exchanges();
    pair.held = [];
    pair.b.link.setTrack('screen', fakeTrack('video'));
    await pair.settle();
    // A section that is refused stops its transceiver (RFC 8829 §5.11).
    nth(pair.b.connection, 'video', 1).stop();
    pair.b.link.handleAnswer(2, sdpOf(pair.a.connection.fingerprint, 'u2'));
    await pair.settle();
    assert.deepEqual(pair.exchanges(), ['b offer 2']);
  });
});

describe('the encodings of a link', () => {
  test('are what was wished, one wish added to the other', async () => {
    const pair = new Pair();
    await pair.link();
    pair.b.link.setEncoding('video', { maxBitrate: 500_000, scaleResolutionDownBy: 2 });
    pair.b.link.setEncoding('video', { maxBitrate: undefined, maxFramerate: 15 });
    await pair.settle();
    assert.deepEqual(nth(pair.b.connection, 'video', 0).sender.encoding, {
      active: true,
      maxBitrate: undefined,
      scaleResolutionDownBy: 2,
      maxFramerate: 15,
    });
    assert.deepEqual(pair.b.link.encodings, { video: { maxBitrate: undefined, scaleResolutionDownBy: 2, maxFramerate: 15 } });
  });

  test('that were wished before there was a section are set with it', async () => {
    const pair = new Pair();
    pair.a.link.setEncoding('video', { maxBitrate: 300_000 });
    await pair.link();
    await pair.settle();
    assert.equal(nth(pair.a.connection, 'video', 0).sender.encoding.maxBitrate, 300_000);
  });

  test('of what the other side does not show pause, whatever was wished, until it shows it again', async () => {
    const pair = new Pair();
    await pair.link();
    const { sender } = nth(pair.b.connection, 'video', 0);
    const active = async (): Promise<boolean | undefined> => {
      await pair.settle();
      return sender.encoding.active;
    };
    pair.b.link.setShown('video', false);
    assert.equal(await active(), false);
    pair.b.link.setEncoding('video', { active: true });
    assert.equal(await active(), false);
    pair.b.link.setShown('video', true);
    assert.equal(await active(), true);
    pair.b.link.setEncoding('video', { active: false });
    pair.b.link.setShown('video', true);
    assert.equal(await active(), false);
  });

  test('give a shared screen a rate of its own', async () => {
    const pair = new Pair({ a: { screen: fakeTrack('video') } });
    await pair.link();
    await pair.settle();
    assert.equal(nth(pair.a.connection, 'video', 1).sender.encoding.maxBitrate, 2_500_000);
    pair.a.link.setEncoding('screen', { maxBitrate: 4_000_000 });
    await pair.settle();
    assert.equal(nth(pair.a.connection, 'video', 1).sender.encoding.maxBitrate, 4_000_000);
  });

  test('that the browser refuses are told, and the link goes on', async () => {
    const pair = new Pair();
    await pair.link();
    nth(pair.b.connection, 'video', 0).sender.failNext = new TypeError('not so');
    pair.b.link.setEncoding('video', { scaleResolutionDownBy: 0 });
    await pair.settle();
    assert.deepEqual(pair.b.errors, ['media']);
    assert.equal(pair.b.link.state, 'connected');
  });
});
