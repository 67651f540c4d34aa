/** What goes into ffmpeg and what comes out of it, without ffmpeg. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitstreamError } from '../../../server-reference/src/ingest/h264.ts';
import { MatroskaReader } from '../../../server-reference/src/ingest/matroska-reader.ts';
import { AdtsReader } from '../../../server-reference/src/transcode/adts-reader.ts';
import { FlvReader } from '../../../server-reference/src/transcode/flv-reader.ts';
import { flvHeader, flvPicture } from '../../../server-reference/src/transcode/flv-writer.ts';
import { matroskaHeader, matroskaPacket, opusHead } from '../../../server-reference/src/transcode/matroska-writer.ts';
import { SampleTimes } from '../../../server-reference/src/transcode/sample-times.ts';

test('FLV that was written reads the same, a day later too', () => {
  const later = 0x05265c01;
  const file = [flvHeader(Uint8Array.of(1, 66)), flvPicture(40, true, Uint8Array.of(1)), flvPicture(later, false, Uint8Array.of(2, 3))];
  assert.deepEqual(new FlvReader().push(Buffer.concat(file)), [
    { type: 'configuration', avcC: Uint8Array.of(1, 66) },
    { type: 'picture', time: 40, key: true, data: Uint8Array.of(1) },
    { type: 'picture', time: later, key: false, data: Uint8Array.of(2, 3) },
  ]);
});

test('Matroska that was written reads the same, each packet at its last byte', () => {
  const reader = new MatroskaReader();
  const head = opusHead(2, 0);
  const [tracks] = reader.push(matroskaHeader(head, 2));
  assert.ok(tracks?.type === 'tracks');
  assert.equal(tracks.tracks[0]?.codec, 'A_OPUS');
  assert.deepEqual([...(tracks.tracks[0]?.codecPrivate ?? [])], [...head]);
  for (const time of [0, 20, 86_400_000]) {
    const [block] = reader.push(matroskaPacket(time, Uint8Array.of(0xfc, 1, 2)));
    assert.ok(block?.type === 'block');
    assert.deepEqual([block.time / 1e6, ...block.data], [time, 0xfc, 1, 2]);
  }
});

const adts = (length: number): number[] => [0xff, 0xf1, 0x4c, 0x80 | (length >> 11), (length >> 3) & 255, ((length & 7) << 5) | 31, 0xfc];

test('ADTS cut anywhere reads the same', () => {
  const file = Uint8Array.from([...adts(9), 1, 2, ...adts(8), 3]);
  const frames = (reads: Uint8Array[]): number[][] => reads.map((frame) => [...frame]);
  assert.deepEqual(frames(new AdtsReader().push(file)), [[1, 2], [3]]);
  const reader = new AdtsReader();
  assert.deepEqual(frames([...file].flatMap((byte) => reader.push(Uint8Array.of(byte)))), [[1, 2], [3]]);
});

test('what is no ADTS, or a frame shorter than its header, is refused', () => {
  assert.throws(() => new AdtsReader().push(new Uint8Array(16)), BitstreamError);
  assert.throws(() => new AdtsReader().push(Uint8Array.from(adts(3))), BitstreamError);
});

test('samples have the times of the packets they came in, also where those are slewed or missing', () => {
  const times = new SampleTimes();
  times.push(960, 48_000, 960);
  times.push(960, 48_960, 970);
  times.push(960, 100_000, 960);
  assert.deepEqual(times.span(0, 960), { from: 48_000, to: 48_960 });
  assert.deepEqual(times.span(480, 960), { from: 48_480, to: 49_445 });
  assert.deepEqual(times.span(1440, 480), { from: 49_445, to: 49_930 }, 'the end is the one before the hole');
  assert.deepEqual(times.span(1920, 960), { from: 100_000, to: 100_960 });
  assert.equal(times.span(2400, 960), null);
});
