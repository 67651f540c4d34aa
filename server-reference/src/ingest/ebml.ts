/** What Matroska is written in (RFC 8794): elements of an id, a size and a payload, read here from bytes that are all there. */
import { BitstreamError } from './h264.ts';

export interface EbmlElement {
  /** With its length marker, as specifications print it. */
  readonly id: number;
  readonly data: Uint8Array;
}

export interface VariableInteger {
  readonly value: number;
  /** Bytes that it takes. */
  readonly length: number;
  /** All value bits are set: as a size, "not known". */
  readonly allOnes: boolean;
}

/** The length of a variable-size integer by its first byte: 1 to 8, 9 for none. */
export const integerLength = (first: number): number => Math.clz32(first) - 23;

/** §4: the id keeps its length marker, a size does not. Throws {@link BitstreamError} for none; null where bytes are missing. */
export function readInteger(bytes: Uint8Array, offset: number, keepMarker: boolean): VariableInteger | null {
  const first = bytes[offset];
  if (first === undefined) return null;
  const length = integerLength(first);
  if (length > (keepMarker ? 4 : 8)) throw new BitstreamError('the container has bytes where an element should begin');
  if (offset + length > bytes.byteLength) return null;
  let value = keepMarker ? first : first & (0xff >> length);
  let allOnes = (first & (0xff >> length)) === 0xff >> length;
  for (let index = 1; index < length; index++) {
    const byte = bytes[offset + index] ?? 0;
    value = value * 256 + byte;
    allOnes &&= byte === 0xff;
  }
  return { value, length, allOnes };
}

/** The elements within a master element whose size is known. */
export function* childrenOf(data: Uint8Array): Generator<EbmlElement> {
  for (let offset = 0; offset < data.byteLength; ) {
    const id = readInteger(data, offset, true);
    const size = id === null ? null : readInteger(data, offset + id.length, false);
    if (id === null || size === null) throw new BitstreamError('an element of the container ends within a header');
    const start = offset + id.length + size.length;
    if (size.allOnes || size.value > data.byteLength - start)
      throw new BitstreamError('an element of the container is longer than the one around it');
    offset = start + size.value;
    yield { id: id.value, data: data.subarray(start, offset) };
  }
}

export function readUnsigned(data: Uint8Array): number {
  if (data.byteLength > 8) throw new BitstreamError('a number in the container is too long');
  const value = data.reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw new BitstreamError('a number in the container is out of range');
  return value;
}

export function readFloat(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.byteLength === 4) return view.getFloat32(0);
  if (data.byteLength === 8) return view.getFloat64(0);
  throw new BitstreamError('a fraction in the container has neither 4 nor 8 bytes');
}

/** ASCII up to the first zero. */
export function readText(data: Uint8Array): string {
  const end = data.indexOf(0);
  return new TextDecoder().decode(data.subarray(0, Math.min(end < 0 ? data.byteLength : end, 64)));
}
