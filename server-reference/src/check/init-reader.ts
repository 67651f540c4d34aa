/** What an init section says of its tracks: `moov` of a fragmented file. */
import { boxes, find, fourcc, unlessCut, viewOf } from './box-reader.ts';

export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

export interface TrackInfo {
  readonly id: number;
  readonly kind: 'video' | 'audio' | 'other';
  readonly timescale: number;
  /** Type of the sample entry, such as `avc1` or `Opus`. */
  readonly entry: string;
  /** RFC 6381 codec string as the configuration says it; the sample entry's type alone where that is not known. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Opus: what a player drops at the start; null for other codecs and where dOps is missing. */
  readonly preSkip: number | null;
  /** Media time at which the first edit begins; null without an edit list. */
  readonly editStart: number | null;
  readonly defaults: SampleDefaults;
}

/** Empty where the bytes are no init section. */
export function readInit(bytes: Uint8Array): readonly TrackInfo[] {
  return unlessCut(() => readMovie(bytes), []);
}

function readMovie(bytes: Uint8Array): readonly TrackInfo[] {
  const moov = find(viewOf(bytes), 'moov');
  if (moov === null) return [];
  const defaults = new Map<number, SampleDefaults>();
  const mvex = find(moov, 'mvex');
  for (const { type, view } of mvex === null ? [] : boxes(mvex)) {
    if (type !== 'trex' || view.byteLength < 24) continue;
    defaults.set(view.getUint32(4), { duration: view.getUint32(12), size: view.getUint32(16), flags: view.getUint32(20) });
  }
  const tracks: TrackInfo[] = [];
  for (const { type, view } of boxes(moov)) {
    const track = type === 'trak' ? readTrack(view, defaults) : null;
    if (track !== null) tracks.push(track);
  }
  return tracks;
}

const HANDLERS: Readonly<Record<string, TrackInfo['kind']>> = { vide: 'video', soun: 'audio' };

function readTrack(trak: DataView, defaults: ReadonlyMap<number, SampleDefaults>): TrackInfo | null {
  const [tkhd, mdhd, hdlr] = [find(trak, 'tkhd'), find(trak, 'mdia', 'mdhd'), find(trak, 'mdia', 'hdlr')];
  const stsd = find(trak, 'mdia', 'minf', 'stbl', 'stsd');
  if (tkhd === null || mdhd === null || hdlr === null || stsd === null) return null;
  const [entry] = boxes(stsd, 8);
  const id = tkhd.getUint32(tkhd.getUint8(0) === 1 ? 20 : 12);
  const kind = HANDLERS[fourcc(hdlr, 8)] ?? 'other';
  const size = kind === 'video' && entry !== undefined && entry.view.byteLength >= 28;
  return {
    id,
    kind,
    timescale: mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12),
    entry: entry?.type ?? '',
    codec: entry === undefined ? '' : codecString(entry.type, entry.view),
    width: size ? entry.view.getUint16(24) : 0,
    height: size ? entry.view.getUint16(26) : 0,
    preSkip: entry === undefined ? null : preSkip(entry.view),
    editStart: editStart(trak),
    defaults: defaults.get(id) ?? { duration: 0, size: 0, flags: 0 },
  };
}

/** Fields of a visual and of an audio sample entry before its boxes (ISO/IEC 14496-12 §12.1.3, §12.2.3). */
const VISUAL_FIELDS = 78;
const AUDIO_FIELDS = 28;

function child(entry: DataView, fields: number, type: string): DataView | null {
  for (const box of entry.byteLength > fields ? boxes(entry, fields) : []) if (box.type === type) return box.view;
  return null;
}

const hex = (value: number): string => value.toString(16).padStart(2, '0');

function codecString(type: string, entry: DataView): string {
  if (type === 'Opus') return 'opus';
  const avcC = /^avc[13]$/.test(type) ? child(entry, VISUAL_FIELDS, 'avcC') : null;
  if (avcC !== null && avcC.byteLength >= 4) return `${type}.${[1, 2, 3].map((at) => hex(avcC.getUint8(at))).join('')}`;
  const esds = type === 'mp4a' ? child(entry, AUDIO_FIELDS, 'esds') : null;
  return esds === null ? type : aacString(esds);
}

/** ISO/IEC 14496-1 §7.2.6: through the descriptors to the object type and the AudioSpecificConfig. */
function aacString(esds: DataView): string {
  let at = 4;
  const descriptor = (): number => {
    const tag = esds.getUint8(at++);
    // A length takes seven bits of each byte, as long as the eighth is set.
    while ((esds.getUint8(at++) & 0x80) !== 0);
    return tag;
  };
  return unlessCut(() => {
    if (descriptor() !== 0x03) return 'mp4a';
    const flags = esds.getUint8(at + 2);
    at += 3 + ((flags & 0x80) === 0 ? 0 : 2) + ((flags & 0x20) === 0 ? 0 : 2);
    if (descriptor() !== 0x04) return 'mp4a';
    const objectType = esds.getUint8(at);
    at += 13;
    if (descriptor() !== 0x05) return `mp4a.${hex(objectType)}`;
    return `mp4a.${hex(objectType)}.${esds.getUint8(at) >> 3}`;
  }, 'mp4a');
}

function preSkip(entry: DataView): number | null {
  const dOps = child(entry, AUDIO_FIELDS, 'dOps');
  return dOps === null || dOps.byteLength < 4 ? null : dOps.getUint16(2);
}

function editStart(trak: DataView): number | null {
  const elst = find(trak, 'edts', 'elst');
  if (elst === null || elst.byteLength < 8 || elst.getUint32(4) === 0) return null;
  return elst.getUint8(0) === 1 ? Number(elst.getBigInt64(16)) : elst.getInt32(12);
}
