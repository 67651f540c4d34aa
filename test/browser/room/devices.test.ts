/** Local media with the browser's own (fake) devices: two microphones that beep, and one camera. */
import { aTimeout, expect } from '@open-wc/testing';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { LevelMeter } from '../../../src/webrtc/level-meter.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import type { CaptureKind } from '../../../src/webrtc/media-host.ts';
import { firstFrame, LinkedMeshes, linkIs } from '../../support/linked-meshes.ts';

const ends: (() => unknown)[] = [];

function setUp() {
  const constraints: Record<CaptureKind, MediaTrackConstraints> = { audio: { echoCancellation: true }, video: {} };
  const items = new Map<string, string>();
  const errors: GlasscastError[] = [];
  const media = new LocalMedia({
    devices: () => navigator.mediaDevices,
    constraints: () => constraints,
    storage: () => ({ getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) }),
  });
  media.on('error', (error) => errors.push(error));
  ends.push(() => media.close());
  return { constraints, errors, media };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await aTimeout(5);
}

async function opened() {
  const all = setUp();
  await all.media.open(['audio', 'video']);
  await until(() => all.media.devices.live.audioinput !== null);
  return all;
}

/** Another microphone than the live one. */
function otherMicrophone(media: LocalMedia): string {
  const other = media.devices.audioinput.find(({ deviceId }) => deviceId !== media.devices.live.audioinput);
  if (other === undefined) throw new Error('only one microphone');
  return other.deviceId;
}

describe('local media in a browser', () => {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('lists what there is, and what is live', async () => {
    const { media } = await opened();
    const { devices, tracks } = media;
    expect(devices.videoinput.map(({ deviceId }) => deviceId)).to.include(tracks.video?.getSettings().deviceId);
    expect(devices.live.videoinput).to.equal(tracks.video?.getSettings().deviceId);
    expect(devices.audioinput.map(({ deviceId }) => deviceId)).to.include(devices.live.audioinput);
    for (const { label } of devices.audioinput) expect(label).not.to.equal('');
  });

  it('changes the microphone, and shows the one that is really live', async () => {
    const { errors, media } = await opened();
    const before = media.tracks.audio;
    const wanted = otherMicrophone(media);
    await media.switchDevice('audioinput', wanted);
    expect(media.tracks.audio).not.to.equal(before);
    expect(before?.readyState).to.equal('ended');
    expect(media.tracks.audio?.getSettings().deviceId).to.equal(wanted);
    expect(media.devices.live.audioinput).to.equal(wanted);
    expect(errors).to.deep.equal([]);
  });

  it('stays with its camera when another one cannot be had', async () => {
    const { errors, media } = await opened();
    const { tracks, devices } = media;
    await media.switchDevice('videoinput', 'no such camera');
    expect(media.tracks).to.equal(tracks);
    expect(media.devices).to.equal(devices);
    expect(errors.map(({ code }) => code)).to.deep.equal(['device-not-found']);
  });

  it('changes the sound processing of what is live', async () => {
    const { constraints, errors, media } = await opened();
    expect(media.tracks.audio?.getSettings().echoCancellation).to.equal(true);
    constraints.audio = { echoCancellation: false };
    await media.constraintsChanged();
    expect(media.tracks.audio?.readyState).to.equal('live');
    expect(media.tracks.audio?.getSettings().echoCancellation).to.equal(false);
    expect(errors).to.deep.equal([]);
  });

  it('gives back the camera when it is turned off, and opens it again', async () => {
    const { media } = await opened();
    const before = media.tracks.video;
    await media.setCameraEnabled(false);
    expect(before?.readyState).to.equal('ended');
    await until(() => media.devices.live.videoinput === null);
    await media.setCameraEnabled(true);
    const { video } = media.tracks;
    if (video === null) throw new Error('no camera');
    await firstFrame(video);
  });

  it('changes the microphone of a call without another offer', async () => {
    const { media } = await opened();
    const room = new LinkedMeshes();
    ends.push(() => room.close());
    const ada = room.add('a', media.tracks);
    room.add('b');
    room.announce();
    await linkIs(ada, 'b', 'connected');
    const offers = (): string[] => room.said.filter((said) => said.includes('offer'));
    const before = offers().length;
    const changed: string[] = [];
    media.on('change', (slot) => {
      changed.push(slot);
      ada.setTrack(slot, media.tracks[slot]);
    });
    await media.switchDevice('audioinput', otherMicrophone(media));
    const [connection] = room.connections;
    const sends = (track: MediaStreamTrack | null): boolean => connection?.getSenders().some((sender) => sender.track === track) ?? false;
    await until(() => sends(media.tracks.audio));
    expect(changed).to.deep.equal(['audio']);
    expect(offers()).to.have.length(before);
  });

  it('leaves nothing live when it is closed', async () => {
    const { media } = await opened();
    const { audio, video } = media.tracks;
    media.close();
    expect([audio?.readyState, video?.readyState]).to.deep.equal(['ended', 'ended']);
  });

  it('shares a screen with its sound, and ends it', async () => {
    const { errors, media } = setUp();
    await media.startScreenShare();
    const { screen, screenAudio } = media.tracks;
    expect(screen?.contentHint).to.equal('detail');
    expect(screen?.getSettings().displaySurface).to.equal('monitor');
    expect(screenAudio?.getSettings().echoCancellation).to.equal(false);
    if (screen !== null) await firstFrame(screen);
    media.stopScreenShare();
    expect([screen?.readyState, screenAudio?.readyState]).to.deep.equal(['ended', 'ended']);
    expect(media.screenEnabled).to.equal(false);
    expect(errors).to.deep.equal([]);
  });
});

describe('the level of a track', () => {
  it('rises with the sound, and is none while nobody looks', async () => {
    const { media } = await opened();
    const levels: number[] = [];
    const contexts: AudioContext[] = [];
    const meter = new LevelMeter({
      onLevel: (level) => levels.push(level),
      createContext: () => {
        const context = new AudioContext();
        contexts.push(context);
        return context;
      },
    });
    ends.push(() => meter.close());
    meter.track = media.tracks.audio;
    expect(contexts).to.deep.equal([]);
    meter.active = true;
    await until(() => levels.some((level) => level > 0.3));
    meter.active = false;
    expect(levels.at(-1)).to.equal(0);
    await until(() => contexts[0]?.state === 'suspended');
    meter.active = true;
    const { length } = levels;
    await until(() => levels.slice(length).some((level) => level > 0.3));
    meter.close();
    await until(() => contexts[0]?.state === 'closed');
    expect(contexts).to.have.length(1);
  });

  it('goes on with another track in the same context', async () => {
    const { media } = await opened();
    const levels: number[] = [];
    const meter = new LevelMeter({ onLevel: (level) => levels.push(level) });
    ends.push(() => meter.close());
    meter.track = media.tracks.audio;
    meter.active = true;
    await until(() => levels.some((level) => level > 0.3));
    await media.switchDevice('audioinput', otherMicrophone(media));
    meter.track = media.tracks.audio;
    levels.length = 0;
    await until(() => levels.some((level) => level > 0.3));
    meter.track = null;
    expect(levels.at(-1)).to.equal(0);
    expect(meter.running).to.equal(false);
  });
});
