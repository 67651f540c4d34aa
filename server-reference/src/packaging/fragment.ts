/**
 * One CMAF chunk: `prft`, `moof` and `mdat` of one track. Written into one buffer of the final size, so that each sample is copied once.
 */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Frame } from '../hub/media.ts';
import type { Bytes } from './boxes.ts';
import { TRACK_ID } from './init-section.ts';

const BOX = 8;
const FULL_BOX = 12;
const PRFT_BYTES = FULL_BOX + 20;
const MFHD_BYTES = FULL_BOX + 4;
const TFHD_BYTES = FULL_BOX + 8;
const TFDT_BYTES = FULL_BOX + 8;
const TRUN_HEADER_BYTES = FULL_BOX + 8;

const TFHD_DEFAULT_BASE_IS_MOOF = 0x020000;
const TFHD_DEFAULT_SAMPLE_FLAGS = 0x000020;
const TRUN_DATA_OFFSET = 0x000001;
const TRUN_DURATION = 0x000100;
const TRUN_SIZE = 0x000200;
const TRUN_FLAGS = 0x000400;
const TRUN_COMPOSITION_OFFSET = 0x000800;

/** ISO/IEC 14496-12 §8.8.3.1: depends on no other sample, or depends on others and is no sync sample. */
const SYNC_SAMPLE = 0x02000000;
const DEPENDENT_SAMPLE = 0x01010000;

const fourcc = (name: string): number => [...name].reduce((code, letter) => code * 256 + letter.charCodeAt(0), 0);
const PRFT = fourcc('prft');
const MOOF = fourcc('moof');
const MFHD = fourcc('mfhd');
const TRAF = fourcc('traf');
const TFHD = fourcc('tfhd');
const TFDT = fourcc('tfdt');
const TRUN = fourcc('trun');
const MDAT = fourcc('mdat');

/** ISO/IEC 14496-12 §8.16.5: the time is that at which the frame was captured. Version 1, with a 64 bit media time. */
const PRFT_CAPTURED = 0x01000018;
/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_EPOCH = 2_208_988_800;

/** Where a track's times stand on the wall clock. */
export interface CaptureOrigin {
  /** At decode time 0. */
  readonly zero: Milliseconds;
  readonly timescale: number;
}

export function writeFragment(
  kind: 'video' | 'audio',
  sequence: number,
  frames: readonly Frame[],
  origin: CaptureOrigin | null = null,
): Bytes {
  const first = frames[0];
  if (first === undefined) throw new RangeError('a fragment has at least one frame');
  const video = kind === 'video';
  // Audio samples are all alike; video carries its flags and signed composition offsets.
  const sampleBytes = video ? 16 : 8;
  const trunBytes = TRUN_HEADER_BYTES + sampleBytes * frames.length;
  const trafBytes = BOX + TFHD_BYTES + TFDT_BYTES + trunBytes;
  const moofBytes = BOX + MFHD_BYTES + trafBytes;
  let mediaBytes = 0;
  for (const frame of frames) mediaBytes += frame.data.byteLength;

  const prftBytes = origin === null ? 0 : PRFT_BYTES;
  const bytes = new Uint8Array(prftBytes + moofBytes + BOX + mediaBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u32 = (value: number): void => {
    view.setUint32(at, value);
    at += 4;
  };
  if (origin !== null) {
    const captured = (origin.zero + (first.dts * 1000) / origin.timescale) / 1000;
    u32(PRFT_BYTES);
    u32(PRFT);
    u32(PRFT_CAPTURED);
    u32(TRACK_ID);
    u32(Math.floor(captured) + NTP_EPOCH);
    u32(Math.floor((captured % 1) * 2 ** 32));
    view.setBigUint64(at, BigInt(first.dts));
    at += 8;
  }
  u32(moofBytes);
  u32(MOOF);
  u32(MFHD_BYTES);
  u32(MFHD);
  u32(0);
  u32(sequence);
  u32(trafBytes);
  u32(TRAF);
  u32(TFHD_BYTES);
  u32(TFHD);
  u32(TFHD_DEFAULT_BASE_IS_MOOF | TFHD_DEFAULT_SAMPLE_FLAGS);
  u32(TRACK_ID);
  u32(video ? DEPENDENT_SAMPLE : SYNC_SAMPLE);
  u32(TFDT_BYTES);
  u32(TFDT);
  // Version 1: 64 bit decode time.
  u32(0x01000000);
  view.setBigUint64(at, BigInt(first.dts));
  at += 8;
  u32(trunBytes);
  u32(TRUN);
  // Version 1: composition offsets are signed.
  u32(0x01000000 + (TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE | (video ? TRUN_FLAGS | TRUN_COMPOSITION_OFFSET : 0)));
  u32(frames.length);
  u32(moofBytes + BOX);
  for (const frame of frames) {
    u32(frame.duration);
    u32(frame.data.byteLength);
    if (!video) continue;
    u32(frame.key ? SYNC_SAMPLE : DEPENDENT_SAMPLE);
    view.setInt32(at, frame.cts);
    at += 4;
  }
  u32(BOX + mediaBytes);
  u32(MDAT);
  for (const frame of frames) {
    bytes.set(frame.data, at);
    at += frame.data.byteLength;
  }
  return bytes;
}
