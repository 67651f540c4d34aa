/**
 * The movie header of a fragmented MP4. What stands in its sample entries (codecs and their configurations) is read by mediabunny; what the
 * fragments are counted in, here: time scales, edit lists and defaults.
 */
import { BufferSource, Input, type InputTrack, Logging, LogLevel, MP4 } from 'mediabunny';
import type { ContainerTrack } from './container-reader.ts';
import { BitstreamError } from './h264.ts';
import { boxesIn, boxIn } from './mp4-boxes.ts';

// What it finds wrong is told to the sender; a log that senders write to is no log.
Logging.level = LogLevel.Silent;

/** Defaults of a track's samples (§8.8.3, `trex`). */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

export interface Fmp4Track extends SampleDefaults {
  readonly id: number;
  /** Ticks a second. */
  readonly timescale: number;
  /** What the edit list adds to every time, in ticks. */
  readonly shift: number;
}

/** By track number. */
export type Fmp4Timing = ReadonlyMap<number, Fmp4Track>;

const CODECS: Readonly<Record<string, string>> = {
  avc: 'V_MPEG4/ISO/AVC',
  vp8: 'V_VP8',
  vp9: 'V_VP9',
  av1: 'V_AV1',
  opus: 'A_OPUS',
  aac: 'A_AAC',
};

/** What Chromium's muxer writes, at any picture's codec; as others do, but for movie headers of version 1. */
const CHROMIUM_BRANDS = /^isom.{4}isomiso6iso2avc[13]mp41$/s;
const VERSION_1 = 1;

/** The program that wrote a movie, as far as it shows: `Chrome`, or an empty text. `brands` and `moov` are the payloads of these boxes. */
export function writerOfMovie(brands: Uint8Array, moov: Uint8Array): string {
  const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
  const isChromium = CHROMIUM_BRANDS.test(text(brands)) && text(moov.subarray(4, 8)) === 'mvhd' && moov[8] === VERSION_1;
  return isChromium ? 'Chrome' : '';
}

/** The tracks with pictures or sound. `bytes` are the boxes `ftyp` and `moov`. Rejects with {@link BitstreamError}. */
export async function readMovieTracks(bytes: Uint8Array): Promise<ContainerTrack[]> {
  const input = new Input({ formats: [MP4], source: new BufferSource(bytes) });
  try {
    const tracks: ContainerTrack[] = [];
    for (const track of await input.getTracks()) {
      const read = await readTrack(track);
      if (read !== null) tracks.push(read);
    }
    return tracks;
  } catch (cause) {
    if (cause instanceof BitstreamError) throw cause;
    throw new BitstreamError('the movie header of the container cannot be read', { cause });
  } finally {
    input.dispose();
  }
}

async function readTrack(track: InputTrack): Promise<ContainerTrack | null> {
  const codec = CODECS[track.codec ?? ''] ?? String(track.codec ?? track.internalCodecId ?? 'unknown');
  const common = { number: track.id, codec, width: 0, height: 0, sampleRate: 0, channels: 0 };
  if (track.isVideoTrack()) {
    const config = await track.getDecoderConfig();
    const { codedWidth: width, codedHeight: height } = track;
    return { ...common, kind: 'video', width, height, codecPrivate: copied(config?.description) };
  }
  if (track.isAudioTrack()) {
    const config = await track.getDecoderConfig();
    const { sampleRate, numberOfChannels: channels } = track;
    return { ...common, kind: 'audio', sampleRate, channels, codecPrivate: copied(config?.description) };
  }
  return null;
}

function copied(description: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array | null {
  if (description === undefined) return null;
  if (ArrayBuffer.isView(description)) return new Uint8Array(description.buffer, description.byteOffset, description.byteLength).slice();
  return new Uint8Array(description).slice();
}

/** How the fragments of a movie count. `moov` is the payload of that box. */
export function readMovieTiming(moov: DataView): Fmp4Timing {
  const movieScale = scaleOf(boxIn(moov, 'mvhd'));
  const defaults = new Map<number, SampleDefaults>();
  const extends_ = boxIn(moov, 'mvex');
  if (extends_ === null) throw new BitstreamError('the MP4 is not fragmented: record with fragments');
  for (const { type, data } of boxesIn(extends_)) {
    if (type !== 'trex' || data.byteLength < 24) continue;
    defaults.set(data.getUint32(4), { duration: data.getUint32(12), size: data.getUint32(16), flags: data.getUint32(20) });
  }
  const tracks = new Map<number, Fmp4Track>();
  for (const { type, data } of boxesIn(moov)) {
    if (type !== 'trak') continue;
    const id = trackId(boxIn(data, 'tkhd'));
    const timescale = scaleOf(boxIn(data, 'mdia', 'mdhd'));
    const edits = boxIn(data, 'edts', 'elst');
    const shift = edits === null ? 0 : shiftOf(edits, timescale / movieScale);
    tracks.set(id, { id, timescale, shift, ...(defaults.get(id) ?? { duration: 0, size: 0, flags: 0 }) });
  }
  return tracks;
}

/** `mvhd` and `mdhd` have it at the same place (§8.2.2, §8.4.2). */
function scaleOf(header: DataView | null): number {
  const offset = header !== null && header.byteLength > 0 && header.getUint8(0) === 1 ? 20 : 12;
  if (header === null || header.byteLength < offset + 4) throw new BitstreamError('a header of the movie is missing or too short');
  const scale = header.getUint32(offset);
  if (scale === 0) throw new BitstreamError('a time scale of the movie is zero');
  return scale;
}

function trackId(header: DataView | null): number {
  const offset = header !== null && header.byteLength > 0 && header.getUint8(0) === 1 ? 20 : 12;
  if (header === null || header.byteLength < offset + 4) throw new BitstreamError('a track of the movie has no header');
  return header.getUint32(offset);
}

/** §8.6.6: what is empty delays the track, and what is left out at the start of its media brings it forward. */
function shiftOf(edits: DataView, perMovieTick: number): number {
  if (edits.byteLength < 8) throw new BitstreamError('an edit list of the movie is too short');
  const long = edits.getUint8(0) === 1;
  const size = long ? 20 : 12;
  const count = Math.min(edits.getUint32(4), Math.floor((edits.byteLength - 8) / size));
  let shift = 0;
  for (let index = 0; index < count; index++) {
    const at = 8 + index * size;
    const duration = long ? Number(edits.getBigUint64(at)) : edits.getUint32(at);
    const start = long ? Number(edits.getBigInt64(at + 8)) : edits.getInt32(at + 4);
    if (start >= 0) return shift - start;
    shift += duration * perMovieTick;
  }
  return shift;
}
