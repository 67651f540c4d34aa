import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildAudioSpecificConfig, parseAudioSpecificConfig } from '../../../server-reference/src/ingest/aac.ts';
import { BitstreamError, buildAvcC, parseAvcC, parseSps, readAccessUnit } from '../../../server-reference/src/ingest/h264.ts';
import { opusPacketLength, parseOpusHead } from '../../../server-reference/src/ingest/opus.ts';
import { AVCC_360P, AVCC_720P, videoFrame } from '../../support/simulated-broadcast.ts';

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
/** x264 High at 1920x1080, which is 1088 lines cropped. */
const SPS_1080P = bytes('Z2QAKKzZQHgCJ+XARAAAAwAEAAADAPA8YMZY');
const PPS_1080P = bytes('aOvjyyLA');

test('codec string and picture size come from the SPS', () => {
  const { codec, width, height, lengthSize } = parseAvcC(bytes(AVCC_360P));
  assert.deepEqual({ codec, width, height, lengthSize }, { codec: 'avc1.42c01e', width: 640, height: 360, lengthSize: 4 });
  assert.equal(parseAvcC(bytes(AVCC_720P)).width, 1280);
});

test('a high profile SPS with cropping gives the cropped size', () => {
  assert.deepEqual(parseSps(SPS_1080P), { codec: 'avc1.640028', width: 1920, height: 1080, reorder: 2 });
});

test('an avcC built from parameter sets reads back as the same', () => {
  const built = buildAvcC({ sps: [SPS_1080P], pps: [PPS_1080P] });
  const { sps, pps, codec } = parseAvcC(built);
  assert.deepEqual([sps[0], pps[0], codec], [SPS_1080P, PPS_1080P, 'avc1.640028']);
});

test('an avcC whose parameter sets have their headers twice, as Firefox writes it, is read and put right', () => {
  const doubled = '0142c01e03010017676742c01ed900a03da10000030001001e84800f162e480100056868cb8cb2';
  const { codec, width, height, avcC } = parseAvcC(Uint8Array.from(Buffer.from(doubled, 'hex')));
  assert.deepEqual([codec, width, height], ['avc1.42c01e', 640, 480]);
  assert.equal(Buffer.from(avcC).toString('hex'), '0142c01effe100166742c01ed900a03da10000030001001e84800f162e4801000468cb8cb2');
});

test('every truncation of an avcC is a BitstreamError and nothing else', () => {
  const whole = bytes(AVCC_360P);
  for (let length = 0; length < whole.byteLength; length++) {
    assert.throws(() => parseAvcC(whole.subarray(0, length)), BitstreamError, `at ${length} bytes`);
  }
});

test('bit flips in an avcC are read or refused, never a crash of another kind', () => {
  const whole = bytes(AVCC_360P);
  for (let bit = 0; bit < whole.byteLength * 8; bit++) {
    const flipped = whole.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      const { width, height } = parseAvcC(flipped);
      assert.ok(width > 0 && height > 0 && width <= 16_384 && height <= 16_384);
    } catch (error) {
      assert.ok(error instanceof BitstreamError, String(error));
    }
  }
});

test('a frame is a key frame when it has an IDR slice', () => {
  assert.equal(readAccessUnit(videoFrame(true), 4).key, true);
  assert.equal(readAccessUnit(videoFrame(false), 4).key, false);
});

test('parameter sets within a frame are found', () => {
  const { sps, pps } = parseAvcC(bytes(AVCC_360P));
  const prefixed = (nal: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(nal.byteLength);
    return Buffer.concat([length, nal]);
  };
  const unit = readAccessUnit(Buffer.concat([...sps, ...pps].map(prefixed).concat(Buffer.from(videoFrame(true)))), 4);
  assert.equal(unit.key, true);
  assert.deepEqual(
    unit.sets?.sps.map((set) => [...set]),
    sps.map((set) => [...set]),
  );
});

test('NAL units that do not fill their frame are refused', () => {
  assert.throws(() => readAccessUnit(Uint8Array.of(0, 0, 0, 9, 0x65), 4), BitstreamError);
  assert.throws(() => readAccessUnit(Uint8Array.of(0, 0, 0, 0), 4), BitstreamError);
});

for (const [toc, second, samples] of [
  [0xfc, 0, 960],
  [0xf0, 0, 480],
  [0xe0, 0, 120],
  [0x78, 0, 960],
  [0x18, 0, 2880],
  [0xf9, 0, 1920],
  [0xfb, 3, 2880],
] as const) {
  test(`an Opus packet with the TOC 0x${toc.toString(16)} lasts ${samples} samples`, () => {
    assert.equal(opusPacketLength(Uint8Array.of(toc, second, 0)), samples);
  });
}

test('an Opus packet that lasts no time or over 120 ms is refused', () => {
  assert.throws(() => opusPacketLength(Uint8Array.of(0xfb, 0)), BitstreamError);
  assert.throws(() => opusPacketLength(Uint8Array.of(0xfb, 48)), BitstreamError);
});

test('an OpusHead gives channels, pre-skip and gain; anything else is refused', () => {
  const head = Buffer.concat([Buffer.from('OpusHead'), Buffer.from([1, 1, 0x38, 1, 0x80, 0xbb, 0, 0, 0xff, 0xff, 0])]);
  assert.deepEqual(parseOpusHead(head), { channels: 1, preSkip: 312, inputSampleRate: 48_000, outputGain: -1 });
  assert.throws(() => parseOpusHead(head.subarray(0, 10)), BitstreamError);
});

test('an AudioSpecificConfig is read and built', () => {
  const { sampleRate, channels } = parseAudioSpecificConfig(Uint8Array.of(0x11, 0x90));
  assert.deepEqual({ sampleRate, channels }, { sampleRate: 48_000, channels: 2 });
  assert.deepEqual(buildAudioSpecificConfig(48_000, 2), Uint8Array.of(0x11, 0x90));
  assert.throws(() => parseAudioSpecificConfig(Uint8Array.of(0x2b, 0x92)), BitstreamError);
  assert.throws(() => parseAudioSpecificConfig(Uint8Array.of(0x11)), BitstreamError);
});
