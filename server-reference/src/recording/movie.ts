/** The beginning of a plain MP4 (ISO/IEC 14496-12): `ftyp`, `moov`, and the head of the `mdat` that follows. */
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import { box, concat, fullBox, text, u16, u32, u64 } from '../packaging/boxes.ts';
import { findBox } from './fragments.ts';
import type { Run, TrackTable } from './track-table.ts';

const MOVIE_TIMESCALE = 1000;
const UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** From 1904 to 1970, in seconds: what the dates of MP4 files count from. */
const EPOCH_OFFSET = 2_082_844_800;
/** What an AAC-LC decoder puts out before the first sample. */
const AAC_PRIMING_SAMPLES = 1024;

export function writeMovie(tables: readonly TrackTable[], madeAt: Milliseconds, mediaBytes: Bytes): Buffer {
  const ftyp = box('ftyp', text('isom'), u32(0x200), ...['isom', 'iso2', 'avc1', 'mp41'].map(text));
  const mdat = concat([u32(1), text('mdat'), u64(16 + mediaBytes)]);
  const made = Math.floor(madeAt / 1000) + EPOCH_OFFSET;
  // Places are of a fixed width, so the index is as long with the right ones as without.
  const size = moov(tables, made, 0).byteLength;
  return Buffer.from(concat([ftyp, moov(tables, made, ftyp.byteLength + size + mdat.byteLength), mdat]));
}

const inMovie = (ticks: number, timescale: number): number => Math.round((ticks * MOVIE_TIMESCALE) / timescale);

function moov(tables: readonly TrackTable[], made: number, mediaAt: number): Uint8Array {
  const ends = tables.map((table) => inMovie((table.start ?? 0) + table.duration, table.rendition.info.timescale));
  const mvhd = fullBox(
    'mvhd',
    1,
    0,
    u64(made),
    u64(made),
    u32(MOVIE_TIMESCALE),
    u64(Math.max(...ends)),
    u32(0x10000),
    u16(0x100, 0),
    u32(0, 0),
    UNITY_MATRIX,
    u32(0, 0, 0, 0, 0, 0, tables.length + 1),
  );
  return box('moov', mvhd, ...tables.map((table, index) => trak(table, index + 1, made, mediaAt)));
}

function trak(table: TrackTable, id: number, made: number, mediaAt: number): Uint8Array {
  const { info } = table.rendition;
  const [init] = table.inits;
  const video = info.kind === 'video';
  const start = inMovie(table.start ?? 0, info.timescale);
  const duration = inMovie(table.duration, info.timescale);
  const tkhd = fullBox(
    'tkhd',
    1,
    // Enabled, in the movie.
    3,
    u64(made),
    u64(made),
    u32(id, 0),
    u64(start + duration),
    u32(0, 0),
    u16(0, 0, video ? 0 : 0x100, 0),
    UNITY_MATRIX,
    u32((init?.width ?? 0) * 0x10000, (init?.height ?? 0) * 0x10000),
  );
  // 0x55c4 is `und`, the undetermined language.
  const mdhd = fullBox('mdhd', 1, 0, u64(made), u64(made), u32(info.timescale), u64(table.duration), u16(0x55c4, 0));
  const hdlr = fullBox('hdlr', 0, 0, u32(0), text(video ? 'vide' : 'soun'), u32(0, 0, 0), text('\0'));
  const minf = box(
    'minf',
    video ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0)),
    box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
    stbl(table, mediaAt),
  );
  return box('trak', tkhd, box('edts', editList(table, start, duration)), box('mdia', mdhd, hdlr, minf));
}

/** A track that begins later than the other waits; what comes before the first sample that is to be heard is skipped. */
function editList(table: TrackTable, start: number, duration: number): Uint8Array {
  const priming = table.inits[0]?.codec.startsWith('mp4a') === true ? AAC_PRIMING_SAMPLES : 0;
  const wait = start === 0 ? [] : [concat([u64(start), u32(0xffffffff, 0xffffffff), u16(1, 0)])];
  const edits = [...wait, concat([u64(duration), u64(priming + compositionDelay(table)), u16(1, 0)])];
  return fullBox('elst', 1, 0, u32(edits.length), ...edits);
}

/** Fragments show pictures a little before they are decoded, on paper; a plain MP4 decodes all of them that much earlier. */
function compositionDelay({ compositions }: TrackTable): number {
  return compositions.reduce((delay, { value }) => Math.max(delay, -value), 0);
}

function stbl(table: TrackTable, mediaAt: number): Uint8Array {
  const { sizes, chunks, keys, compositions, durations } = table;
  const pairs = (list: readonly Run[]): Uint8Array => words(list.flatMap(({ count, value }) => [count, value]));
  const delay = compositionDelay(table);
  const delayed = compositions.map(({ count, value }) => ({ count, value: value + delay }));
  const reordered = delayed.some(({ value }) => value !== 0);
  return box(
    'stbl',
    stsd(table),
    fullBox('stts', 0, 0, u32(durations.length), pairs(durations)),
    ...(reordered ? [fullBox('ctts', 0, 0, u32(delayed.length), pairs(delayed))] : []),
    stsc(table),
    fullBox('stsz', 0, 0, u32(0, sizes.length), words(sizes)),
    fullBox('co64', 0, 0, u32(chunks.length), places(chunks.map(({ at }) => mediaAt + at))),
    ...(keys.length < sizes.length ? [fullBox('stss', 0, 0, u32(keys.length), words(keys))] : []),
  );
}

/** The sample descriptions of the init sections, as they were served. */
function stsd({ inits }: TrackTable): Uint8Array {
  const entries = inits.map(({ data }) => {
    const found = findBox(data, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd']);
    if (found === null) throw new Error('an init section has no sample description');
    return data.subarray(found.body + 8, found.end);
  });
  return fullBox('stsd', 0, 0, u32(entries.length), ...entries);
}

function stsc({ chunks }: TrackTable): Uint8Array {
  const entries: number[] = [];
  for (const [index, { samples, description }] of chunks.entries()) {
    const before = chunks[index - 1];
    if (before?.samples === samples && before.description === description) continue;
    entries.push(index + 1, samples, description + 1);
  }
  return fullBox('stsc', 0, 0, u32(entries.length / 3), words(entries));
}

/** Many numbers of 32 bits; an argument list would not hold them. */
function words(values: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value | 0, index * 4);
  return bytes;
}

function places(values: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64BE(BigInt(value), index * 8);
  return bytes;
}
