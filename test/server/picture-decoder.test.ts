/** Pictures as anyone may send them: what is taken, and what is refused in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, PictureError } from '../../server-reference/src/vision/picture-decoder.ts';
import { LIMITS } from '../../src/protocol/index.ts';
import { blackPng, encode, noise, testCard } from '../support/pictures.ts';

const card = testCard(320, 240);

test('WebP, JPEG and PNG are taken, whatever is in them: alpha, grey, 16 bits, CMYK, interlaced, progressive', async () => {
  const grey = encode(card).toColourspace('b-w');
  const pictures = {
    webp: encode(card).webp(),
    'webp, lossless': encode(card).webp({ lossless: true }),
    jpeg: encode(card).jpeg(),
    'jpeg, progressive': encode(card).jpeg({ progressive: true }),
    'jpeg, grey': grey.clone().jpeg(),
    'jpeg, cmyk': encode(card).toColourspace('cmyk').jpeg(),
    png: encode(card).png(),
    'png, interlaced': encode(card).png({ progressive: true }),
    'png, grey': grey.clone().png(),
    'png, alpha': encode(card).ensureAlpha(0.5).png(),
    'png, palette': encode(card).png({ palette: true }),
    'png, 16 bits': encode(card).toColourspace('rgb16').png(),
  };
  for (const [name, image] of Object.entries(pictures)) {
    const { picture, width, height } = await decodePicture(await image.toBuffer());
    assert.deepEqual([width, height, picture.width, picture.height], [320, 240, 320, 240], name);
    assert.equal(picture.data.length, 320 * 240 * 3, name);
  }
});

test('what is larger than a detector needs is scaled down, and its own size is told', async () => {
  const { picture, width, height } = await decodePicture(blackPng(4000, 2000));
  assert.deepEqual([width, height, picture.width, picture.height], [4000, 2000, 640, 320]);
});

test('one pixel is a picture', async () => {
  const { picture } = await decodePicture(blackPng(1, 1));
  assert.deepEqual([...picture.data], [0, 0, 0]);
});

test('the orientation that a camera noted is heeded', async () => {
  const lying = await encode(card).jpeg().withMetadata({ orientation: 6 }).toBuffer();
  const { picture, width, height } = await decodePicture(lying);
  assert.deepEqual([width, height, picture.width, picture.height], [240, 320, 240, 320]);
});

test('of an animation the first picture is taken', async () => {
  const frames = await Promise.all(['#ff0000', '#0000ff'].map((background) => solid(64, 48, background)));
  const animated = await sharp(frames, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  assert.equal((await sharp(animated).metadata()).pages, 2);
  const { picture, height } = await decodePicture(animated);
  assert.equal(height, 48);
  assert.deepEqual([...picture.data.subarray(0, 3)], [255, 0, 0]);
});

const solid = (width: number, height: number, background: string): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

const bomb = blackPng(60_000, 60_000, 1);
const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>');
const cut = async (image: Sharp): Promise<Buffer> => {
  const whole = await image.toBuffer();
  return whole.subarray(0, Math.floor(whole.length / 2));
};

const REFUSED: readonly (readonly [string, () => Buffer | Promise<Buffer>, RegExp])[] = [
  ['nothing', () => Buffer.alloc(0), /no WebP, JPEG or PNG/],
  ['text', () => Buffer.from('hello, detector'), /no WebP, JPEG or PNG/],
  ['the name of a picture', () => Buffer.from('/etc/passwd'), /no WebP, JPEG or PNG/],
  ['SVG, which would be a program', () => svg, /no WebP, JPEG or PNG/],
  ['GIF', () => encode(card).gif().toBuffer(), /no WebP, JPEG or PNG/],
  ['AVIF', () => encode(testCard(64, 64)).avif({ effort: 0 }).toBuffer(), /no WebP, JPEG or PNG/],
  [
    'the first bytes of a JPEG before noise',
    () => Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), noise(64, 64, 1).data]),
    /cannot be decoded/,
  ],
  ['the first bytes of a WebP alone', () => Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), /cannot be decoded/],
  ['half of a JPEG', () => cut(encode(noise(320, 240, 2)).jpeg()), /cannot be decoded/],
  ['half of a PNG', () => cut(encode(noise(320, 240, 2)).png()), /cannot be decoded/],
  ['half of a WebP', () => cut(encode(noise(320, 240, 2)).webp()), /cannot be decoded/],
  ['8000x8000', () => blackPng(8000, 8000), /8000x8000 is too large/],
  ['a side of 4097', () => blackPng(4097, 1), /4097x1 is too large/],
  [
    '600 KiB',
    () =>
      encode(noise(460, 460, 3))
        .png()
        .toBuffer(),
    /at most 512 KiB/,
  ],
  ['a few hundred bytes that say 60000x60000', () => bomb, /60000x60000 is too large/],
];

for (const [name, make, words] of REFUSED) {
  test(`refused: ${name}`, async () => {
    const bytes = await make();
    await assert.rejects(decodePicture(bytes), (error) => {
      assert.ok(error instanceof PictureError);
      assert.match(error.message, words);
      return true;
    });
  });
}

test('what is refused for its size is refused before it is decoded', async () => {
  assert.ok(bomb.length < 10_000, `${bomb.length} bytes`);
  assert.ok(blackPng(8000, 8000).length < LIMITS.pictureBytes);
  const before = process.memoryUsage().rss;
  for (let turn = 0; turn < 20; turn++) await assert.rejects(decodePicture(blackPng(16_000, 16_000, 16)), /too large/);
  // One of them, decoded, would take 256 MB.
  assert.ok(process.memoryUsage().rss - before < 100e6);
});
