/** Several frames in one block of Matroska (RFC 9559 §10.3). */
import { integerLength, readInteger } from './ebml.ts';
import { BitstreamError } from './h264.ts';

const LACING = 0x06;
const XIPH = 0x02;
const FIXED = 0x04;

const damaged = (): BitstreamError => new BitstreamError('a block of the container ends within its lace');

/** The frames behind a block's header. `flags` is the last byte of that header. */
export function splitLace(flags: number, data: Uint8Array): Uint8Array[] {
  const lacing = flags & LACING;
  if (lacing === 0) return [data];
  const count = (data[0] ?? 0) + 1;
  if (data.byteLength === 0) throw damaged();
  if (lacing === FIXED) return equalFrames(data.subarray(1), count);
  const { sizes, offset } = lacing === XIPH ? xiphSizes(data, count) : ebmlSizes(data, count);
  return cut(data.subarray(offset), sizes);
}

function equalFrames(data: Uint8Array, count: number): Uint8Array[] {
  if (data.byteLength % count !== 0) throw damaged();
  const size = data.byteLength / count;
  return Array.from({ length: count }, (_, index) => data.subarray(index * size, (index + 1) * size));
}

interface Sizes {
  /** Of all frames but the last, which takes what is left. */
  readonly sizes: readonly number[];
  readonly offset: number;
}

/** §10.3.2: bytes are added up to the first that is not 255. */
function xiphSizes(data: Uint8Array, count: number): Sizes {
  const sizes: number[] = [];
  let offset = 1;
  while (sizes.length < count - 1) {
    let size = 0;
    for (let byte = 255; byte === 255; size += byte) {
      const next = data[offset++];
      if (next === undefined) throw damaged();
      byte = next;
    }
    sizes.push(size);
  }
  return { sizes, offset };
}

/** §10.3.3: the first size, then differences, each an integer of variable length around zero. */
function ebmlSizes(data: Uint8Array, count: number): Sizes {
  const sizes: number[] = [];
  let offset = 1;
  while (sizes.length < count - 1) {
    const read = readInteger(data, offset, false);
    if (read === null) throw damaged();
    const last = sizes.at(-1);
    const zero = 2 ** (7 * integerLength(data[offset] ?? 0) - 1) - 1;
    sizes.push(last === undefined ? read.value : last + read.value - zero);
    offset += read.length;
  }
  return { sizes, offset };
}

function cut(data: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  let offset = 0;
  const frames = sizes.map((size) => {
    if (size < 0 || size > data.byteLength - offset) throw damaged();
    offset += size;
    return data.subarray(offset - size, offset);
  });
  return [...frames, data.subarray(offset)];
}
