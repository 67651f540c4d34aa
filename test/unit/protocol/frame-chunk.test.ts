import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHUNK_HEADER_BYTES, ChunkError, decodeChunk, encodeChunk } from '../../../src/protocol/index.ts';

const record = { track: 1, key: true, duration: 33_333, dts: 5_000_000_000_123, cts: -40, data: Uint8Array.from([1, 2, 3]) };

describe('chunk records', () => {
  test('several records survive the way there and back', () => {
    const records = [record, { ...record, track: 2, key: false, duration: 0, dts: -7, cts: 12, data: Uint8Array.from([4]) }];
    assert.deepEqual(decodeChunk(new Uint8Array(encodeChunk(records))), records);
  });

  test('the layout is big endian and 24 bytes before the data', () => {
    const bytes = new Uint8Array(encodeChunk([{ ...record, dts: 258 }]));
    assert.equal(bytes.length, CHUNK_HEADER_BYTES + 3);
    assert.deepEqual([...bytes.subarray(0, 4)], [1, 1, 1, 0]);
    assert.deepEqual([...bytes.subarray(8, 16)], [0, 0, 0, 0, 0, 0, 1, 2]);
    assert.deepEqual([...bytes.subarray(16, 20)], [255, 255, 255, 216]);
  });

  test('data of a record is a view and not a copy', () => {
    const bytes = new Uint8Array(encodeChunk([record]));
    assert.equal(decodeChunk(bytes)[0]?.data.buffer, bytes.buffer);
  });

  test('a chunk cut anywhere is refused', () => {
    const bytes = new Uint8Array(encodeChunk([record]));
    for (let length = 0; length < bytes.length; length++) assert.throws(() => decodeChunk(bytes.subarray(0, length)), ChunkError);
  });

  test('another version, an empty record and a time beyond 2^53 are refused', () => {
    const other = new Uint8Array(encodeChunk([record]));
    other[0] = 2;
    assert.throws(() => decodeChunk(other), /version 2/);
    assert.throws(() => decodeChunk(new Uint8Array(encodeChunk([{ ...record, data: new Uint8Array() }]))), /empty/);
    const late = new Uint8Array(encodeChunk([record]));
    late[8] = 0x7f;
    assert.throws(() => decodeChunk(late), /out of range/);
  });
});
