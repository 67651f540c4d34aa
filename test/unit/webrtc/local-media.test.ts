import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import { mediaDevicesOf, mediaError } from '../../../src/webrtc/media-error.ts';

class FakeTrack extends EventTarget {
  readonly kind: string;
  enabled = true;
  readyState = 'live';

  constructor(kind: string) {
    super();
    this.kind = kind;
  }

  stop(): void {
    this.readyState = 'ended';
  }
}

/** A prompt that the test answers; each call waits for its own answer. */
class FakeDevices {
  readonly asked: string[] = [];
  readonly granted: FakeTrack[] = [];
  readonly #answers: { grant(): void; refuse(name: string, message?: string): void }[] = [];

  readonly getUserMedia = (constraints: MediaStreamConstraints): Promise<MediaStream> => {
    const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind] !== undefined);
    this.asked.push(kinds.join('+'));
    return new Promise((resolve, reject) => {
      this.#answers.push({
        grant: () => {
          const tracks = kinds.map((kind) => new FakeTrack(kind));
          this.granted.push(...tracks);
          resolve({ getTracks: () => tracks } as unknown as MediaStream);
        },
        refuse: (name, message = '') => reject(new DOMException(message, name)),
      });
    });
  };

  async grant(): Promise<void> {
    await this.#asked();
    this.#answers.shift()?.grant();
    await settle();
  }

  async refuse(name: string): Promise<void> {
    await this.#asked();
    this.#answers.shift()?.refuse(name);
    await settle();
  }

  async #asked(): Promise<void> {
    while (this.#answers.length === 0) await settle();
  }

  get live(): string[] {
    return this.granted.filter((track) => track.readyState === 'live').map((track) => track.kind);
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const devices = new FakeDevices();
  const errors: GlasscastError[] = [];
  const media = new LocalMedia({ devices: () => devices as unknown as MediaDevices, constraints: () => ({ audio: {}, video: {} }) });
  media.on('error', (error) => errors.push(error));
  return { devices, errors, media };
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

  test('mutes the microphone in place', async () => {
    const { devices, media } = setUp();
    void media.open(['audio']);
    await devices.grant();
    await media.setMicrophoneEnabled(false);
    assert.equal(media.microphoneEnabled, false);
    assert.deepEqual(devices.live, ['audio']);
    await media.setMicrophoneEnabled(true);
    assert.equal(media.microphoneEnabled, true);
    assert.deepEqual(devices.asked, ['audio']);
  });

  test('stops the camera when it is turned off, and opens it again', async () => {
    const { devices, media } = setUp();
    void media.open(['audio', 'video']);
    await devices.grant();
    await media.setCameraEnabled(false);
    assert.deepEqual(devices.live, ['audio']);
    assert.equal(media.tracks.video, null);
    const opening = media.setCameraEnabled(true);
    await settle();
    await devices.grant();
    await opening;
    assert.deepEqual(devices.asked, ['audio+video', 'video']);
    assert.deepEqual(devices.live, ['audio', 'video']);
  });

  test('asks for a microphone when it is turned on for the first time', async () => {
    const { devices, media } = setUp();
    const opening = media.setMicrophoneEnabled(true);
    await settle();
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

  test('says that a device is gone when its track ends by itself', async () => {
    const { devices, errors, media } = setUp();
    void media.open(['video']);
    await devices.grant();
    devices.granted[0]?.dispatchEvent(new Event('ended'));
    assert.equal(media.cameraEnabled, false);
    assert.deepEqual(
      errors.map((error) => error.code),
      ['device-not-found'],
    );
  });

  test('has no live track when it is closed', async () => {
    const { devices, media } = setUp();
    void media.open(['audio', 'video']);
    await devices.grant();
    media.close();
    assert.deepEqual(devices.live, []);
  });
});

describe('the failure of a device', () => {
  for (const [name, message, code] of [
    ['NotAllowedError', 'Permission denied', 'permission-denied'],
    ['NotAllowedError', 'Permission dismissed', 'permission-dismissed'],
    ['NotFoundError', 'Requested device not found', 'device-not-found'],
    ['OverconstrainedError', '', 'device-not-found'],
    ['NotReadableError', 'Could not start video source', 'device-in-use'],
    ['SecurityError', '', 'permission-denied'],
    ['SomethingNewError', 'unheard of', 'media'],
  ] as const) {
    test(`${name} “${message}” is ${code}`, () => {
      const error = mediaError(new DOMException(message, name));
      assert.equal(error.code, code);
      assert.ok(error.message.length > 0);
    });
  }

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
