/**
 * The payload of a `chunk` push on `stream:*` with `container: "frames"`: one or more records of
 * `u8 version=1 · u8 track · u8 flags · u8 0 · u32 duration · i64 dts · i32 cts · u32 length · bytes`, big endian.
 */
import type { Ticks } from './units.ts';

export const CHUNK_VERSION = 1;
export const CHUNK_HEADER_BYTES = 24;
const FLAG_KEY = 1;

export interface ChunkRecord {
  /** Index into the `tracks` that the broadcaster declared. */
  readonly track: number;
  readonly key: boolean;
  /** 0 where it is not known. */
  readonly duration: Ticks;
  readonly dts: Ticks;
  readonly cts: Ticks;
  readonly data: Uint8Array;
}

export class ChunkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ChunkError';
  }
}

/** Writes the header of one record into `view` at `offset`. The caller copies the bytes behind it. */
export function writeChunkHeader(view: DataView, offset: number, record: Omit<ChunkRecord, 'data'>, length: number): void {
  view.setUint8(offset, CHUNK_VERSION);
  view.setUint8(offset + 1, record.track);
  view.setUint8(offset + 2, record.key ? FLAG_KEY : 0);
  view.setUint8(offset + 3, 0);
  view.setUint32(offset + 4, record.duration);
  view.setBigInt64(offset + 8, BigInt(Math.round(record.dts)));
  view.setInt32(offset + 16, record.cts);
  view.setUint32(offset + 20, length);
}

export function encodeChunk(records: readonly ChunkRecord[]): ArrayBuffer {
  const size = records.reduce((sum, record) => sum + CHUNK_HEADER_BYTES + record.data.byteLength, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const record of records) {
    writeChunkHeader(view, offset, record, record.data.byteLength);
    bytes.set(record.data, offset + CHUNK_HEADER_BYTES);
    offset += CHUNK_HEADER_BYTES + record.data.byteLength;
  }
  return bytes.buffer;
}

/** Reads all records; `data` are views into `bytes`. Throws {@link ChunkError} and then has changed nothing. */
export function decodeChunk(bytes: Uint8Array): ChunkRecord[] {
  if (bytes.byteLength === 0) throw new ChunkError('the chunk is empty');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: ChunkRecord[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    if (bytes.byteLength - offset < CHUNK_HEADER_BYTES) throw new ChunkError(`record ${records.length} ends within its header`);
    const version = view.getUint8(offset);
    if (version !== CHUNK_VERSION)
      throw new ChunkError(`record ${records.length} has version ${version}, this server reads ${CHUNK_VERSION}`);
    const dts = view.getBigInt64(offset + 8);
    if (dts > BigInt(Number.MAX_SAFE_INTEGER) || dts < BigInt(Number.MIN_SAFE_INTEGER)) {
      throw new ChunkError(`record ${records.length} has a decode time out of range`);
    }
    const length = view.getUint32(offset + 20);
    const start = offset + CHUNK_HEADER_BYTES;
    if (length === 0) throw new ChunkError(`record ${records.length} is empty`);
    if (length > bytes.byteLength - start)
      throw new ChunkError(`record ${records.length} announces ${length} bytes and has ${bytes.byteLength - start}`);
    records.push({
      track: view.getUint8(offset + 1),
      key: (view.getUint8(offset + 2) & FLAG_KEY) !== 0,
      duration: view.getUint32(offset + 4),
      dts: Number(dts),
      cts: view.getInt32(offset + 16),
      data: bytes.subarray(start, start + length),
    });
    offset = start + length;
  }
  return records;
}
