import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GlasscastError } from '../../../src/protocol/errors.ts';
import { LocalMedia } from '../../../src/webrtc/local-media.ts';
import { FakeTrack, settle, until } from '../../support/fake-devices.ts';

/** A chooser of screens that the test answers. */
class FakeScreens extends EventTarget {
  readonly asked: DisplayMediaStreamOptions[] = [];
  readonly shared: FakeTrack[] = [];
  #resolve: (stream: MediaStream) => void = () => undefined;
  #reject: (cause: unknown) => void = () => undefined;

  readonly getDisplayMedia = (options: DisplayMediaStreamOptions): Promise<MediaStream> => {
    this.asked.push(options);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  };

  async choose(...kinds: readonly ('video' | 'audio')[]): Promise<void> {
    await until(() => this.asked.length > 0);
    const tracks = kinds.map((kind) => new FakeTrack(kind, 'screen'));
    this.shared.push(...tracks);
    const of = (kind: string) => () => tracks.filter((track) => track.kind === kind);
    const stream = { getTracks: () => tracks, getVideoTracks: of('video'), getAudioTracks: of('audio') };
    this.#resolve(stream as unknown as MediaStream);
    await settle();
  }

  async refuse(name: string, message: string): Promise<void> {
    await until(() => this.asked.length > 0);
    this.#reject(new DOMException(message, name));
    await settle();
  }

  get live(): string[] {
    return this.shared.filter(({ readyState }) => readyState === 'live').map(({ kind }) => kind);
  }
}

function setUp(...given: readonly (EventTarget | undefined)[]) {
  const devices = given.length === 0 ? new FakeScreens() : given[0];
  const errors: GlasscastError[] = [];
  const changes: string[] = [];
  const media = new LocalMedia({ devices: () => devices as MediaDevices | undefined, constraints: () => ({ audio: {}, video: {} }) });
  media.on('error', (error) => errors.push(error));
  media.on('change', (slot) => changes.push(slot));
  return { changes, errors, media, screens: devices as FakeScreens };
}

async function sharing() {
  const all = setUp();
  const started = all.media.startScreenShare();
  await all.screens.choose('video', 'audio');
  await started;
  return all;
}

describe('sharing the screen', () => {
  test('fills the slots of the screen and of its sound', async () => {
    const { changes, media, screens } = await sharing();
    assert.equal(media.screenEnabled, true);
    assert.equal(media.tracks.screen, screens.shared[0]);
    assert.equal(media.tracks.screenAudio, screens.shared[1]);
    assert.deepEqual(changes, ['screen', 'screenAudio']);
  });

  test('asks for sharp letters, and for sound as it is', async () => {
    const { screens } = await sharing();
    assert.equal(screens.shared[0]?.contentHint, 'detail');
    const { audio, ...rest } = screens.asked[0] as Record<string, unknown> & { audio: MediaTrackConstraints };
    assert.equal(audio.echoCancellation, false);
    assert.equal(audio.noiseSuppression, false);
    assert.equal(rest['selfBrowserSurface'], 'exclude');
    assert.equal(rest['surfaceSwitching'], 'include');
    assert.equal(rest['systemAudio'], 'include');
  });

  test('works without sound', async () => {
    const { media, screens } = setUp();
    const started = media.startScreenShare();
    await screens.choose('video');
    await started;
    assert.equal(media.screenEnabled, true);
    assert.equal(media.tracks.screenAudio, null);
  });

  test('does nothing when the user chooses nothing', async () => {
    const { changes, errors, media, screens } = setUp();
    const started = media.startScreenShare();
    await screens.refuse('NotAllowedError', 'Permission denied by user');
    await started;
    assert.deepEqual([errors, changes, media.screenEnabled], [[], [], false]);
  });

  test('can be tried again after that', async () => {
    const { media, screens } = setUp();
    const started = media.startScreenShare();
    await screens.refuse('NotAllowedError', 'The request is not allowed by the user agent or the platform in the current context.');
    await started;
    const again = media.startScreenShare();
    await until(() => screens.asked.length === 2);
    await screens.choose('video');
    await again;
    assert.equal(media.screenEnabled, true);
  });

  test('asks once, however often it is asked for', async () => {
    const { media, screens } = setUp();
    const both = Promise.all([media.startScreenShare(), media.startScreenShare()]);
    await screens.choose('video');
    await both;
    await media.startScreenShare();
    assert.equal(screens.asked.length, 1);
  });

  test('ends when the browser’s own button ends it', async () => {
    const { changes, errors, media, screens } = await sharing();
    changes.length = 0;
    screens.shared[0]?.end();
    assert.equal(media.screenEnabled, false);
    assert.deepEqual(screens.live, []);
    assert.deepEqual(changes, ['screen', 'screenAudio']);
    assert.deepEqual(errors, []);
  });

  test('goes on when only its sound ends', async () => {
    const { media, screens } = await sharing();
    screens.shared[1]?.end();
    assert.equal(media.screenEnabled, true);
    assert.equal(media.tracks.screenAudio, null);
  });

  test('ends when it is stopped, and with the media', async () => {
    const one = await sharing();
    one.media.stopScreenShare();
    assert.deepEqual([one.screens.live, one.media.screenEnabled], [[], false]);
    const other = await sharing();
    other.media.close();
    assert.deepEqual(other.screens.live, []);
  });

  test('that was stopped before the user chose stops what is chosen', async () => {
    const { media, screens } = setUp();
    const started = media.startScreenShare();
    await until(() => screens.asked.length > 0);
    media.stopScreenShare();
    await screens.choose('video', 'audio');
    await started;
    assert.deepEqual([screens.live, media.screenEnabled], [[], false]);
  });

  test('that is granted after the media was closed is stopped', async () => {
    const { media, screens } = setUp();
    const started = media.startScreenShare();
    await until(() => screens.asked.length > 0);
    media.close();
    await screens.choose('video');
    await started;
    assert.deepEqual(screens.live, []);
  });

  for (const [name, message, code, words] of [
    ['NotAllowedError', 'Permission denied by system', 'permission-denied', /settings of this computer/],
    ['NotAllowedError', 'disallowed by permissions policy', 'permission-denied', /window of its own/],
    ['InvalidStateError', 'requires transient activation', 'invalid', /Press the button again/],
    ['InvalidAccessError', 'must be called from a user gesture handler.', 'invalid', /Press the button again/],
    ['NotReadableError', 'Could not start', 'device-in-use', /another window/],
    ['NotFoundError', '', 'device-not-found', /no screen/],
  ] as const) {
    test(`tells ${name} “${message}” as ${code}`, async () => {
      const { errors, media, screens } = setUp();
      const started = media.startScreenShare();
      await screens.refuse(name, message);
      await started;
      assert.equal(errors[0]?.code, code);
      assert.match(errors[0]?.message ?? '', words);
    });
  }

  for (const [code, isSecureContext] of [
    ['unsupported', true],
    ['insecure-context', false],
  ] as const) {
    test(`where the browser has none is told as ${code}`, async (context) => {
      const scope = globalThis as { isSecureContext?: boolean };
      scope.isSecureContext = isSecureContext;
      context.after(() => delete scope.isSecureContext);
      const { errors, media } = setUp(isSecureContext ? new EventTarget() : undefined);
      await media.startScreenShare();
      assert.equal(errors[0]?.code, code);
      assert.ok((errors[0]?.message.length ?? 0) > 20);
    });
  }
});
