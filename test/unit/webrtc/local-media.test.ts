import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import { mediaDevicesOf, mediaError } from '../../../src/webrtc/media-error.ts';
import { FakeDevices, FakeTrack, settle, until } from '../../support/fake-devices.ts';

function setUp() {
  const devices = new FakeDevices('audioinput:mic', 'videoinput:cam');
  devices.prompts = true;
  const errors: GlasscastError[] = [];
  const changes: string[] = [];
  const media = new LocalMedia({ devices: () => devices.asDevices, constraints: () => ({ audio: {}, video: {} }) });
  media.on('error', (error) => errors.push(error));
  media.on('change', (slot) => changes.push(slot));
  return { changes, devices, errors, media };
}

describe('local media', () => {
  test('asks for camera and microphone with one prompt', async () => {
    const { devices, media } = setUp();
    const opening = media.open(['audio', 'video']);
    await devices.grant();
    await opening;
    assert.deepEqual(devices.asked, ['audio+video']);
    assert.equal(media.microphoneEnabled, true);
    assert.equal(media.cameraEnabled, true);
  });

  test('does not ask again for what a preview has opened', async () => {
    const { devices, media } = setUp();
    void media.open(['audio', 'video']);
    await devices.grant();
    const { tracks } = media;
    await media.open(['audio', 'video']);
    assert.deepEqual(devices.asked, ['audio+video']);
    assert.equal(media.tracks, tracks);
  });

  test('asks only for what is missing', async () => {
    const { devices, media } = setUp();
    void media.open(['audio']);
    await devices.grant();
    const opening = media.open(['audio', 'video']);
    await devices.grant();
    await opening;
    assert.deepEqual(devices.asked, ['audio', 'video']);
  });

  test('waits for a prompt that is open instead of asking twice', async () => {
    const { devices, media } = setUp();
    const both = Promise.all([media.open(['audio', 'video']), media.open(['audio', 'video']), media.setCameraEnabled(true)]);
    await devices.grant();
    await both;
    assert.deepEqual(devices.asked, ['audio+video']);
  });

  test('shows and sends what a filter makes of the camera, and exchanges and stops the camera itself', async () => {
    const { changes, devices, media } = setUp();
    const made = new FakeTrack('video', 'made') as unknown as MediaStreamTrack;
    const cameras: (string | undefined)[] = [];
    media.filterCamera((camera) => {
      cameras.push(camera?.getSettings().deviceId);
      return camera && made;
    });
    void media.open(['audio', 'video']);
    await devices.grant();
    assert.equal(media.tracks.video, made);
    assert.equal(media.cameraEnabled, true);
    await media.setCameraEnabled(false);
    assert.equal(media.tracks.video, null);
    assert.deepEqual(devices.live, ['mic']);
    assert.equal(made.readyState, 'live');
    assert.deepEqual([cameras.at(0), cameras.includes('cam'), cameras.at(-1)], [undefined, true, undefined]);
    assert.equal(changes.at(-1), 'video');
  });

  test('sends no picture of an open camera as long as the filter holds it back', async () => {
    const { devices, media } = setUp();
    media.filterCamera(() => null);
    void media.open(['video']);
    await devices.grant();
    const live = (): string | undefined => media.tracks.video?.getSettings().deviceId;
    assert.equal(live(), undefined);
    assert.equal(media.cameraEnabled, false);
    media.filterCamera((camera) => camera);
    assert.equal(live(), 'cam');
  });

  test('mutes the microphone in place', async () => {
    const { changes, devices, media } = setUp();
    void media.open(['audio']);
    await devices.grant();
    await media.setMicrophoneEnabled(false);
    assert.equal(media.microphoneEnabled, false);
    assert.deepEqual(devices.live, ['mic']);
    await media.setMicrophoneEnabled(true);
    assert.equal(media.microphoneEnabled, true);
    assert.deepEqual(devices.asked, ['audio']);
    assert.deepEqual(changes, ['audio', 'audio', 'audio']);
  });

  test('mutes a microphone that was granted after it had been muted', async () => {
    const { devices, media } = setUp();
    void media.open(['audio']);
    const muting = media.setMicrophoneEnabled(false);
    await devices.grant();
    await muting;
    assert.equal(media.tracks.audio?.enabled, false);
  });

  test('stops the camera when it is turned off, and opens it again', async () => {
    const { devices, media } = setUp();
    void media.open(['audio', 'video']);
    await devices.grant();
    await media.setCameraEnabled(false);
    assert.deepEqual(devices.live, ['mic']);
    assert.equal(media.tracks.video, null);
    const opening = media.setCameraEnabled(true);
    await devices.grant();
    await opening;
    assert.deepEqual(devices.asked, ['audio+video', 'video']);
    assert.deepEqual(devices.live, ['mic', 'cam']);
  });

  test('asks for a microphone when it is turned on for the first time', async () => {
    const { devices, media } = setUp();
    const opening = media.setMicrophoneEnabled(true);
    await devices.grant();
    await opening;
    assert.equal(media.microphoneEnabled, true);
  });

  test('takes the microphone where there is no camera', async () => {
    const { devices, errors, media } = setUp();
    const opening = media.open(['audio', 'video']);
    await devices.refuse('NotFoundError');
    await devices.grant();
    await devices.refuse('NotFoundError');
    await opening;
    assert.deepEqual(devices.asked, ['audio+video', 'audio', 'video']);
    assert.equal(media.microphoneEnabled, true);
    assert.deepEqual(
      errors.map(({ code, details }) => [code, details]),
      [['device-not-found', { kinds: ['video'] }]],
    );
    assert.match(errors[0]?.message ?? '', /^No camera was found/);
  });

  test('says once that there is neither', async () => {
    const { devices, errors, media } = setUp();
    const opening = media.open(['audio', 'video']);
    for (let asked = 0; asked < 3; asked++) await devices.refuse('NotFoundError');
    await opening;
    assert.deepEqual(
      errors.map(({ message, details }) => [message, details]),
      [['No camera and no microphone was found. Connect one, then try again.', { kinds: ['audio', 'video'] }]],
    );
  });

  test('tells of each what stands in its way where that is not the same', async () => {
    const { devices, errors, media } = setUp();
    const opening = media.open(['audio', 'video']);
    await devices.refuse('NotFoundError');
    await devices.refuse('NotFoundError');
    await devices.refuse('NotReadableError');
    await opening;
    assert.deepEqual(
      errors.map(({ message, details }) => [message, details]),
      [
        ['No microphone was found. Connect one, then try again.', { kinds: ['audio'] }],
        ['Another program is using the camera. Close it, then try again.', { kinds: ['video'] }],
      ],
    );
  });

  test('does not ask twice after a refusal', async () => {
    const { devices, errors, media } = setUp();
    const opening = media.open(['audio', 'video']);
    await devices.refuse('NotAllowedError');
    await opening;
    assert.deepEqual(devices.asked, ['audio+video']);
    assert.deepEqual(
      errors.map((error) => error.code),
      ['permission-denied'],
    );
  });

  test('stops what is granted after it was closed', async () => {
    const { devices, media } = setUp();
    void media.open(['audio', 'video']);
    media.close();
    await devices.grant();
    assert.equal(devices.granted.length, 2);
    assert.deepEqual(devices.live, []);
  });

  test('stops a camera that was turned off while its prompt was open', async () => {
    const { devices, media } = setUp();
    void media.open(['video']);
    const off = media.setCameraEnabled(false);
    await devices.grant();
    await off;
    assert.deepEqual(devices.live, []);
    assert.equal(media.cameraEnabled, false);
  });

  test('has no live track when it is closed', async () => {
    const { devices, media } = setUp();
    void media.open(['audio', 'video']);
    await devices.grant();
    media.close();
    assert.deepEqual(devices.live, []);
  });
});

