import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochTrack, VideoConfig } from '../../../server-reference/src/hub/media.ts';
import { sourceTracks } from '../../../server-reference/src/ingest/source-tracks.ts';
import { DerivedRenditions } from '../../../server-reference/src/transcode/derived-renditions.ts';
import type { TrackDescription } from '../../../src/protocol/index.ts';
import { AVCC_360P, AVCC_720P, audioTrack, videoTrack } from '../../support/simulated-broadcast.ts';

function derived(ladder: readonly number[], tracks: readonly TrackDescription[], aac = false) {
  const read = sourceTracks(tracks);
  assert.ok(read.ok);
  return new DerivedRenditions({ ladder, aac }).renditions(read.tracks);
}

const layers = [videoTrack({ layer: 0, description: AVCC_360P }), videoTrack({ id: 2, layer: 1, description: AVCC_720P })];

test('rungs are those below the source, the greatest first, behind the ids that are taken', () => {
  const rungs = derived([1080, 720, 480, 240], [videoTrack({ description: AVCC_720P })]);
  assert.deepEqual(
    rungs.map(({ id, from, lines }) => [id, from, lines]),
    [
      ['v1', 'v0', 480],
      ['v2', 'v0', 240],
    ],
  );
});

test('there is no rung where a layer is near, and the best layer is what the others are made of', () => {
  const rungs = derived([720, 480, 340, 240], layers);
  assert.deepEqual(
    rungs.map(({ id, from, lines }) => [id, from, lines]),
    [
      ['v2', 'v1', 480],
      ['v3', 'v1', 240],
    ],
  );
});

test('Opus gets AAC beside it, on demand; AAC and silence get nothing', () => {
  assert.deepEqual(derived([], [videoTrack(), audioTrack()], true), [
    { id: 'a1', kind: 'audio', family: 'aac', timescale: 48_000, from: 'a0', onDemand: true },
  ]);
  assert.deepEqual(derived([], [videoTrack(), audioTrack({ codec: 'mp4a.40.2' })], true), []);
  assert.deepEqual(derived([], [videoTrack()], true), []);
});

test('a source that has become as small as a rung serves for it, upright or not', () => {
  const derivation = new DerivedRenditions({ ladder: [360], aac: false });
  const [rung] = derived([360], [videoTrack({ description: AVCC_720P })]);
  assert.ok(rung !== undefined);
  const size = (width: number, height: number): EpochTrack => {
    const config: VideoConfig = { kind: 'video', family: 'avc', codec: 'avc1.42001f', timescale: 1, width, height, avcC: new Uint8Array() };
    return { config, frameDuration: 1 };
  };
  assert.equal(derivation.track(rung, size(1280, 720)), null);
  assert.equal(derivation.track(rung, size(640, 360)), 'source');
  assert.equal(derivation.track(rung, size(360, 640)), 'source');
});
