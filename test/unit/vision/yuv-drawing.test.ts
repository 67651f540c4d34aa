/** What is drawn on raw pictures, sample by sample. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawFrame, drawLine, drawPoint, fillRectangle } from '../../../server-reference/src/vision/live/yuv-drawing.ts';
import { inkOf, type YuvPicture, yuvBytes } from '../../../server-reference/src/vision/live/yuv-picture.ts';

const INK = { y: 200, u: 50, v: 60 };

function grey(width = 16, height = 12): YuvPicture {
  return { width, height, data: new Uint8Array(yuvBytes(width, height)).fill(128) };
}

/** Rows of the luma plane, `#` where something was drawn. */
function luma({ width, height, data }: YuvPicture): string[] {
  return Array.from({ length: height }, (_, row) =>
    [...data.subarray(row * width, (row + 1) * width)].map((sample) => (sample === INK.y ? '#' : '.')).join(''),
  );
}

const drawn = (picture: YuvPicture): number => luma(picture).join('').split('#').length - 1;

test('a rectangle has its colour in all three planes, and nothing beside it', () => {
  const picture = grey();
  fillRectangle(picture, 4, 2, 4, 2, INK);
  assert.deepEqual(luma(picture).slice(1, 5), ['................', '....####........', '....####........', '................']);
  const u = [...picture.data.subarray(16 * 12, 16 * 12 + 48)];
  const v = [...picture.data.subarray(16 * 12 + 48)];
  for (const [plane, value] of [
    [u, INK.u],
    [v, INK.v],
  ] as const) {
    assert.deepEqual(plane.slice(8, 16), [128, 128, value, value, 128, 128, 128, 128]);
    assert.equal(plane.filter((sample) => sample === value).length, 2);
  }
});

test('a rectangle at odd pixels colours every sample that it touches', () => {
  const picture = grey();
  fillRectangle(picture, 3, 1, 2, 2, INK);
  const u = [...picture.data.subarray(16 * 12, 16 * 12 + 48)];
  assert.deepEqual([u[1], u[2], u[9], u[10]], [50, 50, 50, 50]);
  assert.equal(u.filter((sample) => sample === 50).length, 4);
});

test('what reaches beyond the picture is cut off at its edges', () => {
  const picture = grey();
  fillRectangle(picture, -5, -5, 7, 7, INK);
  fillRectangle(picture, 14, 10, 100, 100, INK);
  assert.equal(drawn(picture), 4 + 4);
  assert.equal(luma(picture)[0]?.slice(0, 3), '##.');
  assert.equal(luma(picture)[11]?.slice(-3), '.##');
});

test('what lies beyond the picture, or nowhere, is not drawn', () => {
  const picture = grey();
  const before = picture.data.slice();
  fillRectangle(picture, 100, 0, 5, 5, INK);
  fillRectangle(picture, -20, 0, 5, 5, INK);
  fillRectangle(picture, 2, 2, -3, 4, INK);
  fillRectangle(picture, Number.NaN, 0, 5, 5, INK);
  drawLine(picture, 0, 0, Number.POSITIVE_INFINITY, 5, 2, INK);
  drawLine(picture, -50, -10, 50, -10, 2, INK);
  drawPoint(picture, 1e9, -1e9, 3, INK);
  assert.deepEqual(picture.data, before);
});

test('a frame is as thick as it is to be, and empty', () => {
  const picture = grey();
  drawFrame(picture, 2, 2, 10, 8, 2, INK);
  assert.deepEqual(luma(picture), [
    '................',
    '................',
    '..##########....',
    '..##########....',
    '..##......##....',
    '..##......##....',
    '..##......##....',
    '..##......##....',
    '..##########....',
    '..##########....',
    '................',
    '................',
  ]);
});

test('a line joins its ends without a hole', () => {
  const picture = grey();
  drawLine(picture, 2, 2, 12, 8, 2, INK);
  const rows = luma(picture);
  for (let row = 2; row <= 7; row++) assert.match(rows[row] ?? '', /#/, `row ${row}`);
  for (let column = 2; column <= 11; column++)
    assert.ok(
      rows.some((row) => row[column] === '#'),
      `column ${column}`,
    );
});

test('of a line that comes from far away only what is in the picture is drawn, and it takes no time', () => {
  const picture = grey();
  // Of this process alone: what else runs on the machine takes no part of it.
  const began = process.cpuUsage();
  drawLine(picture, -1e8, 6, 1e8, 6, 2, INK);
  const { user, system } = process.cpuUsage(began);
  assert.ok(user + system < 100_000, `${user + system} µs`);
  assert.equal(drawn(picture), 32, 'two full rows');
});

test('colours are those of television: black 16, white 235, grey without colour', () => {
  assert.deepEqual(inkOf(0, 0, 0), { y: 16, u: 128, v: 128 });
  assert.deepEqual(inkOf(255, 255, 255), { y: 235, u: 128, v: 128 });
  const { y, u, v } = inkOf(255, 0, 0);
  assert.ok(Math.abs(y - 81) < 2 && Math.abs(u - 90) < 2 && Math.abs(v - 240) < 2);
});
