/** Reads the CMAF fragments of a recorded segment (ISO/IEC 14496-12 §8.8): which samples they hold, and where. */

export interface Samples {
  readonly sizes: number[];
  readonly durations: number[];
  readonly offsets: number[];
  readonly keys: boolean[];
}

export interface Fragment {
  /** Decode time of its first sample. */
  readonly start: number;
  readonly samples: Samples;
  /** Its media, from the beginning of the fragment's bytes. */
  readonly payload: number;
  readonly payloadLength: number;
  /** Where the next fragment begins. */
  readonly end: number;
}

export interface Box {
  readonly type: string;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** The boxes between two places; the last may reach beyond `end` where its bytes are not there yet. */
export function* boxesIn(bytes: Buffer, from: number, end: number): Generator<Box> {
  for (let start = from; start + 8 <= end; ) {
    const size = bytes.readUInt32BE(start);
    // 64 bit sizes and boxes to the end of the file are not what this server writes.
    if (size < 8) return;
    yield { type: bytes.toString('latin1', start + 4, start + 8), start, body: start + 8, end: start + size };
    start += size;
  }
}

export function findBox(bytes: Buffer, path: readonly string[], from = 0, end = bytes.byteLength): Box | null {
  const [type, ...rest] = path;
  for (const box of boxesIn(bytes, from, end)) {
    if (box.type !== type) continue;
    return rest.length === 0 ? box : findBox(bytes, rest, box.body, box.end);
  }
  return null;
}

/** The first fragment in `bytes`, of which the end may be missing from its `mdat` on; null where that is not one. */
export function readFragment(bytes: Buffer): Fragment | null {
  let moof: Box | null = null;
  for (const box of boxesIn(bytes, 0, bytes.byteLength)) {
    if (box.type === 'moof') moof = box;
    if (box.type !== 'mdat' || moof === null) continue;
    const traf = findBox(bytes, ['traf'], moof.body, moof.end);
    return traf === null ? null : readTrackFragment(bytes, traf, box);
  }
  return null;
}

const TFHD = { baseOffset: 0x1, description: 0x2, duration: 0x8, size: 0x10, flags: 0x20 } as const;
const TRUN = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, composition: 0x800 } as const;
const NON_SYNC_SAMPLE = 0x10000;

function readTrackFragment(bytes: Buffer, traf: Box, mdat: Box): Fragment | null {
  const tfhd = findBox(bytes, ['tfhd'], traf.body, traf.end);
  const tfdt = findBox(bytes, ['tfdt'], traf.body, traf.end);
  const trun = findBox(bytes, ['trun'], traf.body, traf.end);
  if (tfhd === null || tfdt === null || trun === null) return null;
  const defaults = readDefaults(bytes, tfhd);
  const start = bytes[tfdt.body] === 1 ? Number(bytes.readBigUInt64BE(tfdt.body + 4)) : bytes.readUInt32BE(tfdt.body + 4);
  const flags = bytes.readUIntBE(trun.body + 1, 3);
  const count = bytes.readUInt32BE(trun.body + 4);
  let at = trun.body + 8 + (flags & TRUN.dataOffset ? 4 : 0);
  let firstFlags = defaults.flags;
  if (flags & TRUN.firstFlags) {
    firstFlags = bytes.readUInt32BE(at);
    at += 4;
  }
  const samples: Samples = { sizes: [], durations: [], offsets: [], keys: [] };
  const field = (present: number, other: number): number => {
    if ((flags & present) === 0) return other;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  for (let index = 0; index < count; index++) {
    samples.durations.push(field(TRUN.duration, defaults.duration));
    samples.sizes.push(field(TRUN.size, defaults.size));
    samples.keys.push((field(TRUN.flags, index === 0 ? firstFlags : defaults.flags) & NON_SYNC_SAMPLE) === 0);
    samples.offsets.push(field(TRUN.composition, 0) | 0);
  }
  return { start, samples, payload: mdat.body, payloadLength: mdat.end - mdat.body, end: mdat.end };
}

function readDefaults(bytes: Buffer, tfhd: Box): { duration: number; size: number; flags: number } {
  const flags = bytes.readUIntBE(tfhd.body + 1, 3);
  let at = tfhd.body + 8 + (flags & TFHD.baseOffset ? 8 : 0) + (flags & TFHD.description ? 4 : 0);
  const field = (present: number): number => {
    if ((flags & present) === 0) return 0;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  return { duration: field(TFHD.duration), size: field(TFHD.size), flags: field(TFHD.flags) };
}
