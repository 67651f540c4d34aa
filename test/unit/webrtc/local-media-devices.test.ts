import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import type { CaptureKind } from '../../../src/webrtc/media-host.ts';
import { FakeDevices, type FakeTrack, settle, until } from '../../support/fake-devices.ts';
import { FakeTime } from '../../support/fake-time.ts';

class FakePage extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';

  turn(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

class FakeStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
}

const TWO_OF_EACH = ['audioinput:built-in', 'audioinput:headset', 'videoinput:front', 'videoinput:back', 'audiooutput:speakers'];

function setUp(options: { devices?: FakeDevices; storage?: FakeStorage; hasOutputs?: boolean } = {}) {
  const { devices = new FakeDevices(...TWO_OF_EACH), storage = new FakeStorage(), hasOutputs = true } = options;
  const constraints: Record<CaptureKind, MediaTrackConstraints> = { audio: { echoCancellation: true }, video: {} };
  const errors: GlasscastError[] = [];
  const changes: string[] = [];
  const page = new FakePage();
  const timers = new FakeTime(0);
  const media = new LocalMedia({
    devices: () => devices.asDevices,
    constraints: () => constraints,
    storage: () => storage,
    page,
    timers,
    hasOutputs,
  });
  media.on('error', (error) => errors.push(error));
  media.on('change', (slot) => changes.push(slot));
  return { changes, constraints, devices, errors, media, page, storage, timers };
}

/** Opens, and waits until what is live is known. */
async function opened(kinds: readonly CaptureKind[], options: Parameters<typeof setUp>[0] = {}) {
  const all = setUp(options);
  await all.media.open(kinds);
  await all.media.watchDevices();
  return all;
}

const trackOf = (media: LocalMedia, kind: CaptureKind): FakeTrack => media.tracks[kind] as unknown as FakeTrack;

describe('the list of devices', () => {
  test('is empty until one is live', async () => {
    const { devices, media } = setUp();
    assert.deepEqual(media.devices.videoinput, []);
    assert.equal(devices.lists, 0);
  });

  test('names what is live, and not what was asked for', async () => {
    const storage = new FakeStorage();
    storage.setItem('glasscast.device.videoinput', 'one that is gone');
    const { media } = await opened(['audio', 'video'], { storage });
    assert.deepEqual(media.devices.live, { audioinput: 'built-in', videoinput: 'front', audiooutput: null });
    assert.deepEqual(media.devices.videoinput, [
      { deviceId: 'front', label: 'The front' },
      { deviceId: 'back', label: 'The back' },
    ]);
  });

  test('names the device that the system’s own choice stands for', async () => {
    const devices = new FakeDevices('audioinput:default:g2', 'audioinput:built-in:g1', 'audioinput:headset:g2');
    const { media } = await opened(['audio'], { devices });
    assert.equal(trackOf(media, 'audio').deviceId, 'default');
    assert.equal(media.devices.live.audioinput, 'headset');
    assert.deepEqual(
      media.devices.audioinput.map(({ deviceId }) => deviceId),
      ['built-in', 'headset'],
    );
  });

  test('leaves out devices that cannot be told apart yet', async () => {
    const { media } = setUp({ devices: new FakeDevices('audioinput:', 'videoinput:') });
    await media.watchDevices();
    assert.deepEqual([media.devices.audioinput, media.devices.videoinput], [[], []]);
  });

  test('has nothing live once the camera is off', async () => {
    const { media } = await opened(['video']);
    await media.setCameraEnabled(false);
    await media.watchDevices();
    assert.equal(media.devices.live.videoinput, null);
  });

  test('keeps names that the browser hides again', async () => {
    const devices = new FakeDevices('videoinput:front');
    const { media } = await opened(['video'], { devices });
    const list = await devices.enumerateDevices();
    devices.enumerateDevices = async () => list.map((one) => ({ ...one, label: '' }));
    await media.setCameraEnabled(false);
    await media.watchDevices();
    assert.deepEqual(media.devices.videoinput, [{ deviceId: 'front', label: 'The front' }]);
  });

  test('grows when a device is plugged in', async () => {
    const { devices, media } = await opened(['audio']);
    devices.plug('audioinput:usb');
    await until(() => media.devices.audioinput.some(({ deviceId }) => deviceId === 'usb'));
    assert.equal(media.devices.live.audioinput, 'built-in');
  });

  test('is told only when something in it is different', async () => {
    const { media } = await opened(['audio']);
    let told = 0;
    media.on('devices', () => told++);
    await media.watchDevices();
    assert.equal(told, 0);
  });

  test('is read no more once the media is closed', async () => {
    const { devices, media } = await opened(['audio']);
    const { lists } = devices;
    media.close();
    devices.plug('audioinput:usb');
    await settle();
    assert.equal(devices.lists, lists);
  });
});

