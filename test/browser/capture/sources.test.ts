/** The sources of a broadcast against the browser's own: its fake camera and microphones, its screen, its elements. */
import { expect } from '@open-wc/testing';
import { BroadcastSources, type SourceInput, type SourceWishes } from '../../../src/capture/sources/broadcast-sources.ts';
import { openAudioFeed, openVideoFeed } from '../../../src/capture/track-feeds.ts';
import type { GlasscastError } from '../../../src/protocol/errors.ts';

const CAPTURE = { width: 640, height: 480, frameRate: 30, audio: true };

/** Sources with what they say, and a way to wait for it. */
class Bench {
  readonly wishes: SourceWishes = { choice: { kind: 'camera' }, inset: false, microphone: true, gain: 1 };
  readonly notices: GlasscastError[] = [];
  readonly sent: [SourceInput, MediaStreamTrack | null][] = [];
  readonly sources: BroadcastSources;
  #waiting: (() => void)[] = [];

  constructor(capture = CAPTURE) {
    const wake = (): void => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    this.sources = new BroadcastSources(capture, this.wishes, {
      track: (input, track) => {
        this.sent.push([input, track]);
        wake();
      },
      changed: wake,
      devices: wake,
      notice: (error) => {
        this.notices.push(error);
        wake();
      },
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  track(input: SourceInput): MediaStreamTrack {
    const track = this.sources.tracks[input];
    if (track === null) throw new Error(`no ${input}`);
    return track;
  }
}

function painting(width = 320, height = 240): { canvas: HTMLCanvasElement; stop(): void } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  let hue = 0;
  const timer = setInterval(() => {
    if (context === null) return;
    hue += 10;
    context.fillStyle = `hsl(${hue} 80% 50%)`;
    context.fillRect(0, 0, width, height);
  }, 33);
  return { canvas, stop: () => clearInterval(timer) };
}

/** The first frame of a track, which shows that there is one. */
async function frameOf(track: MediaStreamTrack): Promise<{ width: number; height: number }> {
  const reader = openVideoFeed(track).getReader();
  const { value } = await reader.read();
  const size = { width: value?.displayWidth ?? 0, height: value?.displayHeight ?? 0 };
  value?.close();
  await reader.cancel();
  return size;
}

/** The loudest sample of a track within so many blocks. */
async function peakOf(track: MediaStreamTrack, blocks = 120): Promise<number> {
  const reader = openAudioFeed(track).getReader();
  let peak = 0;
  for (let count = 0; count < blocks; count++) {
    const { value } = await reader.read();
    if (value === undefined) break;
    const samples = new Float32Array(value.numberOfFrames);
    value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    value.close();
  }
  await reader.cancel();
  return peak;
}

/** A second of a tone, with or without a picture, as a file. */
async function recordFile(withPicture: boolean): Promise<File> {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 440 });
  const output = new MediaStreamAudioDestinationNode(context);
  tone.connect(output);
  tone.start();
  const picture = painting();
  const tracks = [...output.stream.getTracks(), ...(withPicture ? picture.canvas.captureStream(30).getTracks() : [])];
  const recorder = new MediaRecorder(new MediaStream(tracks));
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve));
  recorder.stop();
  await stopped;
  for (const track of tracks) track.stop();
  picture.stop();
  await context.close();
  return new File(parts, 'film.webm', { type: recorder.mimeType });
}