describe('a camera that cannot be had', () => {
  for (const [what, name, message, code, words] of [
    ['permission denied', 'NotAllowedError', 'Permission denied', 'permission-denied', /address bar/],
    ['permission denied by the system', 'NotAllowedError', 'Permission denied by system', 'permission-denied', /system’s settings/],
    ['permission dismissed', 'NotAllowedError', 'Permission dismissed', 'permission-dismissed', /Allow/],
    ['no device', 'NotFoundError', 'Requested device not found', 'device-not-found', /Connect one/],
    ['device in use', 'NotReadableError', 'Could not start video source', 'device-in-use', /Another program/],
  ] as const) {
    test(`${what} is told as ${code}, with what to do`, async () => {
      const { devices, errors, media } = setUp();
      const opening = media.open(['video']);
      await devices.refuse(name, message);
      await opening;
      assert.equal(errors[0]?.code, code);
      assert.match(errors[0]?.message ?? '', words);
      assert.deepEqual(errors[0]?.details, { kinds: ['video'] });
      assert.equal(media.cameraEnabled, false);
    });
  }

  for (const [what, isSecureContext, words] of [
    ['insecure-context', false, /https/],
    ['unsupported', true, /browser/],
  ] as const) {
    test(`in a page without devices is told as ${what}`, async (context) => {
      const scope = globalThis as { isSecureContext?: boolean };
      scope.isSecureContext = isSecureContext;
      context.after(() => delete scope.isSecureContext);
      const errors: GlasscastError[] = [];
      const media = new LocalMedia({ devices: () => undefined, constraints: () => ({ audio: {}, video: {} }) });
      media.on('error', (error) => errors.push(error));
      await media.open(['audio', 'video']);
      assert.equal(errors[0]?.code, what);
      assert.match(errors[0]?.message ?? '', words);
      assert.equal(errors.length, 1);
    });
  }

  test('can be asked for again after a refusal', async () => {
    const { devices, media } = setUp();
    const refused = media.setCameraEnabled(true);
    await devices.refuse('NotAllowedError');
    await refused;
    const granted = media.setCameraEnabled(true);
    await devices.grant();
    await granted;
    assert.equal(media.cameraEnabled, true);
  });

  test('comes by itself when one is plugged in', async () => {
    const devices = new FakeDevices('audioinput:mic');
    const media = new LocalMedia({ devices: () => devices.asDevices, constraints: () => ({ audio: {}, video: {} }) });
    await media.open(['audio', 'video']);
    assert.equal(media.cameraEnabled, false);
    await until(() => devices.lists > 0);
    await settle();
    devices.plug('videoinput:cam');
    await until(() => media.cameraEnabled);
    media.close();
  });
});

