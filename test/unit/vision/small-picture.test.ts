/** What a detector gets to see of a raw picture. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallPicture } from '../../../server-reference/src/vision/live/small-picture.ts';
import { fillRectangle } from '../../../server-reference/src/vision/live/yuv-drawing.ts';
import { inkOf, type YuvPicture, yuvBytes } from '../../../server-reference/src/vision/live/yuv-picture.ts';

const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
] as const;

/** Four quarters, each of one colour. */
function quarters(width: number, height: number): YuvPicture {
  const picture = { width, height, data: new Uint8Array(yuvBytes(width, height)) };
  for (const [index, [red, green, blue]] of COLOURS.entries()) {
    const [x, y] = [(index % 2) * (width / 2), index > 1 ? height / 2 : 0];
    fillRectangle(picture, x, y, width / 2, height / 2, inkOf(red, green, blue));
  }
  return picture;
}

test('a picture is scaled to the width asked for, in its proportions and its colours', () => {
  const { width, height, data } = smallPicture(quarters(640, 480), 320);
  assert.deepEqual([width, height, data.byteLength], [320, 240, 320 * 240 * 3]);
  for (const [index, colour] of COLOURS.entries()) {
    const [x, y] = [80 + (index % 2) * 160, index > 1 ? 180 : 60];
    const pixel = [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    for (const [channel, value] of colour.entries()) assert.ok(Math.abs((pixel[channel] ?? 0) - value) <= 4, `${pixel} for ${colour}`);
  }
});

test('a picture that is small already keeps its size', () => {
  const { width, height } = smallPicture(quarters(96, 200), 320);
  assert.deepEqual([width, height], [96, 200]);
});

test('a picture is as its pixels are, wherever they stand: a border comes out where it was', () => {
  const picture = quarters(1280, 720);
  const { width, height, data } = smallPicture(picture, 320);
  assert.deepEqual([width, height], [320, 180]);
  const green = (x: number): number => data[(10 * width + x) * 3 + 1] ?? 0;
  assert.ok(green(158) < 10 && green(161) > 245);
});

test('fine lines become grey, they do not vanish', () => {
  const picture: YuvPicture = { width: 640, height: 480, data: new Uint8Array(yuvBytes(640, 480)).fill(128) };
  for (let x = 0; x < 640; x += 2) for (let row = 0; row < 480; row++) picture.data.set([16, 235], row * 640 + x);
  const { data } = smallPicture(picture, 320);
  assert.ok(Math.abs((data[3 * 1000] ?? 0) - 127) < 4);
});
