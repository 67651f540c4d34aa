import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFragments } from '../../../server-reference/src/check/fragment-reader.ts';
import { readInit } from '../../../server-reference/src/check/init-reader.ts';
import type { Frame, TrackConfig } from '../../../server-reference/src/hub/media.ts';
import { sourceTracks } from '../../../server-reference/src/ingest/source-tracks.ts';
import { box, concat, u32 } from '../../../server-reference/src/packaging/boxes.ts';
import { writeFragment } from '../../../server-reference/src/packaging/fragment.ts';
import { initSection } from '../../../server-reference/src/packaging/init-section.ts';
import { audioTrack, videoTrack } from '../../support/simulated-broadcast.ts';

function configs(): readonly TrackConfig[] {
  const aac = { codec: 'mp4a.40.2', description: Buffer.from([0x11, 0x90]).toString('base64') };
  const found = sourceTracks([videoTrack(), audioTrack()]);
  const second = sourceTracks([audioTrack(aac)]);
  assert.ok(found.ok && second.ok);
  return [...found.tracks, ...second.tracks].map(({ config }) => config);
}

const frames = (count: number): Frame[] =>
  Array.from({ length: count }, (_, index) => ({
    rendition: 'v0',
    dts: 90_000 + index * 3000,
    cts: index % 2 === 0 ? 0 : -40,
    duration: 3000,
    key: index === 0,
    data: new Uint8Array(20 + index).fill(index),
  }));

describe('an init section', () => {
  const [video, opus, aac] = configs().map((config) => readInit(initSection(config))[0]);

  test('says of pictures their size, timescale and codec string', () => {
    assert.deepEqual([video?.kind, video?.entry, video?.codec, video?.width, video?.height], ['video', 'avc1', 'avc1.42c01e', 640, 360]);
  });

  test('says of Opus its pre-skip', () => {
    assert.deepEqual([opus?.kind, opus?.entry, opus?.codec, opus?.timescale], ['audio', 'Opus', 'opus', 48_000]);
    assert.ok((opus?.preSkip ?? 0) > 0);
  });

  test('says of AAC its object type and where its edit list begins', () => {
    assert.deepEqual([aac?.entry, aac?.codec, aac?.editStart], ['mp4a', 'mp4a.40.2', 1024]);
  });

  test('is none where the bytes are something else', () => {
    assert.deepEqual(readInit(Buffer.from('#EXTM3U\n')), []);
  });
});

describe('fragments', () => {
  const [config] = configs();
  const tracks = config === undefined ? [] : readInit(initSection(config));
  const bytes = writeFragment('video', 1, frames(6));

  test('give each sample with its duration, offset, kind and bytes', () => {
    const [fragment, ...others] = readFragments(bytes, tracks);
    assert.equal(others.length, 0);
    assert.equal(fragment?.time, 90_000);
    assert.deepEqual(
      fragment?.samples.map(({ duration, size, sync, offset }) => [duration, size, sync, offset]),
      frames(6).map(({ duration, data, key, cts }) => [duration, data.byteLength, key, cts]),
    );
    assert.equal(new Set(fragment?.samples.map(({ digest }) => digest)).size, 6);
  });

  test('say whether prft stands before them', () => {
    const prft = box('prft', u32(0, 1, 0, 0, 0));
    const read = readFragments(concat([prft, bytes, bytes]), tracks);
    assert.deepEqual(
      read.map(({ producerTime }) => producerTime),
      [true, false],
    );
  });

  test('have no digest for samples whose bytes did not come', () => {
    const [fragment] = readFragments(bytes.subarray(0, bytes.byteLength - 10), tracks);
    assert.equal(fragment?.samples.at(-1)?.digest, '');
  });

  test('and init sections of any bytes are read without a throw', () => {
    const whole = concat([...configs().map(initSection), bytes]);
    let seed = 7;
    const random = (limit: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % limit;
    };
    for (let round = 0; round < 3000; round++) {
      const broken = whole.slice(0, 1 + random(whole.byteLength));
      for (let hit = 0; hit < 6; hit++) broken[random(broken.byteLength)] = random(256);
      readInit(broken);
      readFragments(broken, tracks);
    }
  });
});