describe('changing to another device', () => {
  test('puts the new track into the slot and stops the one before', async () => {
    const { changes, devices, media } = await opened(['audio', 'video']);
    changes.length = 0;
    await media.switchDevice('videoinput', 'back');
    assert.deepEqual(changes, ['video']);
    assert.deepEqual(devices.live, ['built-in', 'back']);
    assert.equal(media.devices.live.videoinput, 'back');
    assert.deepEqual(devices.asked.at(-1), 'video=back');
  });

  test('opens the new camera while the one before is live', async () => {
    const { devices, media } = await opened(['video']);
    devices.prompts = true;
    const switching = media.switchDevice('videoinput', 'back');
    await until(() => devices.asked.length === 2);
    assert.deepEqual(devices.live, ['front']);
    await devices.grant();
    await switching;
    assert.deepEqual(devices.live, ['back']);
  });

  test('keeps the microphone muted', async () => {
    const { media } = await opened(['audio']);
    await media.setMicrophoneEnabled(false);
    await media.switchDevice('audioinput', 'headset');
    assert.equal(trackOf(media, 'audio').deviceId, 'headset');
    assert.equal(media.microphoneEnabled, false);
  });

  test('stops the camera before, where only one opens at a time', async () => {
    const devices = new FakeDevices(...TWO_OF_EACH);
    devices.oneCamera = true;
    const { errors, media } = await opened(['video'], { devices });
    await media.switchDevice('videoinput', 'back');
    assert.deepEqual(devices.live, ['back']);
    assert.deepEqual(errors, []);
  });

  test('to one that another program holds goes back to the one before, and says so', async () => {
    const { devices, errors, media, storage } = await opened(['video']);
    devices.busy.add('back');
    await media.switchDevice('videoinput', 'back');
    assert.deepEqual(devices.live, ['front']);
    assert.equal(media.devices.live.videoinput, 'front');
    assert.equal(errors[0]?.code, 'device-in-use');
    assert.match(errors[0]?.message ?? '', /Another program is using that camera/);
    assert.equal(storage.items.size, 0);
  });

  test('to one that is no longer there leaves the one before untouched, and says so', async () => {
    const { changes, errors, media } = await opened(['video']);
    const { tracks } = media;
    changes.length = 0;
    await media.switchDevice('videoinput', 'gone');
    assert.equal(media.tracks, tracks);
    assert.deepEqual(changes, []);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['device-not-found'],
    );
  });

  test('to the live one does nothing', async () => {
    const { devices, media } = await opened(['video']);
    await media.switchDevice('videoinput', 'front');
    assert.equal(devices.asked.length, 1);
  });

  test('while the camera is off holds for the next time', async () => {
    const { devices, media } = await opened(['video']);
    await media.setCameraEnabled(false);
    await media.switchDevice('videoinput', 'back');
    assert.deepEqual(devices.live, []);
    await media.setCameraEnabled(true);
    assert.deepEqual(devices.live, ['back']);
  });

  test('is remembered for the next visit', async () => {
    const { media, storage } = await opened(['audio', 'video']);
    await media.switchDevice('videoinput', 'back');
    await media.switchDevice('audioinput', 'headset');
    const next = await opened(['audio', 'video'], { storage });
    assert.deepEqual(next.devices.asked, ['audio=headset+video=back']);
    assert.deepEqual(next.devices.live, ['headset', 'back']);
  });

  test('is forgiven a device that is gone the next time, with no more than one prompt', async () => {
    const storage = new FakeStorage();
    storage.setItem('glasscast.device.audioinput', 'gone');
    const { devices, errors, media } = await opened(['audio', 'video'], { storage });
    assert.deepEqual(devices.asked, ['audio=gone+video', 'audio~gone+video']);
    assert.deepEqual(devices.live, ['built-in', 'front']);
    assert.deepEqual(errors, []);
    assert.equal(media.microphoneEnabled, true);
  });

  test('works where nothing can be remembered', async () => {
    const devices = new FakeDevices(...TWO_OF_EACH);
    const media = new LocalMedia({
      devices: () => devices.asDevices,
      constraints: () => ({ audio: {}, video: {} }),
      storage: () => {
        throw new DOMException('', 'SecurityError');
      },
    });
    await media.open(['video']);
    await media.switchDevice('videoinput', 'back');
    assert.deepEqual(devices.live, ['back']);
  });

  test('is stopped by turning the camera off meanwhile', async () => {
    const { devices, media } = await opened(['video']);
    devices.prompts = true;
    const switching = media.switchDevice('videoinput', 'back');
    await until(() => devices.asked.length === 2);
    await Promise.race([media.setCameraEnabled(false), settle()]);
    assert.deepEqual(devices.live, []);
    await devices.grant();
    await switching;
    assert.deepEqual(devices.live, []);
    assert.equal(media.tracks.video, null);
  });

  test('is stopped by closing meanwhile', async () => {
    const { devices, media } = await opened(['video']);
    devices.prompts = true;
    const switching = media.switchDevice('videoinput', 'back');
    await until(() => devices.asked.length === 2);
    media.close();
    await devices.grant();
    await switching;
    assert.deepEqual(devices.live, []);
  });

  test('does not hold up muting', async () => {
    const { devices, media } = await opened(['audio']);
    devices.prompts = true;
    const switching = media.switchDevice('audioinput', 'headset');
    await until(() => devices.asked.length === 2);
    void media.setMicrophoneEnabled(false);
    assert.equal(media.microphoneEnabled, false);
    await devices.grant();
    await switching;
    assert.equal(trackOf(media, 'audio').deviceId, 'headset');
    assert.equal(media.microphoneEnabled, false);
  });

  test('and back at once ends with the last one', async () => {
    const { devices, media } = await opened(['video']);
    await Promise.all([media.switchDevice('videoinput', 'back'), media.switchDevice('videoinput', 'front')]);
    assert.deepEqual(devices.live, ['front']);
    assert.equal(media.devices.live.videoinput, 'front');
  });
});

