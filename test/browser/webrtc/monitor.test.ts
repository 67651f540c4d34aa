/** A monitor of real links: what it hears and reads, and what its economy does to what is sent. */
import { expect } from '@open-wc/testing';
import { CallMonitor, type CallMonitorEvents } from '../../../src/webrtc/call-monitor.ts';
import type { LinkFigures } from '../../../src/webrtc/link-quality.ts';
import type { Mesh } from '../../../src/webrtc/mesh.ts';
import { NO_TRACKS, type SlotTracks } from '../../../src/webrtc/slots.ts';
import { realmTimers } from '../../../src/workers/worker-timers.ts';
import { LinkedMeshes, linkIs } from '../../support/linked-meshes.ts';

/** A picture that cannot be compressed to nothing: noise, anew in every frame. */
function noisyPicture(width: number, height: number): { track: MediaStreamTrack; stop(): void } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context?.createImageData(width, height);
  const timer = setInterval(() => {
    if (context == null || image === undefined) return;
    const pixels = new Uint32Array(image.data.buffer);
    let seed = performance.now() * 1000;
    for (let i = 0; i < pixels.length; i++) {
      seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
      pixels[i] = seed | 0xff000000;
    }
    context.putImageData(image, 0, 0);
  }, 50);
  const [track] = canvas.captureStream(20).getVideoTracks();
  if (track === undefined) throw new Error('a canvas that captures nothing');
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

/** A tone of that loudness. */
function tone(context: AudioContext, loudness: number): { track: MediaStreamTrack; gain: GainNode } {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  gain.gain.value = loudness;
  const destination = context.createMediaStreamDestination();
  oscillator.connect(gain).connect(destination);
  oscillator.start();
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new Error('a tone without a track');
  return { track, gain };
}

function once<K extends keyof CallMonitorEvents>(
  monitor: CallMonitor,
  type: K,
  matches: (detail: CallMonitorEvents[K]) => boolean,
): Promise<CallMonitorEvents[K]> {
  return new Promise((resolve) => {
    const unlisten = monitor.on(type, (detail) => {
      if (!matches(detail)) return;
      unlisten();
      resolve(detail);
    });
  });
}

describe('a monitor of a real call', () => {
  let room: LinkedMeshes;
  let sound: AudioContext;
  const monitors: CallMonitor[] = [];

  const monitorOf = (mesh: Mesh, tracks: SlotTracks, uploadBudget = 1_500_000): CallMonitor => {
    const monitor = new CallMonitor({
      links: () => mesh.links,
      local: () => tracks,
      timers: realmTimers,
      now: () => performance.now(),
      uploadBudget,
      visible: () => true,
    });
    monitors.push(monitor);
    return monitor;
  };

  beforeEach(() => {
    room = new LinkedMeshes();
    sound = new AudioContext();
  });

  afterEach(async () => {
    for (const monitor of monitors.splice(0)) monitor.close();
    room.close();
    await sound.close();
  });

  it('hears who speaks on both sides, and when they stop', async () => {
    const { track, gain } = tone(sound, 0.3);
    const tracks = { ...NO_TRACKS, audio: track };
    const a = room.add('a', tracks);
    const b = room.add('b');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    const [own, other] = [monitorOf(a, tracks), monitorOf(b, NO_TRACKS)];
    // Nothing measures sound that nobody plays.
    const receiver = b.links.get('a')?.receiver('audio');
    const audio = new Audio();
    audio.srcObject = new MediaStream(receiver === undefined ? [] : [receiver.track]);
    void audio.play();
    const [mine, theirs] = await Promise.all([
      once(own, 'speaking', ({ speaking }) => speaking.has('self')),
      once(other, 'speaking', ({ speaking }) => speaking.has('a')),
    ]);
    expect(mine.active).to.equal(null);
    expect(theirs.active).to.equal('a');
    const silent = Promise.all([own, other].map((monitor) => once(monitor, 'speaking', ({ speaking }) => speaking.size === 0)));
    gain.gain.value = 0;
    expect((await silent)[1]?.active).to.equal('a');
    audio.srcObject = null;
  });

  it('reads figures of both directions, and finds a clean link good', async () => {
    const picture = noisyPicture(320, 180);
    const tracks = { ...NO_TRACKS, video: picture.track };
    const a = room.add('a', tracks);
    const b = room.add('b');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    const [sender, receiver] = [monitorOf(a, tracks), monitorOf(b, NO_TRACKS)];
    const moves = (figures: readonly LinkFigures[]) => (figures[0]?.sent.video ?? figures[0]?.received.video ?? null) !== null;
    const [[sent], [received]] = await Promise.all([once(sender, 'figures', moves), once(receiver, 'figures', moves)]);
    expect(sent?.peer).to.equal('b');
    expect(sent?.sent.video?.width).to.equal(320);
    expect(sent?.sent.video?.codec).to.match(/^(VP8|VP9|AV1|H264)$/);
    expect(sent?.sent.bitrate).to.be.greaterThan(50_000);
    expect(sent?.path).to.equal('host udp');
    expect(received?.received.video?.height).to.equal(180);
    expect(received?.received.bitrate).to.be.greaterThan(50_000);
    expect(sent?.quality.level).to.equal('good');
    picture.stop();
  });

  it('gives a clean link the whole of its share, and a small share a small picture', async () => {
    const picture = noisyPicture(640, 360);
    const tracks = { ...NO_TRACKS, video: picture.track };
    const a = room.add('a', tracks);
    const b = room.add('b');
    room.announce();
    await Promise.all([linkIs(a, 'b', 'connected'), linkIs(b, 'a', 'connected')]);
    const encoding = () => a.links.get('b')?.sender('video')?.getParameters().encodings[0];
    const rich = monitorOf(a, tracks, 1_200_000);
    const much = await once(rich, 'figures', ([link]) => (link?.sent.bitrate ?? 0) > 500_000);
    expect(encoding()?.maxBitrate).to.equal(1_200_000);
    expect(encoding()?.scaleResolutionDownBy).to.equal(1);
    expect(much[0]?.sent.video?.height).to.be.at.most(360);
    rich.close();

    const poor = monitorOf(a, tracks, 140_000);
    await once(poor, 'figures', ([link]) => link !== undefined && (link.sent.bitrate ?? Infinity) < 220_000 && link.sent.video !== null);
    expect(encoding()?.maxBitrate).to.equal(140_000);
    expect(encoding()?.scaleResolutionDownBy).to.equal(2);
    picture.stop();
  }).timeout(40_000);
});
