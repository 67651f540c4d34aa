import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitstreamError } from '../../../server-reference/src/ingest/h264.ts';
import { type OrderedPicture, PictureOrder } from '../../../server-reference/src/ingest/picture-order.ts';

const FRAME = 40_000;

/** Decode and presentation times of pictures that come in this order. */
function order(depth: number | null, times: readonly number[]): OrderedPicture<number>[] {
  const pictures = new PictureOrder<number>(depth);
  return times.flatMap((time, index) => pictures.push(time * FRAME, index));
}

test('pictures that are shown as they are decoded are decoded when they are shown, at once', () => {
  for (const depth of [0, null]) {
    const pictures = new PictureOrder<string>(depth);
    assert.deepEqual(pictures.push(5, 'a'), [{ decode: 5, time: 5, picture: 'a' }]);
    assert.deepEqual(pictures.push(9, 'b'), [{ decode: 9, time: 9, picture: 'b' }]);
  }
});

test('with B-frames decode times rise frame by frame, and no picture is shown before it is decoded', () => {
  const ordered = order(2, [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]);
  assert.deepEqual(
    ordered.map(({ time }) => time / FRAME),
    [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11],
  );
  const decodes = ordered.map(({ decode }) => decode / FRAME);
  assert.deepEqual(decodes.slice(2), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const { decode, time } of ordered) assert.ok(decode <= time, `${decode} is after ${time}`);
});

test('pictures wait only at the start, for as many as may be reordered', () => {
  const pictures = new PictureOrder<number>(1);
  assert.deepEqual(pictures.push(0, 0), []);
  assert.equal(pictures.push(2 * FRAME, 1).length, 2);
  assert.equal(pictures.push(FRAME, 2).length, 1);
});

test('reordered pictures whose parameter sets say nothing of it are refused in words', () => {
  assert.throws(
    () => order(null, [0, 2, 1]),
    (error) => error instanceof BitstreamError && /without B-frames/.test(error.message),
  );
});

test('a time that jumps begins another order rather than a picture that is an hour late', () => {
  const ordered = order(1, [0, 2, 1, 90_000, 90_002, 90_001]);
  assert.deepEqual(
    ordered.slice(-3).map(({ decode }) => decode / FRAME),
    [89_998, 90_000, 90_001],
  );
});
