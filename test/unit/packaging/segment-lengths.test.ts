/** No segment is without a length, however renditions lag behind each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AacConfig, OpusConfig, VideoConfig } from '../../../server-reference/src/hub/media.ts';
import { Packager } from '../../../server-reference/src/packaging/packager.ts';

const VIDEO: VideoConfig = {
  kind: 'video',
  family: 'avc',
  codec: 'avc1.42c01e',
  timescale: 90_000,
  width: 640,
  height: 360,
  avcC: new Uint8Array(8),
};
const OPUS: OpusConfig = {
  kind: 'audio',
  family: 'opus',
  codec: 'opus',
  timescale: 48_000,
  channels: 2,
  preSkip: 312,
  inputSampleRate: 48_000,
  outputGain: 0,
};
const AAC: AacConfig = { kind: 'audio', family: 'aac', codec: 'mp4a.40.2', timescale: 48_000, channels: 2, asc: Uint8Array.of(0x11, 0x90) };

/** AAC is made of Opus, and stands still 0.2 s before a boundary; the others stop `behind` seconds after it. */
function packaged(behind: number): Packager {
  const nothing = (): void => undefined;
  const renditions = [
    { id: 'v0', kind: 'video', family: 'avc', timescale: 90_000 },
    { id: 'a0', kind: 'audio', family: 'opus', timescale: 48_000 },
    { id: 'a1', kind: 'audio', family: 'aac', timescale: 48_000, from: 'a0', onDemand: true },
  ] as const;
  const info = { id: 'abc', stream: 'demo', renditions, zero: 0 };
  const packager = new Packager(info, { partDuration: 0.2, segmentDuration: 2, window: 30, keyframeNeeded: nothing, changed: nothing });
  const tracks = new Map([
    ['v0', { config: VIDEO, frameDuration: 3000 }],
    ['a0', { config: OPUS, frameDuration: 960 }],
    ['a1', { config: AAC, frameDuration: 1024 }],
  ]);
  packager.epoch({ number: 1, at: 1, tracks });
  const data = new Uint8Array(100);
  const ends = { v0: 5 + behind, a0: 5 + behind, a1: 4.8 };
  for (let time = 1, sound = 48_000, aac = 48_000, picture = 0; time < ends.v0; time = 1 + ++picture / 30) {
    packager.frame({ rendition: 'v0', dts: 90_000 + picture * 3000, cts: 0, duration: 3000, key: picture % 60 === 0, data });
    for (; sound < time * 48_000; sound += 960) packager.frame({ rendition: 'a0', dts: sound, cts: 0, duration: 960, key: true, data });
    for (; aac < Math.min(time, ends.a1) * 48_000; aac += 1024)
      packager.frame({ rendition: 'a1', dts: aac, cts: 0, duration: 1024, key: true, data });
  }
  return packager;
}

for (const behind of [0.04, 0.1, 0.5]) {
  test(`a gap ${behind} s behind a boundary that a rendition has not come to leaves it no empty segment`, () => {
    const packager = packaged(behind);
    packager.gap(7);
    packager.gap(9.5);
    packager.end();
    const counts = ['v0', 'a0', 'a1'].map((id) => {
      const segments = packager.rendition(id)?.segments ?? [];
      for (const { msn, duration } of segments) assert.ok(duration > 0, `segment ${msn} of ${id}`);
      return segments.length;
    });
    assert.ok(new Set(counts).size === 1 && (counts[0] ?? 0) >= 5, `${counts}`);
  });
}
