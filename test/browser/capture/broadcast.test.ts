/** A broadcast without a server: what it asks the user for, what it does when that is refused, and what it frees. */
import { expect } from '@open-wc/testing';
import { Broadcast, type BroadcastSettings, type BroadcastState } from '../../../src/capture/broadcast.ts';
import { PublishKeys } from '../../../src/capture/publish-keys.ts';
import type { GlasscastError } from '../../../src/protocol/errors.ts';

const SETTINGS: BroadcastSettings = {
  capture: { width: 640, height: 480, frameRate: 30, audio: true },
  encoding: { codec: 'auto', bitrate: 500_000, frameRate: 30, keyFrameInterval: 2 },
  // Nobody listens there.
  uplink: { server: 'http://127.0.0.1:9', socketPath: '/socket', token: null, stream: 'alone' },
  tokenProvider: undefined,
  workerUrl: null,
};

type Denied = 'camera' | 'microphone';

describe('a broadcast', () => {
  const { getUserMedia, getDisplayMedia } = navigator.mediaDevices;
  const { query } = navigator.permissions;
  const { AudioContext: RealAudioContext } = globalThis;
  let broadcast: Broadcast;
  let states: BroadcastState[];
  let notices: GlasscastError[];
  let contexts: AudioContext[];
  let granted: MediaStream[];
  /** The picture as it is sent. */
  let shown: MediaStreamTrack | null;

  const live = (): string[] =>
    granted
      .flatMap((stream) => stream.getTracks())
      .filter(({ readyState }) => readyState === 'live')
      .map(({ kind }) => kind)
      .sort();

  /** As Chromium refuses: both at once, even where only one is blocked. */
  const deny = (...denied: Denied[]): void => {
    navigator.mediaDevices.getUserMedia = async (constraints = {}) => {
      const wanted: Denied[] = [];
      if (constraints.video) wanted.push('camera');
      if (constraints.audio) wanted.push('microphone');
      if (wanted.some((device) => denied.includes(device))) throw new DOMException('Permission denied', 'NotAllowedError');
      const stream = await getUserMedia.call(navigator.mediaDevices, constraints);
      granted.push(stream);
      return stream;
    };
    navigator.permissions.query = async ({ name }) =>
      ({ state: denied.includes(name as Denied) ? 'denied' : 'granted' }) as PermissionStatus;
  };

  const outcome = (promise: Promise<void>): Promise<string> =>
    promise.then(
      () => 'done',
      (error: GlasscastError) => error.code,
    );

  let changed = Promise.withResolvers<void>();
  /** How often the page was told of something. */
  let told = 0;
  const tell = (): void => {
    told++;
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const reached = async (state: BroadcastState): Promise<void> => {
    while (!states.includes(state)) await changed.promise;
  };

  beforeEach(() => {
    states = [];
    notices = [];
    contexts = [];
    granted = [];
    shown = null;
    deny();
    globalThis.AudioContext = class extends RealAudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        contexts.push(this);
      }
    };
    broadcast = new Broadcast(
      {
        state: (state) => {
          states.push(state);
          tell();
        },
        stream: (stream) => {
          shown = stream?.getVideoTracks()[0] ?? null;
          tell();
        },
        sound: tell,
        sources: tell,
        devices: tell,
        onAir: () => undefined,
        report: () => undefined,
        notice: (error) => notices.push(error),
        failed: () => undefined,
      },
      new PublishKeys(),
    );
  });

  afterEach(async () => {
    await broadcast.stop();
    navigator.mediaDevices.getUserMedia = getUserMedia;
    navigator.mediaDevices.getDisplayMedia = getDisplayMedia;
    navigator.permissions.query = query;
    globalThis.AudioContext = RealAudioContext;
    expect(live(), 'open tracks').to.deep.equal([]);
    expect(contexts.filter(({ state }) => state !== 'closed').length, 'open audio contexts').to.equal(0);
  });

  it('with a blocked microphone shows its camera and says why it is silent', async () => {
    deny('microphone');
    await broadcast.preview(SETTINGS);
    expect(live()).to.deep.equal(['video']);
    expect(notices.map(({ code }) => code)).to.deep.equal(['permission-denied']);
    expect(notices[0]?.message).to.contain('microphone');
  });

  it('with a blocked microphone goes live only at the second start', async () => {
    deny('microphone');
    expect(await outcome(broadcast.start(SETTINGS))).to.equal('permission-denied');
    expect(broadcast.state).to.equal('preview');
    expect(live()).to.deep.equal(['video']);
    const again = outcome(broadcast.start(SETTINGS));
    await reached('connecting');
    await broadcast.stop();
    expect(await again).to.equal('aborted');
  });

  it('begins anew at once after a stop, whatever the start before is still about', async () => {
    const before = outcome(broadcast.start(SETTINGS));
    await broadcast.stop();
    states.length = 0;
    const again = outcome(broadcast.start(SETTINGS));
    await reached('connecting');
    await broadcast.stop();
    expect([await before, await again]).to.deep.equal(['aborted', 'aborted']);
  });

  it('with a blocked camera does not begin, and opens nothing', async () => {
    deny('camera');
    expect(await outcome(broadcast.start(SETTINGS))).to.equal('permission-denied');
    expect(broadcast.state).to.equal('error');
    expect(live()).to.deep.equal([]);
  });

  it('with a blocked camera sends what else is shown, without the inset, and with its sound', async () => {
    deny('camera');
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
    canvas.getContext('2d');
    await broadcast.setSource({ kind: 'element', element: canvas });
    await broadcast.setInset(true);
    await broadcast.preview(SETTINGS);
    expect(live()).to.deep.equal(['audio']);
    expect(notices.map(({ message }) => message).join()).to.match(/^The camera is blocked/);
  });

  it('opens the microphone once it is allowed after all', async () => {
    deny('microphone');
    await broadcast.preview(SETTINGS);
    deny();
    broadcast.setMicrophoneEnabled(true);
    while (live().length < 2) await new Promise((resolve) => setTimeout(resolve));
    expect(live()).to.deep.equal(['audio', 'video']);
  });

  it('stops a screen that is chosen after it was stopped', async () => {
    const asked = Promise.withResolvers<void>();
    const choice = Promise.withResolvers<MediaStream>();
    navigator.mediaDevices.getDisplayMedia = () => {
      asked.resolve();
      return choice.promise;
    };
    const screen = document.createElement('canvas').captureStream(1);
    granted.push(screen);
    await broadcast.setSource({ kind: 'screen' });
    const starting = outcome(broadcast.start(SETTINGS));
    await asked.promise;
    await broadcast.stop();
    choice.resolve(screen);
    expect(await starting).to.equal('aborted');
    expect(broadcast.state).to.equal('off');
  });

  it('hides faces where that is chosen while a start brings the camera to another size', async () => {
    const overlays = { overlays: [{ name: 'hide-face' }], vision: { model: '/no-model.task', wasm: '/no-wasm' } };
    await broadcast.preview(SETTINGS);
    const isBare = (): boolean => granted.some((stream) => shown !== null && stream.getTracks().includes(shown));
    expect(isBare()).to.equal(true);
    const smaller = { ...SETTINGS, capture: { ...SETTINGS.capture, width: 320, height: 240 } };
    const starting = outcome(broadcast.start(smaller));
    await broadcast.adjust({ ...smaller, overlays });
    await reached('connecting');
    expect(isBare()).to.equal(false);
    expect(shown).not.to.equal(null);
    await broadcast.stop();
    expect(await starting).to.equal('aborted');
  });

  it('leaves nothing open after twenty previews with sources that come and go', async function () {
    this.timeout(60_000);
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
    canvas.getContext('2d');
    for (let round = 0; round < 20; round++) {
      const before = told;
      const previewing = outcome(broadcast.preview(SETTINGS));
      // Stopped at once, or in the midst of what it opens.
      if (round % 4 === 0) while (told - before < round / 4 && broadcast.state !== 'preview') await changed.promise;
      else {
        expect(await previewing).to.equal('done');
        const switching = outcome(broadcast.setSource(round % 2 === 0 ? { kind: 'camera' } : { kind: 'element', element: canvas }));
        broadcast.setGain(1 + (round % 3));
        if (round % 3 === 0) await switching;
      }
      await broadcast.stop();
      await previewing;
    }
    await broadcast.setSource({ kind: 'camera' });
    expect(live()).to.deep.equal([]);
  });
});
