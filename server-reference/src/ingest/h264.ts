/** What the server reads of H.264: parameter sets, the decoder configuration record, and which frames are key frames. */
import { BitReader } from './bit-reader.ts';

export class BitstreamError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BitstreamError';
  }
}

export const NAL = { idr: 5, sps: 7, pps: 8 } as const;

/** Profiles whose SPS carries chroma and scaling fields (ITU-T H.264 §7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const BASELINE_TO_HIGH_ONLY = new Set([100, 110, 122, 244]);
const BASELINE = 66;
const EXTENDED_ASPECT = 255;
/** §A.3.1: no buffer of decoded pictures holds more. */
const MOST_REORDERED = 16;
const MAX_SIDE = 16_384;

export interface ParameterSets {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

export interface AvcConfiguration extends ParameterSets, SequenceParameters {
  readonly avcC: Uint8Array;
  /** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
  readonly lengthSize: number;
}

function guarded<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BitstreamError) throw cause;
    throw new BitstreamError(`${what} cannot be read`, { cause });
  }
}

/** Drops the emulation prevention bytes (§7.4.1). */
function rbsp(nal: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(nal.byteLength);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

function skipScalingLists(bits: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (!bits.flag()) continue;
    let last = 8;
    let next = 8;
    for (let index = 0; index < (list < 6 ? 16 : 64); index++) {
      if (next !== 0) next = (last + bits.se() + 256) % 256;
      last = next === 0 ? last : next;
    }
  }
}

/** What its numbers of colours mean, in the codes of ITU-T H.273. */
export interface Colours {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
}

interface Usability {
  colours: Colours | null;
  reorder: number | null;
}

/** Nulls where the usability information says nothing, or nothing that can be: some encoders cut it short. */
function readUsability(bits: BitReader): Usability {
  const usability: Usability = { colours: null, reorder: null };
  try {
    const reorder = readReorder(bits, usability);
    usability.reorder = reorder !== null && reorder <= MOST_REORDERED ? reorder : null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return usability;
}

/** `max_num_reorder_frames` (§E.1.1), and in passing what stands before it. */
function readReorder(bits: BitReader, usability: Usability): number | null {
  if (!bits.flag()) return null;
  if (bits.flag() && bits.bits(8) === EXTENDED_ASPECT) bits.bits(32);
  if (bits.flag()) bits.flag();
  if (bits.flag()) {
    bits.bits(4);
    if (bits.flag()) usability.colours = { primaries: bits.bits(8), transfer: bits.bits(8), matrix: bits.bits(8) };
  }
  if (bits.flag()) {
    bits.ue();
    bits.ue();
  }
  if (bits.flag()) bits.bits(65);
  const nal = bits.flag();
  if (nal) skipHrd(bits);
  const vcl = bits.flag();
  if (vcl) skipHrd(bits);
  if (nal || vcl) bits.flag();
  bits.flag();
  if (!bits.flag()) return null;
  bits.flag();
  for (let field = 0; field < 4; field++) bits.ue();
  return bits.ue();
}

/** §E.1.2. */
function skipHrd(bits: BitReader): void {
  const count = bits.ue() + 1;
  if (count > 32) throw new RangeError('the buffering parameters are out of range');
  bits.bits(8);
  for (let index = 0; index < count; index++) {
    bits.ue();
    bits.ue();
    bits.flag();
  }
  bits.bits(20);
}

export interface SequenceParameters {
  /** RFC 6381. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Pictures that may be shown later than one which is decoded after them; null where the set does not say. */
  readonly reorder: number | null;
}

/** What a sequence parameter set says of its pictures (§7.3.2.1.1). */
export function parseSps(sps: Uint8Array): SequenceParameters {
  const { codec, width, height, reorder } = readSps(sps);
  return { codec, width, height, reorder };
}

/** Null where it says nothing of its colours. */
export const parseColours = (sps: Uint8Array): Colours | null => readSps(sps).colours;

function readSps(sps: Uint8Array): SequenceParameters & { readonly colours: Colours | null } {
  return guarded('the sequence parameter set', () => {
    if (((sps[0] ?? 0) & 31) !== NAL.sps || sps.byteLength < 4) throw new BitstreamError('a sequence parameter set was expected');
    const hex = (index: number): string => (sps[index] ?? 0).toString(16).padStart(2, '0');
    const codec = `avc1.${hex(1)}${hex(2)}${hex(3)}`;
    const profile = sps[1] ?? 0;
    const bits = new BitReader(rbsp(sps).subarray(4));
    bits.ue();
    let chroma = 1;
    if (HIGH_PROFILES.has(profile)) {
      chroma = bits.ue();
      if (chroma === 3) bits.flag();
      bits.ue();
      bits.ue();
      bits.flag();
      if (bits.flag()) skipScalingLists(bits, chroma === 3 ? 12 : 8);
    }
    bits.ue();
    const orderType = bits.ue();
    if (orderType === 0) bits.ue();
    else if (orderType === 1) {
      bits.flag();
      bits.se();
      bits.se();
      for (let left = bits.ue(); left > 0; left--) bits.se();
    }
    bits.ue();
    bits.flag();
    const widthInMacroblocks = bits.ue() + 1;
    const heightInMapUnits = bits.ue() + 1;
    const framesOnly = bits.flag();
    if (!framesOnly) bits.flag();
    bits.flag();
    const cropping = bits.flag();
    const crop = cropping
      ? { left: bits.ue(), right: bits.ue(), top: bits.ue(), bottom: bits.ue() }
      : { left: 0, right: 0, top: 0, bottom: 0 };
    const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
    const unitY = (chroma === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
    const width = widthInMacroblocks * 16 - unitX * (crop.left + crop.right);
    const height = heightInMapUnits * 16 * (framesOnly ? 1 : 2) - unitY * (crop.top + crop.bottom);
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) throw new BitstreamError(`the picture is ${width}x${height}`);
    // Pictures of order type 2 are shown as they are decoded (§8.2.1.3), and Baseline has no others that would need it.
    const { colours, reorder } = readUsability(bits);
    return { codec, width, height, reorder: orderType === 2 || profile === BASELINE ? 0 : reorder, colours };
  });
}

/** Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1). */
export function parseAvcC(avcC: Uint8Array): AvcConfiguration {
  return guarded('the avcC', () => {
    const view = new DataView(avcC.buffer, avcC.byteOffset, avcC.byteLength);
    if (view.getUint8(0) !== 1) throw new BitstreamError('the avcC has an unknown version');
    const lengthSize = (view.getUint8(4) & 3) + 1;
    if (lengthSize === 3) throw new BitstreamError('the avcC has an impossible length size');
    let offset = 6;
    const readSets = (count: number): Uint8Array[] =>
      Array.from({ length: count }, () => {
        const length = view.getUint16(offset);
        offset += 2;
        if (length === 0 || offset + length > avcC.byteLength) throw new BitstreamError('the avcC ends within a parameter set');
        offset += length;
        return avcC.subarray(offset - length, offset);
      });
    const sps = readSets(view.getUint8(5) & 31);
    const pps = readSets(view.getUint8(offset++));
    const first = sps[0];
    if (first === undefined || pps.length === 0) throw new BitstreamError('the avcC has no parameter sets');
    if (lengthSize === 4 && hasDoubledHeaders(avcC, first)) {
      const [singleSps, singlePps] = [sps, pps].map((sets) => sets.map((set) => set.slice(1)));
      const sets = { sps: singleSps ?? [], pps: singlePps ?? [] };
      return { avcC: buildAvcC(sets), ...sets, lengthSize, ...parseSps(sets.sps[0] ?? first) };
    }
    // A copy: the bytes that came in may be a view into something larger.
    return { avcC: avcC.slice(), sps, pps, lengthSize, ...parseSps(first) };
  });
}

/** Firefox's encoders write each parameter set's header byte twice; a profile of that number does not exist. */
function hasDoubledHeaders(avcC: Uint8Array, sps: Uint8Array): boolean {
  return sps[1] === sps[0] && sps[1] !== avcC[1] && sps[2] === avcC[1];
}

/** Builds the record from parameter sets that stood in the bitstream. */
export function buildAvcC({ sps, pps }: ParameterSets): Uint8Array {
  const first = sps[0];
  if (first === undefined || pps.length === 0) throw new BitstreamError('an avcC needs both parameter sets');
  const bytes: number[] = [1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff];
  const sets = (list: readonly Uint8Array[]): void => {
    for (const set of list) bytes.push(set.byteLength >> 8, set.byteLength & 255, ...set);
  };
  bytes.push(0xe0 | sps.length);
  sets(sps);
  bytes.push(pps.length);
  sets(pps);
  // High profiles append chroma format and bit depths, which are in the SPS too: 4:2:0, 8 bits, no SPS extensions.
  if (BASELINE_TO_HIGH_ONLY.has(first[1] ?? 0)) bytes.push(0xfd, 0xf8, 0xf8, 0);
  return Uint8Array.from(bytes);
}

export interface AccessUnit {
  /** Has an IDR slice, whatever the sender says of it. */
  readonly key: boolean;
  /** Parameter sets within the frame, if both kinds are there. */
  readonly sets: ParameterSets | null;
}

/** Walks the length-prefixed NAL units of a frame. Throws {@link BitstreamError} where lengths do not add up. */
export function readAccessUnit(data: Uint8Array, lengthSize: number): AccessUnit {
  let key = false;
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  for (let offset = 0; offset < data.byteLength; ) {
    let length = 0;
    for (let index = 0; index < lengthSize; index++) length = length * 256 + (data[offset + index] ?? 0);
    const start = offset + lengthSize;
    offset = start + length;
    if (length === 0 || offset > data.byteLength)
      throw new BitstreamError('the NAL units of a frame do not fill it: they must be length-prefixed');
    const type = (data[start] ?? 0) & 31;
    if (type === NAL.idr) key = true;
    else if (type === NAL.sps) sps.push(data.subarray(start, offset));
    else if (type === NAL.pps) pps.push(data.subarray(start, offset));
  }
  return { key, sets: sps.length > 0 && pps.length > 0 ? { sps, pps } : null };
}

export function sameSets(a: ParameterSets, b: ParameterSets): boolean {
  return sameList(a.sps, b.sps) && sameList(a.pps, b.pps);
}

function sameList(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((set, index) => sameBytes(set, b[index]));
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}
