/** Opus as Matroska (RFC 9559), for the input of ffmpeg: a cluster a packet, so that each can be read at once. */
import type { Milliseconds } from '../../../src/protocol/index.ts';

const UNKNOWN_SIZE = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
/** Nanoseconds of a millisecond. */
const MILLISECOND = 1_000_000;
const TRACK = 1;
const AUDIO = 2;

export function matroskaHeader(opusHead: Uint8Array, channels: number): Uint8Array {
  const ebml = element(0x1a45dfa3, element(0x4282, Buffer.from('matroska')), element(0x4287, unsigned(4)), element(0x4285, unsigned(2)));
  const info = element(0x1549a966, element(0x2ad7b1, unsigned(MILLISECOND)));
  const sampling = Buffer.alloc(8);
  sampling.writeDoubleBE(48_000);
  const track = element(
    0xae,
    element(0xd7, unsigned(TRACK)),
    element(0x73c5, unsigned(TRACK)),
    element(0x83, unsigned(AUDIO)),
    element(0x86, Buffer.from('A_OPUS')),
    element(0x63a2, opusHead),
    element(0xe1, element(0xb5, sampling), element(0x9f, unsigned(channels))),
  );
  return Buffer.concat([ebml, Buffer.from([0x18, 0x53, 0x80, 0x67]), UNKNOWN_SIZE, info, element(0x1654ae6b, track)]);
}

export function matroskaPacket(time: Milliseconds, packet: Uint8Array): Uint8Array {
  // The track, its time within the cluster, and that it is a key frame.
  const block = Buffer.concat([Buffer.from([0x80 | TRACK, 0, 0, 0x80]), packet]);
  return element(0x1f43b675, element(0xe7, unsigned(time)), element(0xa3, block));
}

/** RFC 7845 §5.1. Nothing is to be skipped: what is fed begins in the midst of a stream, and every sample counts. */
export function opusHead(channels: number, outputGain: number): Uint8Array {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head[8] = 1;
  head[9] = channels;
  head.writeUInt32LE(48_000, 12);
  head.writeInt16LE(outputGain, 16);
  return head;
}

function element(id: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(4);
  // Four bytes, of which the first three bits say so.
  size.writeUInt32BE(0x10000000 | body.byteLength);
  return Buffer.concat([unsigned(id), size, body]);
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? Buffer.of(0) : bytes.subarray(first);
}
