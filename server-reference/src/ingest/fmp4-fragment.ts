/** A movie fragment (ISO/IEC 14496-12 §8.8): where its samples stand in the recording, and when they are decoded and shown. */
import type { Fmp4Timing, Fmp4Track } from './fmp4-header.ts';
import { BitstreamError } from './h264.ts';
import { boxesIn, boxIn } from './mp4-boxes.ts';

export interface Fmp4Sample {
  readonly track: Fmp4Track;
  /** Bytes from the start of the recording. */
  readonly offset: number;
  readonly size: number;
  /** Ticks of the track, before its edit list. */
  readonly decode: number;
  readonly composition: number;
  readonly key: boolean;
}

/** A second of sound and pictures has a few hundred. */
const MOST_SAMPLES = 20_000;
const WRAP = 2 ** 32;
const NON_SYNC = 0x10000;

const TFHD = { base: 0x1, description: 0x2, duration: 0x8, size: 0x10, flags: 0x20, baseIsMoof: 0x20000 } as const;
const TRUN = { offset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, composition: 0x800 } as const;

/** Reads what is in a box field by field; beyond its end it throws. */
class Fields {
  readonly #data: DataView;
  readonly version: number;
  readonly flags: number;
  #offset = 4;

  constructor(data: DataView) {
    this.#data = data;
    const head = data.getUint32(0);
    this.version = head >>> 24;
    this.flags = head & 0xffffff;
  }

  u32(): number {
    this.#offset += 4;
    return this.#data.getUint32(this.#offset - 4);
  }

  i32(): number {
    this.#offset += 4;
    return this.#data.getInt32(this.#offset - 4);
  }

  u64(): number {
    this.#offset += 8;
    const value = Number(this.#data.getBigUint64(this.#offset - 8));
    if (!Number.isSafeInteger(value)) throw new BitstreamError('a number in the container is out of range');
    return value;
  }

  /** The next field where the flag says that it is there. */
  optional(flag: number, missing: number): number {
    return (this.flags & flag) === 0 ? missing : this.u32();
  }
}

export class FragmentReader {
  readonly #timing: Fmp4Timing;
  /** When the next sample of a track is decoded, where its fragment does not say. */
  readonly #next = new Map<number, number>();

  constructor(timing: Fmp4Timing) {
    this.#timing = timing;
  }

  /** The samples of a fragment by their place. `start` is that of its box, in bytes from the start of the recording. */
  read(moof: DataView, start: number, end: number): Fmp4Sample[] {
    try {
      const samples: Fmp4Sample[] = [];
      let previousEnd = start;
      let first = true;
      for (const { type, data } of boxesIn(moof)) {
        if (type !== 'traf') continue;
        previousEnd = this.#readTrack(data, first ? start : previousEnd, start, samples);
        first = false;
      }
      samples.sort((a, b) => a.offset - b.offset);
      let at = end;
      for (const { offset, size } of samples) {
        if (offset < at) throw new BitstreamError('samples of a fragment overlap');
        at = offset + size;
      }
      return samples;
    } catch (cause) {
      if (cause instanceof RangeError) throw new BitstreamError('a fragment of the container ends within a field', { cause });
      throw cause;
    }
  }

  /** Returns where the data of the track ends. */
  #readTrack(traf: DataView, fallback: number, moof: number, samples: Fmp4Sample[]): number {
    const header = boxIn(traf, 'tfhd');
    if (header === null) throw new BitstreamError('a track of a fragment has no header');
    const fields = new Fields(header);
    const id = fields.u32();
    const track = this.#timing.get(id);
    if (track === undefined) throw new BitstreamError(`a fragment has track ${id}, which the movie has not`);
    const base = (fields.flags & TFHD.base) !== 0 ? fields.u64() : (fields.flags & TFHD.baseIsMoof) !== 0 ? moof : fallback;
    fields.optional(TFHD.description, 0);
    const duration = fields.optional(TFHD.duration, track.duration);
    const size = fields.optional(TFHD.size, track.size);
    const flags = fields.optional(TFHD.flags, track.flags);
    let decode = this.#start(track, boxIn(traf, 'tfdt'));
    let offset = base;
    for (const { type, data } of boxesIn(traf)) {
      if (type !== 'trun') continue;
      const run = new Fields(data);
      const count = run.u32();
      if (count + samples.length > MOST_SAMPLES) throw new BitstreamError(`a fragment has more than ${MOST_SAMPLES} samples`);
      if ((run.flags & TRUN.offset) !== 0) offset = base + run.i32();
      const firstFlags = run.optional(TRUN.firstFlags, -1);
      for (let index = 0; index < count; index++) {
        const lasts = run.optional(TRUN.duration, duration);
        const bytes = run.optional(TRUN.size, size);
        const own = run.optional(TRUN.flags, index === 0 && firstFlags >= 0 ? firstFlags : flags);
        const composition = (run.flags & TRUN.composition) === 0 ? 0 : run.version === 0 ? run.u32() : run.i32();
        if (bytes > 0) samples.push({ track, offset, size: bytes, decode, composition, key: (own & NON_SYNC) === 0 });
        offset += bytes;
        decode += lasts;
      }
    }
    this.#next.set(id, decode);
    return offset;
  }

  /** §8.8.12. What counts in 32 bits begins anew at 2^32. */
  #start(track: Fmp4Track, tfdt: DataView | null): number {
    const next = this.#next.get(track.id);
    if (tfdt === null) return next ?? 0;
    const fields = new Fields(tfdt);
    if (fields.version === 1) return fields.u64();
    const time = fields.u32();
    return next === undefined ? time : time + Math.round((next - time) / WRAP) * WRAP;
  }
}