describe('a device that is unplugged', () => {
  test('gives way to another one, as muted as it was', async () => {
    const { devices, errors, media } = await opened(['audio']);
    await media.switchDevice('audioinput', 'headset');
    await media.setMicrophoneEnabled(false);
    devices.unplug('headset');
    await until(() => media.devices.live.audioinput === 'built-in');
    assert.equal(media.tracks.audio?.enabled, false);
    assert.deepEqual(errors, []);
  });

  test('is returned to when it comes back, if the user had chosen it', async () => {
    const { devices, media } = await opened(['audio']);
    await media.switchDevice('audioinput', 'headset');
    devices.unplug('headset');
    await until(() => media.devices.live.audioinput === 'built-in');
    devices.plug('audioinput:headset');
    await until(() => media.devices.live.audioinput === 'headset');
    assert.deepEqual(devices.live, ['headset']);
    assert.equal(media.microphoneEnabled, true);
  });

  test('is not returned to if nobody had chosen it', async () => {
    const { devices, media } = await opened(['audio']);
    devices.unplug('built-in');
    await until(() => media.devices.live.audioinput === 'headset');
    devices.plug('audioinput:built-in');
    await until(() => media.devices.audioinput.length === 2);
    await settle();
    assert.equal(media.devices.live.audioinput, 'headset');
  });

  test('leaves nothing where there is no other, says so, and comes back by itself', async () => {
    const devices = new FakeDevices('audioinput:mic', 'videoinput:cam');
    const { errors, media } = await opened(['audio', 'video'], { devices });
    devices.unplug('cam');
    await until(() => !media.cameraEnabled);
    await until(() => errors.length > 0);
    assert.equal(errors[0]?.code, 'device-not-found');
    assert.match(errors[0]?.message ?? '', /camera is gone/);
    assert.deepEqual(errors[0]?.details, { kinds: ['video'] });
    assert.deepEqual(devices.live, ['mic']);
    await settle();
    devices.plug('videoinput:another');
    await until(() => media.cameraEnabled);
    assert.deepEqual(devices.live, ['mic', 'another']);
  });

  test('does not come back once the user has turned it off', async () => {
    const devices = new FakeDevices('videoinput:cam');
    const { errors, media } = await opened(['video'], { devices });
    devices.unplug('cam');
    await until(() => errors.length > 0);
    await media.setCameraEnabled(false);
    const asked = devices.asked.length;
    devices.plug('videoinput:cam');
    await until(() => media.devices.videoinput.length > 0);
    await settle();
    assert.deepEqual(devices.live, []);
    assert.equal(devices.asked.length, asked);
  });

  test('that was the system’s choice gives way to the one that is now', async () => {
    const devices = new FakeDevices('audioinput:default:g1', 'audioinput:built-in:g1');
    const { media } = await opened(['audio'], { devices });
    const before = trackOf(media, 'audio');
    assert.equal(media.devices.live.audioinput, 'built-in');
    devices.replug('audioinput:default:g2', 'audioinput:built-in:g1', 'audioinput:headset:g2');
    await until(() => media.devices.live.audioinput === 'headset' && trackOf(media, 'audio') !== before);
    assert.equal(before.readyState, 'ended');
    assert.equal(media.microphoneEnabled, true);
  });

  test('that is not live changes nothing', async () => {
    const { changes, devices, media } = await opened(['audio']);
    changes.length = 0;
    devices.unplug('headset');
    await until(() => media.devices.audioinput.length === 1);
    assert.deepEqual(changes, []);
    assert.equal(devices.asked.length, 1);
  });

  test('is gone in words where the permission was taken back', async () => {
    const { devices, errors, media } = await opened(['video']);
    devices.prompts = true;
    trackOf(media, 'video').end();
    await devices.refuse('NotAllowedError', 'Permission denied');
    await until(() => errors.length > 0);
    assert.equal(errors[0]?.code, 'permission-denied');
    assert.equal(media.cameraEnabled, false);
  });
});

