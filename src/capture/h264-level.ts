/**
 * H.264 codec strings for a picture size: the lowest level of ITU-T H.264 table A-1 that holds it, since encoders refuse a level that is
 * too low and some decoders refuse one that is too high.
 */
import type { BitsPerSecond } from '../protocol/units.ts';

interface Level {
  /** level_idc: ten times the level. */
  readonly idc: number;
  readonly macroblocksPerSecond: number;
  readonly macroblocksPerFrame: number;
  /** For the Baseline, Constrained Baseline and Main profiles. */
  readonly maxBitrate: BitsPerSecond;
}

const LEVELS: readonly Level[] = [
  { idc: 20, macroblocksPerSecond: 11_880, macroblocksPerFrame: 396, maxBitrate: 2_000_000 },
  { idc: 21, macroblocksPerSecond: 19_800, macroblocksPerFrame: 792, maxBitrate: 4_000_000 },
  { idc: 30, macroblocksPerSecond: 40_500, macroblocksPerFrame: 1_620, maxBitrate: 10_000_000 },
  { idc: 31, macroblocksPerSecond: 108_000, macroblocksPerFrame: 3_600, maxBitrate: 14_000_000 },
  { idc: 32, macroblocksPerSecond: 216_000, macroblocksPerFrame: 5_120, maxBitrate: 20_000_000 },
  { idc: 40, macroblocksPerSecond: 245_760, macroblocksPerFrame: 8_192, maxBitrate: 20_000_000 },
  { idc: 42, macroblocksPerSecond: 522_240, macroblocksPerFrame: 8_704, maxBitrate: 50_000_000 },
  { idc: 50, macroblocksPerSecond: 589_824, macroblocksPerFrame: 22_080, maxBitrate: 135_000_000 },
  { idc: 51, macroblocksPerSecond: 983_040, macroblocksPerFrame: 36_864, maxBitrate: 240_000_000 },
  { idc: 52, macroblocksPerSecond: 2_073_600, macroblocksPerFrame: 36_864, maxBitrate: 240_000_000 },
];

/** profile_idc and constraint flags, best first: every player decodes Constrained Baseline, and it has no reordering. */
const PROFILES = ['42e0', '4200', '4d40', '6400'] as const;

export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly frameRate: number;
  readonly bitrate: BitsPerSecond;
}

/** level_idc of the lowest level that holds this picture; null above level 5.2. */
export function h264Level(format: PictureFormat): number | null {
  const frame = Math.ceil(format.width / 16) * Math.ceil(format.height / 16);
  const level = LEVELS.find(
    (candidate) =>
      candidate.macroblocksPerFrame >= frame &&
      candidate.macroblocksPerSecond >= frame * format.frameRate &&
      candidate.maxBitrate >= format.bitrate,
  );
  return level?.idc ?? null;
}

/** Codec strings to probe for this picture, best first; empty where no level holds it. */
export function h264Candidates(format: PictureFormat): string[] {
  const level = h264Level(format);
  if (level === null) return [];
  return PROFILES.map((profile) => `avc1.${profile}${level.toString(16)}`);
}

/** `avc1.PPCCLL` as it stands in an avcC (ISO/IEC 14496-15 §5.3.3.1): what the encoder made, not what it was asked for. */
export function codecOfAvcc(description: Uint8Array): string | null {
  if (description.byteLength < 7 || description[0] !== 1) return null;
  const hex = [...description.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `avc1.${hex}`;
}
