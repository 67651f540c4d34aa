/** H.264 as FLV, for the input of ffmpeg (Video File Format Specification 10, annex E). */
import type { Milliseconds } from '../../../src/protocol/index.ts';

const VIDEO_TAG = 9;
const TAG_HEADER = 11;
const KEY = 0x17;
const INTER = 0x27;

/** The file's header, and the decoder's configuration as its first tag. */
export function flvHeader(avcC: Uint8Array): Uint8Array {
  // Version 1, video alone, nine bytes long, no tag before.
  return Buffer.concat([Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0]), tag(KEY, 0, 0, avcC)]);
}

/**
 * @param data length-prefixed NAL units
 * @param composition how much later it is shown than decoded
 */
export function flvPicture(time: Milliseconds, key: boolean, data: Uint8Array, composition: Milliseconds = 0): Uint8Array {
  return tag(key ? KEY : INTER, 1, time, data, composition);
}

function tag(kind: number, type: number, time: Milliseconds, body: Uint8Array, composition: Milliseconds = 0): Uint8Array {
  const size = 5 + body.byteLength;
  const bytes = Buffer.alloc(TAG_HEADER + size + 4);
  bytes[0] = VIDEO_TAG;
  bytes.writeUIntBE(size, 1, 3);
  bytes.writeUIntBE(time & 0xffffff, 4, 3);
  // The upper eight bits stand behind the others.
  bytes[7] = (time >>> 24) & 255;
  bytes[TAG_HEADER] = kind;
  bytes[TAG_HEADER + 1] = type;
  bytes.writeIntBE(composition, TAG_HEADER + 2, 3);
  bytes.set(body, TAG_HEADER + 5);
  bytes.writeUInt32BE(TAG_HEADER + size, TAG_HEADER + size);
  return bytes;
}