describe('the sources of a broadcast', function () {
  // Together less than a file may take: devices that hang are then told test by test.
  this.timeout(8_000);
  let bench: Bench;
  const granted: MediaStream[] = [];
  const { getUserMedia, getDisplayMedia } = navigator.mediaDevices;

  beforeEach(() => {
    bench = new Bench();
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia.call(navigator.mediaDevices, constraints);
      granted.push(stream);
      return stream;
    };
  });

  afterEach(() => {
    bench.sources.close();
    navigator.mediaDevices.getUserMedia = getUserMedia;
    navigator.mediaDevices.getDisplayMedia = getDisplayMedia;
    const open = granted.splice(0).flatMap((stream) => stream.getTracks().filter(({ readyState }) => readyState === 'live'));
    expect(open.length, 'tracks left open').to.equal(0);
  });

  const liveKinds = (): string[] =>
    granted
      .flatMap((stream) => stream.getTracks())
      .filter(({ readyState }) => readyState === 'live')
      .map(({ kind }) => kind);

  it('send the camera, and the microphone as it is', async () => {
    expect(await bench.sources.open()).to.equal(null);
    expect(await frameOf(bench.track('main'))).to.deep.equal({ width: 640, height: 480 });
    expect(bench.track('sound')).to.equal(granted[0]?.getAudioTracks()[0]);
  });

  it('change to a canvas, turn the camera off, and open it again before they change back', async () => {
    await bench.sources.open();
    const { canvas, stop } = painting();
    await bench.sources.setSource({ kind: 'element', element: canvas });
    expect(await frameOf(bench.track('main'))).to.deep.equal({ width: 320, height: 240 });
    expect(liveKinds()).to.deep.equal(['audio']);
    await bench.sources.setSource({ kind: 'camera' });
    expect((await frameOf(bench.track('main'))).width).to.equal(640);
    expect(bench.sent.some(([input, track]) => input === 'main' && track === null)).to.equal(false);
    stop();
  });

  it('show the camera over a canvas, and no longer', async () => {
    await bench.sources.open();
    const { canvas, stop } = painting();
    await bench.sources.setInset(true);
    expect(bench.sources.tracks.inset).to.equal(null);
    await bench.sources.setSource({ kind: 'element', element: canvas });
    expect((await frameOf(bench.track('inset'))).width).to.equal(640);
    await bench.sources.setInset(false);
    expect(bench.sources.tracks.inset).to.equal(null);
    expect(liveKinds()).to.deep.equal(['audio']);
    stop();
  });

  it('mix the sound of a screen in, and go back to the camera when the user ends the share', async () => {
    const { canvas, stop } = painting(1280, 720);
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: 440 });
    const output = new MediaStreamAudioDestinationNode(context);
    tone.connect(output);
    tone.start();
    const screen = new MediaStream([...canvas.captureStream(30).getTracks(), ...output.stream.getTracks()]);
    navigator.mediaDevices.getDisplayMedia = async () => screen;
    await bench.sources.open();
    await bench.sources.setMicrophoneEnabled(false);
    const straight = bench.track('sound');
    await bench.sources.setSource({ kind: 'screen' });
    expect((await frameOf(bench.track('main'))).width).to.equal(1280);
    await bench.until(() => bench.track('sound') !== straight);
    expect(await peakOf(bench.track('sound'))).to.be.above(0.3);
    const shared = screen.getVideoTracks()[0];
    // As the browser's own bar does it.
    shared?.stop();
    shared?.dispatchEvent(new Event('ended'));
    await bench.until(() => bench.wishes.choice.kind === 'camera');
    expect((await frameOf(bench.track('main'))).width).to.equal(640);
    expect(screen.active).to.equal(false);
    await context.close();
    stop();
  });

  it('stay with the camera when the user chooses no screen', async () => {
    await bench.sources.open();
    const camera = bench.track('main');
    navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('Permission denied by user', 'NotAllowedError'));
    await bench.sources.setSource({ kind: 'screen' });
    expect(bench.track('main')).to.equal(camera);
    expect(bench.wishes.choice.kind).to.equal('camera');
    expect(bench.notices).to.deep.equal([]);
  });

  it('amplify the microphone through a mixer, and leave it again once it is unchanged', async () => {
    await bench.sources.open();
    const straight = bench.track('sound');
    bench.sources.setGain(0);
    await bench.until(() => bench.track('sound') !== straight);
    const mixed = bench.track('sound');
    bench.sources.setGain(1);
    await bench.until(() => bench.track('sound') === straight);
    expect(mixed.readyState).to.equal('ended');
  });

  it('mix a second microphone', async () => {
    await bench.sources.open();
    await bench.sources.watchDevices();
    const straight = bench.track('sound');
    const first = straight.getSettings().deviceId;
    const all = await navigator.mediaDevices.enumerateDevices();
    const second = all.find(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== first && deviceId !== 'default');
    await bench.sources.mixMicrophone(second?.deviceId ?? '', true);
    await bench.until(() => bench.track('sound') !== straight);
    expect(bench.sources.moreMicrophones).to.deep.equal([second?.deviceId]);
    // Chromium's fake microphones beep once a second.
    expect(await peakOf(bench.track('sound'), 150)).to.be.above(0.05);
    await bench.sources.mixMicrophone(second?.deviceId ?? '', false);
    await bench.until(() => bench.track('sound') === straight);
    expect(liveKinds()).to.deep.equal(['audio', 'video']);
  });

  it('have a second microphone back that was unplugged and is plugged in again', async () => {
    await bench.sources.open();
    await bench.sources.watchDevices();
    const first = bench.track('sound').getSettings().deviceId;
    const all = await navigator.mediaDevices.enumerateDevices();
    const second = all.find(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== first && deviceId !== 'default')?.deviceId ?? '';
    await bench.sources.mixMicrophone(second, true);
    const [unplugged] = granted.at(-1)?.getTracks() ?? [];
    unplugged?.stop();
    unplugged?.dispatchEvent(new Event('ended'));
    await bench.until(() => bench.sources.moreMicrophones.length === 0);
    expect(bench.notices.map(({ code }) => code)).to.deep.equal(['device-not-found']);
    const { enumerateDevices } = navigator.mediaDevices;
    const listed = async (devices: () => Promise<MediaDeviceInfo[]>): Promise<void> => {
      navigator.mediaDevices.enumerateDevices = devices;
      await bench.sources.watchDevices();
    };
    await listed(async () => all.filter(({ deviceId }) => deviceId !== second));
    await listed(() => enumerateDevices.call(navigator.mediaDevices));
    await bench.until(() => bench.sources.moreMicrophones.includes(second));
    await bench.sources.mixMicrophone(second, false);
  });

  it('send silence where there is no microphone, so that one can come later', async () => {
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      if (constraints?.audio) throw new DOMException('', 'NotFoundError');
      const stream = await getUserMedia.call(navigator.mediaDevices, constraints);
      granted.push(stream);
      return stream;
    };
    const missing = await bench.sources.open();
    expect(missing?.code).to.equal('device-not-found');
    expect((await frameOf(bench.track('main'))).width).to.equal(640);
    await bench.until(() => bench.sources.tracks.sound !== null);
    expect(await peakOf(bench.track('sound'), 5)).to.equal(0);
  });

  it('play a film with its sound, unheard here, then go back to the camera and free it', async () => {
    await bench.sources.open();
    await bench.sources.setMicrophoneEnabled(false);
    const file = await recordFile(true);
    const straight = bench.track('sound');
    await bench.sources.playFile(file);
    expect((await frameOf(bench.track('main'))).width).to.equal(320);
    const { choice } = bench.wishes;
    expect(choice.kind === 'element' && (choice.element as HTMLVideoElement).muted).to.equal(true);
    await bench.until(() => bench.track('sound') !== straight);
    expect(await peakOf(bench.track('sound'), 20)).to.be.above(0.3);
    await bench.until(() => bench.wishes.choice.kind === 'camera');
    expect((await frameOf(bench.track('main'))).width).to.equal(640);
    expect(choice.kind === 'element' && (choice.element as HTMLVideoElement).src).to.equal('');
  });

  it('keep the camera while a song plays', async () => {
    await bench.sources.open();
    const camera = bench.track('main');
    await bench.sources.playFile(await recordFile(false));
    expect(bench.track('main')).to.equal(camera);
    await bench.until(() => bench.wishes.choice.kind === 'camera');
    expect(bench.track('main')).to.equal(camera);
  });

  it('refuse a file that is no film, and stay as they are', async () => {
    await bench.sources.open();
    const camera = bench.track('main');
    const error = await bench.sources.playFile(new File(['no film'], 'notes.txt')).catch((cause: GlasscastError) => cause);
    expect(error).to.have.property('code', 'media');
    expect(bench.track('main')).to.equal(camera);
  });

  it('find another camera for one that is unplugged', async () => {
    await bench.sources.open();
    const camera = bench.track('main');
    camera.stop();
    camera.dispatchEvent(new Event('ended'));
    await bench.until(() => bench.sources.tracks.main !== null && bench.sources.tracks.main !== camera);
    expect((await frameOf(bench.track('main'))).width).to.equal(640);
  });

  it('begin with a screen without opening the camera', async () => {
    const { canvas, stop } = painting(1280, 720);
    navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(30);
    bench.wishes.choice = { kind: 'screen' };
    await bench.sources.open();
    expect((await frameOf(bench.track('main'))).width).to.equal(1280);
    expect(liveKinds()).to.deep.equal(['audio']);
    stop();
  });

  it('do not begin where the user chooses no screen', async () => {
    navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('Permission denied by user', 'NotAllowedError'));
    bench.wishes.choice = { kind: 'screen' };
    const error = await bench.sources.open().catch((cause: GlasscastError) => cause);
    expect(error).to.have.property('code', 'permission-dismissed');
  });

  it('tell of a camera that the system mutes, send a card meanwhile, and it again afterwards', async () => {
    await bench.sources.open();
    const camera = bench.track('main');
    let muted = true;
    Object.defineProperty(camera, 'muted', { get: () => muted });
    camera.dispatchEvent(new Event('mute'));
    expect(bench.sources.tracks.main).to.equal(null);
    expect(bench.notices.map(({ message }) => message).join()).to.match(/camera/i);
    muted = false;
    camera.dispatchEvent(new Event('unmute'));
    expect(bench.track('main')).to.equal(camera);
    expect((await frameOf(camera)).width).to.equal(640);
  });

  it('change to the other camera and microphone that are chosen, and remember them', async () => {
    await bench.sources.open();
    await bench.sources.watchDevices();
    const all = await navigator.mediaDevices.enumerateDevices();
    for (const [kind, input] of [
      ['audioinput', 'sound'],
      ['videoinput', 'main'],
    ] as const) {
      const before = bench.track(input);
      const { deviceId } = before.getSettings();
      const other = all.find((one) => one.kind === kind && ![deviceId, 'default', 'communications'].includes(one.deviceId));
      // Chromium has one fake camera unless it is told otherwise.
      if (other === undefined) continue;
      await bench.sources.switchDevice(kind, other.deviceId);
      expect(bench.track(input).getSettings().deviceId).to.equal(other.deviceId);
      expect(before.readyState).to.equal('ended');
      expect(localStorage.getItem(`glasscast.device.${kind}`)).to.equal(other.deviceId);
      localStorage.removeItem(`glasscast.device.${kind}`);
    }
  });

  it('silence the microphone with a gain of 0', async () => {
    await bench.sources.open();
    const straight = bench.track('sound');
    bench.sources.setGain(0);
    await bench.until(() => bench.track('sound') !== straight);
    // What was under way while the gain sank.
    await peakOf(bench.track('sound'), 30);
    expect(await peakOf(bench.track('sound'), 150)).to.be.below(0.001);
    expect(await peakOf(straight, 150)).to.be.above(0.05);
  });

  it('feed a track again that was replaced before', async () => {
    await bench.sources.open();
    const camera = bench.track('main');
    await frameOf(camera);
    expect((await frameOf(camera)).width).to.equal(640);
  });
});
