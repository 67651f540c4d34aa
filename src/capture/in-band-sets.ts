/** Parameter sets within the bitstream: a picture of another size says so itself, and its frames go on under the track as it was declared. */

const SPS = 7;
const LAST_SLICE = 5;
/** In an avcC (ISO/IEC 14496-15 §5.3.3.1): version, profile, compatibility, level, size of lengths. */
const HEADER_BYTES = 5;

/** A key frame as length-prefixed NAL units, with the sets of its avcC in front unless it has its own. */
export function withParameterSets(frame: Uint8Array, avcc: Uint8Array): Uint8Array {
  const lengthBytes = ((avcc[4] ?? 0) & 3) + 1;
  if (hasSets(frame, lengthBytes)) return frame;
  const sets = [...setsOf(avcc)].map((set) => prefixed(set, lengthBytes));
  const whole = new Uint8Array(sets.reduce((sum, set) => sum + set.byteLength, frame.byteLength));
  let offset = 0;
  for (const part of [...sets, frame]) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

function* setsOf(avcc: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(avcc.buffer, avcc.byteOffset, avcc.byteLength);
  let offset = HEADER_BYTES;
  // Firefox writes the header byte of each set twice; a profile of that number does not exist.
  const [header, profile] = avcc.subarray(HEADER_BYTES + 3);
  const doubled = profile === header && profile !== avcc[1] ? 1 : 0;
  for (const mask of [0x1f, 0xff]) {
    for (let left = view.getUint8(offset++) & mask; left > 0; left--) {
      const length = view.getUint16(offset);
      yield avcc.subarray(offset + 2 + doubled, offset + 2 + length);
      offset += 2 + length;
    }
  }
}

function prefixed(nal: Uint8Array, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes + nal.byteLength);
  for (let index = 0; index < lengthBytes; index++) bytes[index] = nal.byteLength >>> (8 * (lengthBytes - 1 - index));
  bytes.set(nal, lengthBytes);
  return bytes;
}

/** Sets come before the slices of their picture. */
function hasSets(frame: Uint8Array, lengthBytes: number): boolean {
  let offset = 0;
  while (offset + lengthBytes < frame.byteLength) {
    const length = frame.subarray(offset, offset + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    const type = (frame[offset + lengthBytes] ?? 0) & 0x1f;
    if (type === SPS) return true;
    if (type > 0 && type <= LAST_SLICE) return false;
    offset += lengthBytes + length;
  }
  return false;
}
