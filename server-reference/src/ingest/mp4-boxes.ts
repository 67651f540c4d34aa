/** What MP4 is written in (ISO/IEC 14496-12 §4.2): boxes of a size, a type and a payload, read here from bytes that are all there. */
import { BitstreamError } from './h264.ts';

export interface Mp4Box {
  readonly type: string;
  readonly data: DataView;
}

export interface BoxHeader {
  readonly type: string;
  /** With the header; null where it goes on to the end of the recording. */
  readonly size: number | null;
  readonly headerSize: number;
}

export const LONGEST_BOX_HEADER = 16;

/** Null where bytes are missing. Throws {@link BitstreamError}. */
export function readBoxHeader(bytes: DataView): BoxHeader | null {
  if (bytes.byteLength < 8) return null;
  const type = String.fromCharCode(bytes.getUint8(4), bytes.getUint8(5), bytes.getUint8(6), bytes.getUint8(7));
  const short = bytes.getUint32(0);
  if (short === 0) return { type, size: null, headerSize: 8 };
  if (short !== 1) {
    if (short < 8) throw new BitstreamError(`box ${printable(type)} of the container is shorter than its header`);
    return { type, size: short, headerSize: 8 };
  }
  if (bytes.byteLength < LONGEST_BOX_HEADER) return null;
  const size = Number(bytes.getBigUint64(8));
  if (size < LONGEST_BOX_HEADER) throw new BitstreamError(`box ${printable(type)} of the container is shorter than its header`);
  return { type, size, headerSize: LONGEST_BOX_HEADER };
}

/** The boxes within another. */
export function* boxesIn(data: DataView): Generator<Mp4Box> {
  for (let offset = 0; offset < data.byteLength; ) {
    const header = readBoxHeader(new DataView(data.buffer, data.byteOffset + offset, data.byteLength - offset));
    if (header === null) throw new BitstreamError('a box of the container ends within a header');
    const size = header.size ?? data.byteLength - offset;
    if (size > data.byteLength - offset) throw new BitstreamError('a box of the container is longer than the one around it');
    yield { type: header.type, data: new DataView(data.buffer, data.byteOffset + offset + header.headerSize, size - header.headerSize) };
    offset += size;
  }
}

/** The first box of a type. */
export function boxIn(data: DataView, ...path: readonly string[]): DataView | null {
  let found: DataView | null = data;
  for (const type of path) {
    const around: DataView = found;
    found = null;
    for (const box of boxesIn(around)) {
      if (box.type !== type) continue;
      found = box.data;
      break;
    }
    if (found === null) return null;
  }
  return found;
}

/** Of what came in, fit for a sentence. */
export const printable = (type: string): string => type.replace(/[^ -~]/g, '?');