describe('an interruption', () => {
  test('that ends tracks while nobody sees the page is over when it is seen again', async () => {
    const { devices, errors, media, page } = await opened(['audio']);
    devices.prompts = true;
    page.turn('hidden');
    trackOf(media, 'audio').end();
    await devices.refuse('NotAllowedError', 'not now');
    assert.equal(media.tracks.audio, null);
    assert.deepEqual(errors, []);
    page.turn('visible');
    await devices.grant();
    await until(() => media.microphoneEnabled);
    assert.deepEqual(devices.live, ['built-in']);
  });

  test('does not keep a hidden page from falling back', async () => {
    const { devices, media, page } = await opened(['audio']);
    page.turn('hidden');
    devices.unplug('built-in');
    await until(() => media.devices.live.audioinput === 'headset');
    assert.equal(media.microphoneEnabled, true);
  });

  test('that mutes a track leaves it in its place', async () => {
    const { changes, media, page, timers } = await opened(['audio']);
    const before = trackOf(media, 'audio');
    changes.length = 0;
    before.muted = true;
    page.turn('visible');
    before.muted = false;
    timers.advance(10_000);
    await settle();
    assert.equal(trackOf(media, 'audio'), before);
    assert.deepEqual(changes, []);
  });

  test('that does not unmute a track has it opened anew', async () => {
    const { devices, media, page, timers } = await opened(['audio']);
    const before = trackOf(media, 'audio');
    before.muted = true;
    page.turn('visible');
    timers.advance(10_000);
    await until(() => trackOf(media, 'audio') !== before);
    assert.deepEqual(devices.live, ['built-in']);
  });

  test('leaves no timer behind', async () => {
    const { media, page, timers } = await opened(['audio']);
    trackOf(media, 'audio').muted = true;
    page.turn('visible');
    assert.equal(timers.waiting, 1);
    media.close();
    assert.equal(timers.waiting, 0);
  });
});

