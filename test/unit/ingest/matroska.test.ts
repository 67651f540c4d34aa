/** Recordings of Chromium's MediaRecorder, four seconds each, and what hostile hands make of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readAnnexB, toLengthPrefixed } from '../../../server-reference/src/ingest/annex-b.ts';
import { BitstreamError, buildAvcC, parseAvcC, readAccessUnit } from '../../../server-reference/src/ingest/h264.ts';
import { type MatroskaBlock, type MatroskaEvent, MatroskaReader } from '../../../server-reference/src/ingest/matroska-reader.ts';
import { opusPacketLength } from '../../../server-reference/src/ingest/opus.ts';
import { splitOpusPacket } from '../../../server-reference/src/ingest/opus-split.ts';

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url)));
const H264 = fixture('chromium-avc1-opus.mkv');
const VP8 = fixture('chromium-vp8-opus.webm');

const blocksOf = (events: readonly MatroskaEvent[], track?: number): MatroskaBlock[] =>
  events.filter((event): event is MatroskaBlock => event.type === 'block' && (track === undefined || event.track === track));

/** The same numbers in every run. */
function* randomNumbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** A little of Matroska, by hand. */
const element = (id: number[], size: number[], ...content: number[]): number[] => [...id, ...size, ...content];
const begin = (docType: string): number[] => {
  const type = [...Buffer.from(docType)];
  return element([0x1a, 0x45, 0xdf, 0xa3], [0x80 + type.length + 3], 0x42, 0x82, 0x80 + type.length, ...type);
};
const SEGMENT = [0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

test("Chromium's Matroska is read: tracks, times and key frames", () => {
  const events = new MatroskaReader().push(H264);
  const [tracks] = events;
  assert.equal(tracks?.type, 'tracks');
  assert.deepEqual(
    tracks.tracks.map(({ number, codec, width, height, sampleRate }) => ({ number, codec, width, height, sampleRate })),
    [
      { number: 1, codec: 'A_OPUS', width: 0, height: 0, sampleRate: 48_000 },
      { number: 2, codec: 'V_MPEG4/ISO/AVC', width: 320, height: 180, sampleRate: 8000 },
    ],
  );
  const sound = blocksOf(events, 1);
  assert.deepEqual([sound.length, sound[1]?.time, sound.at(-1)?.time], [66, 60e6, 65 * 60e6]);
  const pictures = blocksOf(events, 2);
  assert.equal(pictures.length, 80);
  assert.deepEqual(
    pictures.map(({ key }) => key),
    pictures.map((_, index) => index === 0),
  );
});

test('a recording cut anywhere reads the same', () => {
  for (const recording of [H264, VP8]) {
    const whole = new MatroskaReader().push(recording);
    const random = randomNumbers(7);
    for (const longest of [1, 7, 300, 5000]) {
      const reader = new MatroskaReader();
      const events: MatroskaEvent[] = [];
      for (let offset = 0; offset < recording.byteLength; ) {
        const end = offset + 1 + Math.floor((random.next().value ?? 0) * longest);
        events.push(...reader.push(recording.subarray(offset, end)));
        offset = end;
      }
      assert.deepEqual(events, whole);
    }
  }
});

test('a block is told at its last byte, although its cluster has no known size', () => {
  const reader = new MatroskaReader();
  const starts = [...begin('webm'), ...SEGMENT, ...element([0x16, 0x54, 0xae, 0x6b], [0x80]), ...CLUSTER, 0xe7, 0x81, 0x05];
  reader.push(Uint8Array.from([...starts, 0xa3, 0x86, 0x81, 0x00, 0x02, 0x80, 0xaa]));
  const [block] = reader.push(Uint8Array.of(0xbb));
  assert.deepEqual(block, { type: 'block', track: 1, time: 7e6, key: true, data: Uint8Array.of(0xaa, 0xbb) });
});

test('a header in the midst of the bytes begins another recording', () => {
  const reader = new MatroskaReader();
  const first = reader.push(H264);
  assert.deepEqual(reader.push(H264), first);
});

for (const [what, bytes, message] of [
  ['something else', [0x52, 0x49, 0x46, 0x46, 0x80], /neither Matroska nor WebM/],
  ['another document type', begin('riff'), /"riff"/],
  ['an id of five bytes', [...begin('webm'), 0x08], /where an element should begin/],
  [
    'a block before the tracks',
    [...begin('webm'), ...SEGMENT, ...CLUSTER, 0xe7, 0x81, 0, 0xa3, 0x85, 0x81, 0, 0, 0x80, 1],
    /before its tracks/,
  ],
  [
    'a block before the time of its cluster',
    [...begin('webm'), ...SEGMENT, 0x16, 0x54, 0xae, 0x6b, 0x80, ...CLUSTER, 0xa3, 0x85, 0x81, 0, 0, 0x80, 1],
    /before the time of its cluster/,
  ],
  ['a block of 5 MiB', [...begin('webm'), ...SEGMENT, ...CLUSTER, 0xa3, 0x10, 0x50, 0x00, 0x00], /A3 of the container has 5242880 bytes/],
  ['padding of a terabyte', [...begin('webm'), ...SEGMENT, 0xec, 0x02, 0x01, 0, 0, 0, 0, 0], /EC of the container/],
  ['tracks without a size', [...begin('webm'), ...SEGMENT, 0x16, 0x54, 0xae, 0x6b, 0xff], /no size/],
  [
    'a track longer than its tracks',
    [...begin('webm'), ...SEGMENT, 0x16, 0x54, 0xae, 0x6b, 0x83, 0xae, 0x89, 0xd7],
    /longer than the one around/,
  ],
  [
    'a lace longer than its block',
    [...begin('webm'), ...SEGMENT, 0x16, 0x54, 0xae, 0x6b, 0x80, ...CLUSTER, 0xe7, 0x81, 0, 0xa3, 0x86, 0x81, 0, 0, 0x82, 1, 9],
    /within its lace/,
  ],
] as [string, number[], RegExp][]) {
  test(`${what} is refused in words`, () => {
    assert.throws(
      () => new MatroskaReader().push(Uint8Array.from(bytes)),
      (error) => error instanceof BitstreamError && message.test(error.message),
    );
  });
}

test('no damage makes the reader fail in any other way, nor hold more than its largest element', () => {
  const random = randomNumbers(42);
  const next = (below: number): number => Math.floor((random.next().value ?? 0) * below);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const start = next(2) === 0 ? 0 : next(2000);
    const bytes = (round % 2 === 0 ? H264 : VP8).slice(0, 6000);
    for (let damage = next(8); damage >= 0; damage--) bytes[start + next(bytes.byteLength - start)] = next(256);
    try {
      const events = new MatroskaReader().push(bytes);
      for (const { data } of blocksOf(events)) assert.ok(data.byteLength <= bytes.byteLength);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      refused++;
    }
  }
  assert.ok(refused > 100, `${refused} were refused`);
});

