/** What hostile hands make of real bytes. */
import type { SeededRandom } from './seeded-random.ts';

/** Numbers at the edges of what fields hold. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff];

/** A copy with some damage; now and then bytes that never were anything. */
export function mutate(original: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.below(50) === 0) return random.bytes(random.below(600));
  let bytes: Uint8Array = original.slice();
  for (let times = 1 + random.below(6); times > 0; times--) bytes = damage(bytes, random);
  return bytes;
}

function damage(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.byteLength === 0) return random.bytes(8);
  const at = random.below(bytes.byteLength);
  const length = 1 + random.below(Math.min(64, bytes.byteLength - at));
  switch (random.below(8)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return concat(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return concat(bytes.subarray(0, at), random.bytes(length), bytes.subarray(at));
    case 3:
      return concat(bytes.subarray(0, at + length), bytes.subarray(at));
    case 4:
      bytes.fill(random.pick(EDGES), at, at + Math.min(length, 8));
      return bytes;
    case 5:
      bytes.set(random.bytes(length), at);
      return bytes;
    case 6:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    default:
      bytes[at] = random.pick(EDGES);
      return bytes;
  }
}

function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}
