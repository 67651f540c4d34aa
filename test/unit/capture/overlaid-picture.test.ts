import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type OpenOverlaidTrack, OverlaidPicture, type OverlaySettings } from '../../../src/capture/sources/overlaid-picture.ts';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { registerOverlay } from '../../../src/vision/overlay-registry.ts';
import { FakeTrack, settle } from '../../support/fake-devices.ts';

const vision = { model: 'https://example.org/model', wasm: 'https://example.org/wasm' };
const settingsOf = (...names: string[]): OverlaySettings => ({ overlays: names.map((name) => ({ name })), vision });
const WATERMARK = settingsOf('watermark');
const HIDE = settingsOf('hide-face');

const track = (name = 'camera'): MediaStreamTrack => new FakeTrack('video', name) as unknown as MediaStreamTrack;

/** A transform that can be held up, fail, and be lost. */
class Line {
  readonly track = track('made');
  readonly inputs: (MediaStreamTrack | null)[];
  readonly notice: (error: GlasscastError) => void;
  drawn: readonly string[];
  refusing = false;
  isClosed = false;

  constructor(input: MediaStreamTrack, { overlays, notice }: Parameters<OpenOverlaidTrack>[1]) {
    this.inputs = [input];
    this.notice = notice;
    this.drawn = overlays.map(({ name }) => name);
  }

  setInput(input: MediaStreamTrack | null): void {
    this.inputs.push(input);
  }

  async setOverlays(overlays: OverlaySettings['overlays']): Promise<void> {
    await settle();
    if (this.refusing) throw new Error('refused');
    this.drawn = overlays.map(({ name }) => name);
  }

  close(): void {
    this.isClosed = true;
    this.track.stop();
  }
}

function setUp() {
  const lines: Line[] = [];
  const told: string[] = [];
  const notices: GlasscastError[] = [];
  const seen: (MediaStreamTrack | null)[] = [];
  const failures: Error[] = [];
  const due = new Map<number, () => void>();
  let timers = 0;
  const picture: OverlaidPicture = new OverlaidPicture(
    {
      changed: () => seen.push(picture.output),
      notice: (error) => {
        notices.push(error);
        told.push(error.code);
      },
      refused: ({ code }) => told.push(`refused: ${code}`),
    },
    async (input, options) => {
      await settle();
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const line = new Line(input, options);
      lines.push(line);
      return line;
    },
    {
      setTimeout: (callback) => {
        due.set(++timers, callback);
        return timers;
      },
      clearTimeout: (id) => void due.delete(id ?? 0),
      setInterval: () => 0,
      clearInterval: () => undefined,
    },
  );
  const passTime = (): void => {
    for (const [id, callback] of [...due]) if (due.delete(id)) callback();
  };
  return { failures, lines, notices, passTime, picture, seen, told };
}

