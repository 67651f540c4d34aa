/** Opus packets of several frames, taken apart without decoding: recorders write 60 ms into one, too coarse for short parts. */
import { BitstreamError } from './h264.ts';

const damaged = (): BitstreamError => new BitstreamError('an Opus packet ends within a frame');

/** RFC 6716 §3.2: one packet a frame, of code 0. A packet of one frame is returned as it is. */
export function splitOpusPacket(packet: Uint8Array): Uint8Array[] {
  const toc = packet[0];
  if (toc === undefined) throw new BitstreamError('an Opus packet is empty');
  const code = toc & 3;
  if (code === 0) return [packet];
  const frames = code === 1 ? equalFrames(packet.subarray(1), 2) : code === 2 ? twoFrames(packet) : manyFrames(packet);
  return frames.map((frame) => {
    const single = new Uint8Array(1 + frame.byteLength);
    single[0] = toc & 0xfc;
    single.set(frame, 1);
    return single;
  });
}

function equalFrames(data: Uint8Array, count: number): Uint8Array[] {
  if (data.byteLength % count !== 0) throw damaged();
  const length = data.byteLength / count;
  return Array.from({ length: count }, (_, index) => data.subarray(index * length, (index + 1) * length));
}

function twoFrames(packet: Uint8Array): Uint8Array[] {
  const { length, bytes } = frameLength(packet, 1);
  const start = 1 + bytes;
  if (start + length > packet.byteLength) throw damaged();
  return [packet.subarray(start, start + length), packet.subarray(start + length)];
}

function manyFrames(packet: Uint8Array): Uint8Array[] {
  const flags = packet[1];
  if (flags === undefined) throw damaged();
  const count = flags & 63;
  if (count === 0 || count > 48) throw new BitstreamError('an Opus packet has an impossible number of frames');
  let offset = 2;
  let padding = 0;
  if ((flags & 0x40) !== 0) {
    for (let more = 255; more === 255; ) {
      more = packet[offset++] ?? 0;
      padding += more === 255 ? 254 : more;
    }
  }
  const end = packet.byteLength - padding;
  if (end < offset) throw damaged();
  if ((flags & 0x80) === 0) return equalFrames(packet.subarray(offset, end), count);
  const lengths: number[] = [];
  for (let index = 0; index < count - 1; index++) {
    const { length, bytes } = frameLength(packet, offset);
    lengths.push(length);
    offset += bytes;
  }
  const frames = lengths.map((length) => {
    offset += length;
    return packet.subarray(offset - length, offset);
  });
  if (offset > end) throw damaged();
  return [...frames, packet.subarray(offset, end)];
}

/** RFC 6716 §3.2.1: one byte up to 251, else two. */
function frameLength(packet: Uint8Array, offset: number): { length: number; bytes: number } {
  const first = packet[offset];
  if (first === undefined) throw damaged();
  if (first < 252) return { length: first, bytes: 1 };
  const second = packet[offset + 1];
  if (second === undefined) throw damaged();
  return { length: second * 4 + first, bytes: 2 };
}
