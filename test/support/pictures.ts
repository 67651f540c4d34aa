/** Pictures for tests of detectors: with a face, without one, and such as should not be taken. */
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { Picture } from '../../server-reference/src/vision/detector.ts';
import { facePortrait } from './face-model.ts';

/** The portrait, so many pixels wide. */
export function portrait(width: number): Sharp {
  return sharp(facePortrait()).resize(width).removeAlpha();
}

/** Where the face is in the portrait, from its chin to its brows, in shares; measured with the detector at 512 pixels and by eye. */
export const PORTRAIT_FACE = { x: 0.3, y: 0.14, width: 0.26, height: 0.23 } as const;

export async function rawPicture(image: Sharp): Promise<Picture> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

/** Every pixel by chance, and the same for a seed. */
export function noise(width: number, height: number, seed: number): Picture {
  const data = new Uint8Array(width * height * 3);
  let state = seed >>> 0;
  for (let at = 0; at < data.length; at++) {
    // A linear congruential generator: its upper bits are good enough for noise.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[at] = state >>> 24;
  }
  return { width, height, data };
}

/** Bars of colour above a ramp of grey and circles: what is in test patterns. */
export function testCard(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bar = 7 - Math.floor((x * 8) / width);
      const ramp = Math.floor((x * 256) / width);
      const circle = Math.floor(Math.hypot(x - width / 2, y - height / 2) / 12) % 2 === 0;
      const colour = y < height / 2 ? [bar & 2 ? 255 : 0, bar & 4 ? 255 : 0, bar & 1 ? 255 : 0] : [ramp, circle ? ramp : 255 - ramp, ramp];
      data.set(colour, (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

export function encode({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A PNG in black, one bit a pixel: thousands of pixels in each byte. */
export function blackPng(width: number, height: number, rows = height): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const lines = deflateSync(Buffer.alloc(rows * (1 + Math.ceil(width / 8))), { level: 9 });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', lines),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
