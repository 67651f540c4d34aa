/** IVF: the plainest container of VP8, VP9, AV1 and raw pictures (`I420`), for the input of ffmpeg. Little endian; times here are in milliseconds. */

export type IvfCodec = 'VP80' | 'VP90' | 'AV01';

export function ivfHeader(codec: IvfCodec | 'I420', width: number, height: number): Uint8Array {
  const bytes = Buffer.alloc(32);
  bytes.write(`DKIF\0\0\x20\0${codec}`, 'latin1');
  bytes.writeUInt16LE(width, 12);
  bytes.writeUInt16LE(height, 14);
  bytes.writeUInt32LE(1000, 16);
  bytes.writeUInt32LE(1, 20);
  return bytes;
}

export function ivfFrameHeader(length: number, milliseconds: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(length, 0);
  bytes.writeBigUInt64LE(BigInt(milliseconds), 4);
  return bytes;
}