describe('the speaker', () => {
  const devices = () => new FakeDevices('audioinput:mic', 'audiooutput:default:g', 'audiooutput:speakers:g', 'audiooutput:headset');

  test('can be chosen, with the system’s own choice first', async () => {
    const { media } = await opened(['audio'], { devices: devices() });
    assert.deepEqual(
      media.devices.audiooutput.map(({ deviceId }) => deviceId),
      ['', 'speakers', 'headset'],
    );
    assert.equal(media.devices.live.audiooutput, null);
    await media.switchDevice('audiooutput', 'headset');
    assert.equal(media.devices.live.audiooutput, 'headset');
  });

  test('falls back to the system’s choice while it is unplugged', async () => {
    const computer = devices();
    const { media } = await opened(['audio'], { devices: computer });
    await media.switchDevice('audiooutput', 'headset');
    computer.unplug('headset');
    await until(() => media.devices.live.audiooutput === '');
    computer.plug('audiooutput:headset');
    await until(() => media.devices.live.audiooutput === 'headset');
  });

  test('cannot be chosen where the browser does not let a page do so', async () => {
    const { media } = await opened(['audio'], { devices: devices(), hasOutputs: false });
    assert.deepEqual(media.devices.audiooutput, []);
  });
});

describe('constraints that change', () => {
  test('are applied to the live track', async () => {
    const { constraints, devices, media } = await opened(['audio']);
    const track = trackOf(media, 'audio');
    constraints.audio = { echoCancellation: false };
    await media.constraintsChanged();
    assert.equal(trackOf(media, 'audio'), track);
    assert.equal(track.getSettings().echoCancellation, false);
    assert.equal(devices.asked.length, 1);
  });

  for (const applies of ['nothing', 'refuses'] as const) {
    test(`open the device anew where its track ${applies === 'refuses' ? 'refuses them' : 'goes on as before'}`, async () => {
      const { constraints, devices, errors, media } = await opened(['audio']);
      await media.setMicrophoneEnabled(false);
      trackOf(media, 'audio').applies = applies;
      constraints.audio = { echoCancellation: false };
      await media.constraintsChanged();
      assert.equal(devices.asked.at(-1), 'audio=built-in');
      assert.equal(trackOf(media, 'audio').getSettings().echoCancellation, false);
      assert.equal(media.microphoneEnabled, false);
      assert.deepEqual(devices.live, ['built-in']);
      assert.deepEqual(errors, []);
    });
  }

  test('never lose the track', async () => {
    const { constraints, devices, errors, media } = await opened(['audio']);
    const track = trackOf(media, 'audio');
    track.applies = 'refuses';
    devices.busy.add('built-in');
    constraints.audio = { echoCancellation: false };
    await media.constraintsChanged();
    assert.equal(trackOf(media, 'audio'), track);
    assert.equal(track.readyState, 'live');
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['device-in-use'],
    );
  });

  test('that are the same again change nothing', async () => {
    const { constraints, devices, media } = await opened(['audio']);
    trackOf(media, 'audio').applies = 'nothing';
    constraints.audio = { echoCancellation: false };
    await media.constraintsChanged();
    await media.constraintsChanged();
    assert.equal(devices.asked.length, 2);
    assert.deepEqual(trackOf(media, 'audio').applied, []);
  });
});
