/** Which track is sent as the sound. The browser's audio context is the only part that is not real. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { SoundDesk } from '../../../src/capture/sources/sound-desk.ts';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { FakeTrack } from '../../support/fake-devices.ts';
import { FakeTime } from '../../support/fake-time.ts';

const track = (id: string): MediaStreamTrack => new FakeTrack('audio', id) as unknown as MediaStreamTrack;
const microphone = (of: MediaStreamTrack) => ({ track: of, isMicrophone: true });
const told = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const programme = (of: MediaStreamTrack) => ({ track: of, isMicrophone: false });

class FakeNode {
  readonly gain = { value: 1, setTargetAtTime: (): void => undefined };
  readonly stream: { getAudioTracks(): MediaStreamTrack[] };
  readonly to = new Set<FakeNode>();

  constructor(output?: MediaStreamTrack) {
    this.stream = { getAudioTracks: () => (output === undefined ? [] : [output]) };
  }

  connect(node: FakeNode): void {
    this.to.add(node);
  }

  disconnect(): void {
    this.to.clear();
  }
}

/** A context that runs at once, or not before the user has touched the page. */
class FakeContext extends EventTarget {
  state: AudioContextState = 'suspended';
  held: boolean;
  readonly currentTime = 0;
  readonly mix = track('mix');
  readonly sources = new Map<unknown, FakeNode>();

  constructor(held: boolean) {
    super();
    this.held = held;
  }

  createGain = (): FakeNode => new FakeNode();
  createMediaStreamDestination = (): FakeNode => new FakeNode(this.mix);

  createMediaStreamSource(stream: { readonly tracks: unknown[] }): FakeNode {
    const node = new FakeNode();
    this.sources.set(stream.tracks[0], node);
    return node;
  }

  get heard(): unknown[] {
    return [...this.sources].filter(([, node]) => node.to.size > 0).map(([source]) => source);
  }

  async resume(): Promise<void> {
    if (!this.held) this.become('running');
  }

  async close(): Promise<void> {
    this.become('closed');
  }

  /** Told in a task of its own, as browsers do. */
  become(state: AudioContextState): void {
    if (this.state === state) return;
    this.state = state;
    setImmediate(() => this.dispatchEvent(new Event('statechange')));
  }
}

describe('the sound of a broadcast', () => {
  const time = new FakeTime(0);
  let held = false;
  let contexts: FakeContext[];
  let sent: (MediaStreamTrack | null)[];
  let notices: GlasscastError[];
  let page: EventTarget;
  let desk: SoundDesk;

  beforeEach(() => {
    held = false;
    contexts = [];
    sent = [];
    notices = [];
    page = new EventTarget();
    globalThis.MediaStream = class {
      readonly tracks: unknown[];
      constructor(tracks: unknown[]) {
        this.tracks = tracks;
      }
    } as unknown as typeof MediaStream;
    desk = new SoundDesk(
      { track: (next) => sent.push(next), notice: (error) => notices.push(error) },
      {
        createContext: () => {
          const context = new FakeContext(held);
          contexts.push(context);
          return context as unknown as AudioContext;
        },
        page,
        timers: time,
      },
    );
  });

  afterEach(() => {
    desk.close();
    Reflect.deleteProperty(globalThis, 'MediaStream');
    assert.deepEqual(
      contexts.filter(({ state }) => state !== 'closed'),
      [],
    );
  });

  test('one microphone goes straight, without a context', () => {
    const one = track('one');
    desk.inputs = [microphone(one)];
    assert.deepEqual(sent, [one]);
    assert.equal(contexts.length, 0);
  });

  test('two are mixed, and what goes is no longer heard', async () => {
    const [one, two] = [track('one'), track('two')];
    desk.inputs = [microphone(one)];
    desk.inputs = [microphone(one), programme(two)];
    await told();
    assert.equal(desk.track, contexts[0]?.mix);
    assert.deepEqual(contexts[0]?.heard, [one, two]);
    desk.inputs = [microphone(two), microphone(track('three'))];
    assert.deepEqual(contexts[0]?.heard.includes(one), false);
    assert.equal(sent.length, 2);
  });

  test('the sound of a screen alone goes straight, whatever the gain of the microphones', () => {
    const screen = track('screen');
    desk.gain = 2;
    desk.inputs = [programme(screen)];
    assert.deepEqual(sent, [screen]);
  });

  test('another gain is mixed; unchanged again, the microphone goes straight after two seconds', async () => {
    const one = track('one');
    desk.inputs = [microphone(one)];
    desk.gain = 2;
    await told();
    assert.equal(desk.track, contexts[0]?.mix);
    desk.gain = 1;
    desk.gain = 1.2;
    await time.advance(5_000);
    assert.equal(desk.track, contexts[0]?.mix);
    desk.gain = 1;
    await time.advance(1_900);
    assert.equal(desk.track, contexts[0]?.mix);
    await time.advance(200);
    assert.equal(desk.track, one);
    assert.equal(contexts[0]?.state, 'closed');
    assert.equal(contexts.length, 1);
  });

  test('while the browser holds the mixer the microphone goes straight, which is told once, and a gesture lets the mix through', async () => {
    held = true;
    const [screen, one] = [track('screen'), track('one')];
    desk.inputs = [programme(screen), microphone(one)];
    assert.deepEqual(sent, [one]);
    await time.advance(600);
    assert.deepEqual(notices, []);
    await time.advance(200);
    await time.advance(5_000);
    assert.deepEqual(
      notices.map(({ code }) => code),
      ['media'],
    );
    assert.match(notices.map(({ message }) => message).join(), /click/i);
    const [context] = contexts;
    if (context) context.held = false;
    page.dispatchEvent(new Event('pointerup'));
    await told();
    assert.equal(desk.track, context?.mix);
  });

  test('a mixer that is interrupted, as by a telephone call, lets the microphone go straight, and comes back by itself', async () => {
    const [one, two] = [track('one'), track('two')];
    desk.inputs = [microphone(one), microphone(two)];
    await told();
    const [context] = contexts;
    if (context) context.held = true;
    context?.become('suspended');
    await told();
    assert.equal(desk.track, one);
    context?.become('running');
    await told();
    assert.equal(desk.track, context?.mix);
  });

  test('without any sound there is silence, which a microphone later takes the place of', async () => {
    desk.inputs = [];
    await told();
    assert.equal(desk.track, contexts[0]?.mix);
    const one = track('one');
    desk.inputs = [microphone(one)];
    await time.advance(2_500);
    assert.equal(desk.track, one);
  });
});
