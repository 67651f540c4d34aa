/** Layers of a session that rest: others stand in for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochInfo, EpochTrack, Frame, RenditionInfo, VideoConfig } from '../../../server-reference/src/hub/media.ts';
import { Session } from '../../../server-reference/src/hub/session.ts';

const video = (id: string): RenditionInfo => ({ id, kind: 'video', family: 'avc', timescale: 90_000 });
const SOUND: RenditionInfo = { id: 'a0', kind: 'audio', family: 'opus', timescale: 48_000 };

const track = (width: number): EpochTrack => {
  const config: VideoConfig = {
    kind: 'video',
    family: 'avc',
    codec: 'avc1.42e01f',
    timescale: 90_000,
    width,
    height: (width * 9) / 16,
    avcC: new Uint8Array(),
  };
  return { config, frameDuration: 3_000 };
};

function session(renditions: readonly RenditionInfo[] = [video('v0'), video('v1'), video('v2'), SOUND]) {
  const epochs: EpochInfo[] = [];
  const frames: Frame[] = [];
  const opened = new Session({
    id: 's',
    stream: 'show',
    renditions,
    window: 10,
    opened: (it) => {
      it.subscribe({
        epoch: (epoch) => epochs.push(epoch),
        frame: (frame) => frames.push(frame),
        gap: () => undefined,
        end: () => undefined,
      });
    },
    keyframeNeeded: () => undefined,
  });
  const widths = (): string =>
    [...(epochs.at(-1)?.tracks ?? [])]
      .map(([id, { config }]) => `${id}:${config.kind === 'video' ? config.width : 'sound'}`)
      .sort()
      .join(' ');
  const emit = (rendition: string, dts: number): string[] => {
    const before = frames.length;
    opened.emit({ rendition, dts, cts: 0, duration: 3_000, key: true, data: new Uint8Array(1) });
    return frames.slice(before).map((frame) => `${frame.rendition}@${frame.dts}`);
  };
  return { session: opened, widths, emit };
}

const ALL = new Map([
  ['v0', track(320)],
  ['v1', track(640)],
  ['v2', track(1280)],
]);

test('the layer below stands in for one that rests, and no longer once it is back', () => {
  const { session: live, widths, emit } = session();
  live.begin(ALL, 0, 1_000, null);
  assert.deepEqual(emit('v1', 90_000), ['v1@90000']);
  const fewer = new Map([...ALL].filter(([id]) => id !== 'v2'));
  live.begin(fewer, 2, 0, null);
  assert.equal(widths(), 'v0:320 v1:640 v2:640');
  assert.deepEqual(emit('v1', 180_000), ['v1@180000', 'v2@180000']);
  assert.deepEqual(emit('v0', 180_000), ['v0@180000']);
  assert.equal(live.frontier('v2'), live.frontier('v1'));
  live.begin(ALL, 3, 0, null);
  assert.equal(widths(), 'v0:320 v1:640 v2:1280');
  assert.deepEqual(emit('v1', 270_000), ['v1@270000']);
});

test('one layer stands in for all that rest', () => {
  const { session: live, widths, emit } = session();
  live.begin(ALL, 0, 1_000, null);
  live.begin(new Map([['v0', track(320)]]), 2, 0, null);
  assert.equal(widths(), 'v0:320 v1:320 v2:320');
  assert.deepEqual(emit('v0', 180_000), ['v0@180000', 'v1@180000', 'v2@180000']);
});

test('nothing stands in for sound', () => {
  const { session: live, widths } = session([video('v0'), SOUND]);
  live.begin(new Map([['v0', track(320)]]), 0, 1_000, null);
  assert.equal(widths(), 'v0:320');
});
