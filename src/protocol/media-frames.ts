/**
 * The binary payloads of `media:*`, big endian: `init` is `u8 track · u8 epoch · init section`, `part` is
 * `u8 track · u8 epoch · i64 capture time in milliseconds · one CMAF fragment`. Decoders throw {@link FrameError} and nothing else.
 */
import { FrameError } from './phoenix-frames.ts';
import type { Milliseconds } from './units.ts';

const INIT_HEADER_BYTES = 2;
const PART_HEADER_BYTES = 10;

export interface MediaInit {
  /** The `id` of a track in the newest `tracks`. */
  readonly track: number;
  /** The lowest eight bits of the epoch that `tracks` names. */
  readonly epoch: number;
  /** `ftyp` and `moov`. */
  readonly section: Uint8Array;
}

export interface MediaPart {
  readonly track: number;
  readonly epoch: number;
  /** When its first frame was captured, by the server's clock. */
  readonly capturedAt: Milliseconds;
  /** `moof` and `mdat`. */
  readonly fragment: Uint8Array;
}

export function encodeMediaInit({ track, epoch, section }: MediaInit): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(INIT_HEADER_BYTES + section.byteLength);
  bytes[0] = track;
  bytes[1] = epoch;
  bytes.set(section, INIT_HEADER_BYTES);
  return bytes;
}

export function encodeMediaPart({ track, epoch, capturedAt, fragment }: MediaPart): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PART_HEADER_BYTES + fragment.byteLength);
  bytes[0] = track;
  bytes[1] = epoch;
  new DataView(bytes.buffer).setBigInt64(2, BigInt(Math.round(capturedAt)));
  bytes.set(fragment, PART_HEADER_BYTES);
  return bytes;
}

/** `section` is a view into `bytes`. */
export function decodeMediaInit(bytes: Uint8Array): MediaInit {
  if (bytes.byteLength <= INIT_HEADER_BYTES) throw new FrameError('truncated', 'the init section ends within its header');
  const [track = 0, epoch = 0] = bytes;
  return { track, epoch, section: bytes.subarray(INIT_HEADER_BYTES) };
}

/** `fragment` is a view into `bytes`. */
export function decodeMediaPart(bytes: Uint8Array): MediaPart {
  if (bytes.byteLength <= PART_HEADER_BYTES) throw new FrameError('truncated', 'the part ends within its header');
  const [track = 0, epoch = 0] = bytes;
  const capturedAt = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(2));
  return { track, epoch, capturedAt, fragment: bytes.subarray(PART_HEADER_BYTES) };
}
