/** RFC 9559 §10.3, with the examples that stand there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitstreamError } from '../../../server-reference/src/ingest/h264.ts';
import { splitLace } from '../../../server-reference/src/ingest/matroska-lacing.ts';

const XIPH = 0x02;
const FIXED = 0x04;
const EBML = 0x06;

const lengths = (flags: number, header: readonly number[], payload: number): number[] =>
  splitLace(flags, Uint8Array.from([...header, ...new Array<number>(payload).fill(7)])).map(({ byteLength }) => byteLength);

test('without a lace the frame is all there is', () => {
  assert.deepEqual(lengths(0x80, [], 5), [5]);
});

test('Xiph lacing adds up bytes to the first that is not 255', () => {
  assert.deepEqual(lengths(XIPH, [2, 255, 255, 255, 35, 255, 245], 800 + 500 + 1000), [800, 500, 1000]);
});

test('EBML lacing has a size and then differences', () => {
  assert.deepEqual(lengths(EBML, [2, 0x43, 0x20, 0x5e, 0xd3], 800 + 500 + 1000), [800, 500, 1000]);
});

test('fixed lacing has frames of equal size', () => {
  assert.deepEqual(lengths(FIXED, [2], 2400), [800, 800, 800]);
  assert.throws(() => lengths(FIXED, [2], 2401), BitstreamError);
});

test('sizes beyond the block are refused', () => {
  assert.throws(() => lengths(XIPH, [1, 200], 100), BitstreamError);
  assert.throws(() => lengths(EBML, [2, 0x81, 0x80], 100), BitstreamError);
  assert.throws(() => lengths(XIPH, [1, 255], 0), BitstreamError);
});