test("Chromium's pictures become length-prefixed, and their parameter sets an avcC", () => {
  const pictures = blocksOf(new MatroskaReader().push(H264), 2);
  const first = readAnnexB(pictures[0]?.data ?? new Uint8Array());
  assert.ok(first.key && first.sets !== null);
  const avc = parseAvcC(buildAvcC(first.sets));
  assert.deepEqual([avc.width, avc.height], [320, 180]);
  for (const { data, key } of pictures) {
    const unit = readAnnexB(data);
    const prefixed = toLengthPrefixed(unit, avc);
    const read = readAccessUnit(prefixed, 4);
    assert.deepEqual([read.key, read.sets], [key, null], 'known parameter sets are left out');
  }
});

test('a packet of 60 ms is three of 20 ms, with the same bytes in them', () => {
  const [packet] = blocksOf(new MatroskaReader().push(H264), 1);
  const parts = splitOpusPacket(packet?.data ?? new Uint8Array());
  assert.deepEqual(
    parts.map((part) => [opusPacketLength(part), Buffer.from(part).toString('hex')]),
    [1, 2, 3].map(() => [960, 'f8fffe']),
  );
});

for (const [what, packet, parts] of [
  ['one frame', [0x78, 1, 2], [[0x78, 1, 2]]],
  [
    'two of one length',
    [0x79, 1, 2],
    [
      [0x78, 1],
      [0x78, 2],
    ],
  ],
  [
    'two of different lengths',
    [0x7a, 1, 9, 8, 7],
    [
      [0x78, 9],
      [0x78, 8, 7],
    ],
  ],
  [
    'three of different lengths, with padding',
    [0x7b, 0xc3, 2, 1, 2, 4, 5, 5, 6, 0, 0],
    [
      [0x78, 4],
      [0x78, 5, 5],
      [0x78, 6],
    ],
  ],
] as [string, number[], number[][]][]) {
  test(`an Opus packet of ${what} is taken apart`, () => {
    assert.deepEqual(
      splitOpusPacket(Uint8Array.from(packet)).map((part) => [...part]),
      parts,
    );
  });
}

test('a damaged Opus packet is a BitstreamError and nothing else', () => {
  for (const packet of [[], [0x79, 1, 2, 3], [0x7a], [0x7a, 5, 1], [0x7b], [0x7b, 0], [0x7b, 0x83, 250, 250], [0x7b, 0x42, 255, 255]]) {
    assert.throws(() => splitOpusPacket(Uint8Array.from(packet)), BitstreamError);
  }
});
