/** The samples of fragments (`moof` and `mdat`), of any number of tracks. */
import { createHash } from 'node:crypto';
import { boxes, find, fourcc, unlessCut, viewOf } from './box-reader.ts';
import type { TrackInfo } from './init-reader.ts';

export interface Sample {
  /** In the track's timescale, as `size` is in bytes. */
  readonly duration: number;
  readonly size: number;
  readonly sync: boolean;
  readonly offset: number;
  /** Digest of its bytes; empty where they were not all there. */
  readonly digest: string;
}

export interface Fragment {
  readonly track: number;
  /** Decode time of its first sample, in the track's timescale. */
  readonly time: number;
  readonly samples: readonly Sample[];
  /** Whether a `prft` box stands before it. */
  readonly producerTime: boolean;
}

/** More than any fragment has; a run without fields says how many there are without proof. */
const MOST_SAMPLES = 100_000;
const NON_SYNC = 0x00010000;
const has = (flags: number, bit: number): boolean => (flags & bit) !== 0;

/** All fragments in the bytes, one for each track of each `moof`. */
export function readFragments(bytes: Uint8Array, tracks: readonly TrackInfo[]): readonly Fragment[] {
  const fragments: Fragment[] = [];
  // What was read before a cut counts.
  unlessCut(() => collect(bytes, tracks, fragments), undefined);
  return fragments;
}

function collect(bytes: Uint8Array, tracks: readonly TrackInfo[], fragments: Fragment[]): void {
  const file = viewOf(bytes);
  let producerTime = false;
  for (const { type, view } of boxes(file)) {
    if (type === 'prft') producerTime = true;
    if (type !== 'moof') continue;
    const start = view.byteOffset - bytes.byteOffset - 8;
    for (const inner of boxes(view)) {
      const fragment = inner.type === 'traf' ? readTrackFragment(inner.view, bytes, start, tracks, producerTime) : null;
      if (fragment !== null) fragments.push(fragment);
    }
    producerTime = false;
  }
}

/** The four letters with which the bytes begin, for a word on what they are. */
export const leadingType = (bytes: Uint8Array): string => (bytes.byteLength < 8 ? '' : fourcc(viewOf(bytes), 4));

function readTrackFragment(
  traf: DataView,
  bytes: Uint8Array,
  moofStart: number,
  tracks: readonly TrackInfo[],
  producerTime: boolean,
): Fragment | null {
  const [tfhd, tfdt] = [find(traf, 'tfhd'), find(traf, 'tfdt')];
  if (tfhd === null || tfdt === null) return null;
  const flags = tfhd.getUint32(0) & 0xffffff;
  const id = tfhd.getUint32(4);
  const track = tracks.find((known) => known.id === id);
  let at = 8;
  const next = (present: boolean, otherwise: number): number => {
    if (!present) return otherwise;
    at += 4;
    return tfhd.getUint32(at - 4);
  };
  let base = moofStart;
  if (has(flags, 0x01)) {
    base = Number(tfhd.getBigUint64(at));
    at += 8;
  }
  next(has(flags, 0x02), 0);
  const defaults = {
    duration: next(has(flags, 0x08), track?.defaults.duration ?? 0),
    size: next(has(flags, 0x10), track?.defaults.size ?? 0),
    flags: next(has(flags, 0x20), track?.defaults.flags ?? 0),
  };
  const samples: Sample[] = [];
  for (const { type, view } of boxes(traf)) if (type === 'trun') samples.push(...readRun(view, defaults, bytes, base));
  const time = tfdt.getUint8(0) === 1 ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4);
  return { track: id, time, samples, producerTime };
}

function* readRun(
  trun: DataView,
  defaults: { duration: number; size: number; flags: number },
  bytes: Uint8Array,
  base: number,
): Generator<Sample> {
  const version = trun.getUint8(0);
  const flags = trun.getUint32(0) & 0xffffff;
  const count = trun.getUint32(4);
  let at = 8;
  const next = (present: boolean, otherwise: number): number => {
    if (!present) return otherwise;
    at += 4;
    return trun.getUint32(at - 4);
  };
  let place = base + (next(has(flags, 0x01), 0) | 0);
  const firstFlags = has(flags, 0x04) ? next(true, 0) : null;
  const fields = [0x100, 0x200, 0x400, 0x800].filter((bit) => has(flags, bit)).length;
  for (let index = 0; index < Math.min(count, MOST_SAMPLES) && at + 4 * fields <= trun.byteLength; index++) {
    const duration = next(has(flags, 0x100), defaults.duration);
    const size = next(has(flags, 0x200), defaults.size);
    const ownFlags = next(has(flags, 0x400), index === 0 && firstFlags !== null ? firstFlags : defaults.flags);
    const offset = next(has(flags, 0x800), 0);
    const data = place >= 0 && place + size <= bytes.byteLength ? bytes.subarray(place, place + size) : null;
    yield {
      duration,
      size,
      sync: !has(ownFlags, NON_SYNC),
      offset: version === 0 ? offset : offset | 0,
      digest: data === null ? '' : createHash('sha1').update(data).digest('base64').slice(0, 12),
    };
    place += size;
  }
}
