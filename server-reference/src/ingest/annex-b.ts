/** H.264 with start codes (ITU-T H.264 Annex B), as Chromium's MediaRecorder writes it into Matroska, made into what `avc1` samples are. */
import { type AvcConfiguration, NAL, type ParameterSets, sameSets } from './h264.ts';

const DELIMITER = 9;
const START_CODE = Uint8Array.of(0, 0, 1);

export interface AnnexBUnit {
  readonly key: boolean;
  /** Parameter sets within the frame, if both kinds are there. */
  readonly sets: ParameterSets | null;
  readonly nals: readonly Uint8Array[];
}

/** The NAL units of one frame, without delimiters. */
export function readAnnexB(frame: Uint8Array): AnnexBUnit {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const nals: Uint8Array[] = [];
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  let key = false;
  for (let start = bytes.indexOf(START_CODE); start >= 0; ) {
    const next = bytes.indexOf(START_CODE, start + 3);
    let end = next < 0 ? bytes.byteLength : next;
    // The zeros in front of a start code belong to it.
    while (end > start + 3 && bytes[end - 1] === 0) end--;
    const nal = frame.subarray(start + 3, end);
    start = next;
    const type = (nal[0] ?? 0) & 31;
    if (nal.byteLength === 0 || type === DELIMITER) continue;
    nals.push(nal);
    if (type === NAL.idr) key = true;
    else if (type === NAL.sps) sps.push(nal);
    else if (type === NAL.pps) pps.push(nal);
  }
  return { key, nals, sets: sps.length > 0 && pps.length > 0 ? { sps, pps } : null };
}

/** With lengths of four bytes. Parameter sets that are those of `avc` are left out: they stand in the sample entry. */
export function toLengthPrefixed({ nals, sets }: AnnexBUnit, avc: AvcConfiguration | null): Uint8Array {
  const known = avc !== null && sets !== null && sameSets(sets, avc);
  const kept = known ? nals.filter((nal) => !isParameterSet(nal)) : nals;
  const bytes = new Uint8Array(kept.reduce((sum, nal) => sum + 4 + nal.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const nal of kept) {
    view.setUint32(offset, nal.byteLength);
    bytes.set(nal, offset + 4);
    offset += 4 + nal.byteLength;
  }
  return bytes;
}

function isParameterSet(nal: Uint8Array): boolean {
  const type = (nal[0] ?? 0) & 31;
  return type === NAL.sps || type === NAL.pps;
}
