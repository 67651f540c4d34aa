/** What the server reads of AAC: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). */
import { BitReader } from './bit-reader.ts';
import { BitstreamError } from './h264.ts';

const SAMPLE_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
const AAC_LC = 2;

/** Samples that an AAC-LC frame decodes to. */
export const AAC_FRAME_LENGTH = 1024;

export interface AacHeader {
  readonly asc: Uint8Array;
  readonly sampleRate: number;
  readonly channels: number;
}

export function parseAudioSpecificConfig(asc: Uint8Array): AacHeader {
  try {
    const bits = new BitReader(asc);
    const objectType = bits.bits(5);
    if (objectType !== AAC_LC) throw new BitstreamError(`AAC object type ${objectType} is not AAC-LC`);
    const index = bits.bits(4);
    const sampleRate = index === 15 ? bits.bits(24) : SAMPLE_RATES[index];
    const channels = bits.bits(4);
    if (sampleRate === undefined || channels < 1 || channels > 7) throw new BitstreamError('the AudioSpecificConfig is out of range');
    if (bits.flag()) throw new BitstreamError('AAC frames of 960 samples are not supported');
    return { asc: asc.slice(), sampleRate, channels: channels === 7 ? 8 : channels };
  } catch (cause) {
    if (cause instanceof BitstreamError) throw cause;
    throw new BitstreamError('the AudioSpecificConfig cannot be read', { cause });
  }
}

/** The configuration for clients that send none: AAC-LC, 1024 samples a frame. */
export function buildAudioSpecificConfig(sampleRate: number, channels: number): Uint8Array {
  const index = SAMPLE_RATES.indexOf(sampleRate);
  if (index < 0 || channels < 1 || channels > 2)
    throw new BitstreamError(`AAC at ${sampleRate} Hz with ${channels} channels needs a description`);
  const value = (AAC_LC << 11) | (index << 7) | (channels << 3);
  return Uint8Array.of(value >> 8, value & 255);
}
