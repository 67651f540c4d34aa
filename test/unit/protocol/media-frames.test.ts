/** What `init` and `part` of `media:*` hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMediaInit, decodeMediaPart, encodeMediaInit, encodeMediaPart, FrameError } from '../../../src/protocol/index.ts';

test('a part is read as it was written, also at an offset, and its fragment is a view', () => {
  const part = { track: 3, epoch: 255, capturedAt: 1_780_000_000_123, fragment: Uint8Array.of(1, 2, 3) };
  const encoded = encodeMediaPart(part);
  assert.deepEqual([...encoded.subarray(0, 10)], [3, 255, 0, 0, 1, 158, 112, 68, 136, 123]);
  const shifted = new Uint8Array(encoded.byteLength + 5);
  shifted.set(encoded, 5);
  const read = decodeMediaPart(shifted.subarray(5));
  assert.deepEqual({ ...read, fragment: [...read.fragment] }, { ...part, fragment: [1, 2, 3] });
  assert.equal(read.fragment.buffer, shifted.buffer);
});

test('an init section is read as it was written', () => {
  const read = decodeMediaInit(encodeMediaInit({ track: 1, epoch: 7, section: Uint8Array.of(9) }));
  assert.deepEqual([read.track, read.epoch, [...read.section]], [1, 7, [9]]);
});

test('what ends within its header is refused', () => {
  for (let length = 0; length <= 10; length++) assert.throws(() => decodeMediaPart(new Uint8Array(length)), FrameError);
  for (let length = 0; length <= 2; length++) assert.throws(() => decodeMediaInit(new Uint8Array(length)), FrameError);
});
