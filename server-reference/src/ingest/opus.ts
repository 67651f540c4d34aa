/** What the server reads of Opus: the identification header and how long a packet lasts. */
import type { Ticks } from '../../../src/protocol/index.ts';
import { BitstreamError } from './h264.ts';

/** libopus' look-ahead at 48 kHz, for clients that send no header. */
const DEFAULT_PRE_SKIP = 312;
const LONGEST_PACKET: Ticks = 5760;

export interface OpusHeader {
  readonly channels: number;
  readonly preSkip: number;
  readonly inputSampleRate: number;
  readonly outputGain: number;
}

export function defaultOpusHeader(channels: number, inputSampleRate: number): OpusHeader {
  return { channels, preSkip: DEFAULT_PRE_SKIP, inputSampleRate, outputGain: 0 };
}

/** RFC 7845 §5.1: the identification header, little endian. */
export function parseOpusHead(bytes: Uint8Array): OpusHeader {
  if (bytes.byteLength < 19 || new TextDecoder().decode(bytes.subarray(0, 8)) !== 'OpusHead') {
    throw new BitstreamError('the description of an Opus track is an OpusHead');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = view.getUint8(9);
  if (view.getUint8(18) !== 0 || channels < 1 || channels > 2) throw new BitstreamError('Opus beyond stereo is not supported');
  return { channels, preSkip: view.getUint16(10, true), inputSampleRate: view.getUint32(12, true), outputGain: view.getInt16(16, true) };
}

/** Samples at 48 kHz that a packet decodes to (RFC 6716 §3.1 and §3.2). */
export function opusPacketLength(packet: Uint8Array): Ticks {
  const toc = packet[0];
  if (toc === undefined) throw new BitstreamError('an Opus packet is empty');
  const configuration = toc >> 3;
  const code = toc & 3;
  let frame: Ticks;
  if (configuration < 12) frame = [480, 960, 1920, 2880][configuration & 3] ?? 0;
  else if (configuration < 16) frame = [480, 960][configuration & 1] ?? 0;
  else frame = [120, 240, 480, 960][configuration & 3] ?? 0;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  const length = frames * frame;
  if (length === 0 || length > LONGEST_PACKET) throw new BitstreamError('an Opus packet lasts no time or too long');
  return length;
}