describe('a picture with overlays', () => {
  test('is the bare one where nothing is drawn', () => {
    const { lines, picture } = setUp();
    const camera = track();
    picture.setInput(camera);
    picture.setOverlays(settingsOf());
    assert.equal(picture.output, camera);
    assert.equal(lines.length, 0);
  });

  test('is not seen before what is to be drawn on it is there', async () => {
    const { lines, picture, seen } = setUp();
    picture.setOverlays(WATERMARK);
    picture.setInput(track());
    assert.equal(picture.output, null);
    await picture.settled;
    assert.equal(picture.output, lines[0]?.track);
    assert.deepEqual(
      seen.filter((shown) => shown !== null),
      [lines[0]?.track],
    );
  });

  test('goes on bare until it can be drawn on, where it was seen already and nothing hides it', async () => {
    const { lines, picture } = setUp();
    const camera = track();
    picture.setInput(camera);
    picture.setOverlays(WATERMARK);
    assert.equal(picture.output, camera);
    await picture.settled;
    assert.equal(picture.output, lines[0]?.track);
  });

  test('goes away at once when a face is to be hidden, until it is', async () => {
    const { lines, picture } = setUp();
    picture.setInput(track());
    picture.setOverlays(HIDE);
    assert.equal(picture.output, null);
    await picture.settled;
    assert.equal(picture.output, lines[0]?.track);
  });

  test('goes away at once when an overlay of the page is to hide something, as it was registered', async () => {
    registerOverlay('veil', () => ({ draw: () => undefined }), { hides: true });
    const { failures, picture, told } = setUp();
    picture.setInput(track());
    failures.push(new Error('no worker'));
    picture.setOverlays(settingsOf('veil'));
    assert.equal(picture.output, null);
    await picture.settled;
    assert.equal(picture.output, null);
    assert.deepEqual(told, ['refused: unsupported']);
  });

  test('goes away while the drawing changes to one that hides, and not while it changes back', async () => {
    const { lines, picture } = setUp();
    picture.setInput(track());
    picture.setOverlays(WATERMARK);
    await picture.settled;
    picture.setOverlays(HIDE);
    assert.equal(picture.output, null);
    await picture.settled;
    assert.equal(picture.output, lines[0]?.track);
    picture.setOverlays(WATERMARK);
    assert.equal(picture.output, lines[0]?.track);
    await picture.settled;
    assert.deepEqual(lines[0]?.drawn, ['watermark']);
    assert.equal(lines.length, 1);
  });

  test('stays the same track when its input is another, or none for a while', async () => {
    const { lines, picture } = setUp();
    const [first, second] = [track('first'), track('second')];
    picture.setInput(first);
    picture.setOverlays(WATERMARK);
    await picture.settled;
    const { output } = picture;
    picture.setInput(null);
    assert.equal(picture.output, null);
    picture.setInput(second);
    assert.equal(picture.output, output);
    assert.deepEqual(lines[0]?.inputs, [first, null, second]);
  });

  test('shows the newest input, also when it came while the drawing was being opened', async () => {
    const { lines, picture } = setUp();
    const [first, second] = [track('first'), track('second')];
    picture.setOverlays(WATERMARK);
    picture.setInput(first);
    picture.setInput(second);
    await picture.settled;
    assert.deepEqual(lines[0]?.inputs, [first, second]);
  });

  test('is the bare one again with the last overlay, and what has drawn is closed after a while', async () => {
    const { lines, passTime, picture } = setUp();
    const camera = track();
    picture.setInput(camera);
    picture.setOverlays(HIDE);
    await picture.settled;
    picture.setOverlays(null);
    assert.equal(picture.output, camera);
    assert.equal(lines[0]?.isClosed, false);
    passTime();
    assert.equal(lines[0]?.isClosed, true);
    assert.equal(camera.readyState, 'live');
  });

  test('is drawn on by the same again when overlays come back soon', async () => {
    const { lines, passTime, picture } = setUp();
    const camera = track();
    picture.setInput(camera);
    picture.setOverlays(HIDE);
    await picture.settled;
    picture.setOverlays(null);
    picture.setOverlays(HIDE);
    assert.equal(picture.output, lines[0]?.track);
    assert.deepEqual(lines[0]?.inputs, [camera]);
    picture.setOverlays(null);
    picture.setOverlays(WATERMARK);
    await picture.settled;
    passTime();
    assert.equal(lines.length, 1);
    assert.deepEqual(lines[0]?.drawn, ['watermark']);
    assert.equal(lines[0]?.isClosed, false);
  });

  test('is not taken for hidden by what was about to draw something else', async () => {
    const { lines, picture } = setUp();
    picture.setInput(track());
    picture.setOverlays(HIDE);
    await picture.settled;
    picture.setOverlays(WATERMARK);
    picture.setOverlays(null);
    picture.setOverlays(HIDE);
    assert.equal(picture.output, null);
    await picture.settled;
    assert.equal(lines[0]?.isClosed, true);
    assert.deepEqual(lines[1]?.drawn, ['hide-face']);
    assert.equal(picture.output, lines[1]?.track);
  });

  test('leaves nothing open however often overlays come and go', async () => {
    const { lines, passTime, picture } = setUp();
    picture.setInput(track());
    for (let turn = 0; turn < 100; turn++) {
      picture.setOverlays(turn % 3 === 0 ? HIDE : WATERMARK);
      if (turn % 2 === 0) await settle();
      picture.setOverlays(null);
      if (turn % 5 === 0) await picture.settled;
    }
    await picture.settled;
    passTime();
    assert.deepEqual(
      lines.filter(({ isClosed }) => !isClosed),
      [],
    );
    picture.setOverlays(WATERMARK);
    await picture.settled;
    picture.close();
    assert.equal(lines.at(-1)?.isClosed, true);
  });

  test('is sent as it is, in words, where it can only not be decorated', async () => {
    const { failures, picture, told } = setUp();
    failures.push(new GlasscastError('unsupported', 'no canvas'));
    const camera = track();
    picture.setOverlays(WATERMARK);
    picture.setInput(camera);
    await picture.settled;
    assert.equal(picture.output, camera);
    assert.deepEqual(told, ['unsupported']);
  });

  test('is not sent where it cannot be hidden, and tried again with the next input', async () => {
    const { failures, lines, picture, told } = setUp();
    failures.push(new GlasscastError('unsupported', 'no canvas'));
    picture.setOverlays(HIDE);
    picture.setInput(track());
    await picture.settled;
    assert.equal(picture.output, null);
    assert.deepEqual(told, ['refused: unsupported']);
    picture.setInput(null);
    picture.setInput(track());
    await picture.settled;
    assert.equal(picture.output, lines[0]?.track);
  });

  test('is not sent any more when what hides it stops, though what decorates it may', async () => {
    const { lines, picture, told } = setUp();
    picture.setInput(track());
    picture.setOverlays(WATERMARK);
    await picture.settled;
    lines[0]?.notice(new GlasscastError('media', 'sent without it'));
    assert.equal(picture.output, lines[0]?.track);
    picture.setOverlays(HIDE);
    await picture.settled;
    lines[0]?.notice(new GlasscastError('model-missing', 'no model'));
    assert.equal(picture.output, lines[0]?.track);
    lines[0]?.notice(new GlasscastError('media', 'sent without it'));
    assert.equal(picture.output, null);
    assert.equal(lines[0]?.isClosed, true);
    assert.deepEqual(told, ['media', 'model-missing', 'refused: media']);
  });

  test('tells of a missing model in words for people, the address being for developers', async () => {
    const { lines, notices, picture } = setUp();
    picture.setInput(track());
    picture.setOverlays(HIDE);
    await picture.settled;
    const error = new GlasscastError('model-missing', 'There is no face model at https://example.org/model (status 404).');
    lines[0]?.notice(error);
    assert.equal(notices[0]?.code, 'model-missing');
    assert.doesNotMatch(notices[0]?.message ?? '', /http/);
    assert.equal(notices[0]?.cause, error);
  });

  test('is drawn on anew where detection is to run on something else', async () => {
    const { lines, picture } = setUp();
    picture.setInput(track());
    picture.setOverlays(WATERMARK);
    await picture.settled;
    picture.setOverlays({ ...WATERMARK, vision: { ...vision, model: 'https://example.org/other' } });
    assert.equal(lines[0]?.isClosed, true);
    await picture.settled;
    assert.equal(picture.output, lines[1]?.track);
  });

  test('says what the camera says of itself: the side that it is on, its size', async () => {
    const { lines, picture } = setUp();
    const camera = new FakeTrack('video', 'back', {});
    camera.settings = { facingMode: 'environment', height: 720 };
    picture.setInput(camera as unknown as MediaStreamTrack);
    picture.setOverlays(WATERMARK);
    await picture.settled;
    assert.equal(lines[0]?.track.getSettings().facingMode, 'environment');
    assert.equal(lines[0]?.track.getSettings().height, 720);
  });

  test('opens nothing once it is closed', async () => {
    const { lines, picture } = setUp();
    picture.setOverlays(WATERMARK);
    picture.setInput(track());
    picture.close();
    await picture.settled;
    assert.deepEqual(
      lines.map(({ isClosed }) => isClosed),
      [true],
    );
    picture.setInput(track());
    assert.equal(picture.output, null);
  });
});