describe('the failure of a device', () => {
  for (const [name, message, code] of [
    ['NotAllowedError', 'Permission denied', 'permission-denied'],
    ['NotAllowedError', 'Permission denied by system', 'permission-denied'],
    ['NotAllowedError', 'Permission dismissed', 'permission-dismissed'],
    ['PermissionDeniedError', '', 'permission-denied'],
    ['SecurityError', '', 'permission-denied'],
    ['NotFoundError', 'Requested device not found', 'device-not-found'],
    ['DevicesNotFoundError', '', 'device-not-found'],
    ['OverconstrainedError', '', 'device-not-found'],
    ['NotReadableError', 'Could not start video source', 'device-in-use'],
    ['TrackStartError', '', 'device-in-use'],
    ['AbortError', 'Starting videoinput failed', 'device-in-use'],
    ['SomethingNewError', 'unheard of', 'media'],
  ] as const) {
    test(`${name} “${message}” is ${code}`, () => {
      const error = mediaError(new DOMException(message, name));
      assert.equal(error.code, code);
      assert.ok(error.message.length > 0);
    });
  }

  test('that is no Error, as some browsers have it, is told all the same', () => {
    const error = mediaError({ name: 'OverconstrainedError', message: '', constraint: 'deviceId' });
    assert.equal(error.code, 'device-not-found');
    assert.equal(mediaError('out of luck').message, 'out of luck');
  });

  test('on a page without https is insecure-context', () => {
    const scope = { isSecureContext: false, navigator: {} as Navigator };
    assert.throws(
      () => mediaDevicesOf(scope),
      (error) => error instanceof GlasscastError && error.code === 'insecure-context',
    );
  });

  test('in a browser without devices is unsupported', () => {
    const scope = { isSecureContext: true, navigator: {} as Navigator };
    assert.throws(
      () => mediaDevicesOf(scope),
      (error) => error instanceof GlasscastError && error.code === 'unsupported',
    );
  });
});
