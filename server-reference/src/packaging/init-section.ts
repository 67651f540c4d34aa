/**
 * The init section of a CMAF track (ISO/IEC 23000-19): `ftyp` and a `moov` with one track, whose samples come in fragments.
 */
import type { AacConfig, OpusConfig, TrackConfig, VideoConfig } from '../hub/media.ts';
import { type Bytes, box, concat, fullBox, text, u8, u16, u32, u64 } from './boxes.ts';

/** One track a file, so every file numbers it alike. */
export const TRACK_ID = 1;

/** The frame whose output an AAC-LC decoder has not yet overlapped with the one before: priming that is not to be heard. */
const AAC_PRIMING_SAMPLES = 1024;

const UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

function avc1(config: VideoConfig): Bytes {
  return box(
    'avc1',
    u8(0, 0, 0, 0, 0, 0),
    u16(1, 0, 0),
    u32(0, 0, 0),
    u16(config.width, config.height),
    // 72 dpi as 16.16, both ways.
    u32(0x480000, 0x480000, 0),
    u16(1),
    new Uint8Array(32),
    u16(0x18, 0xffff),
    box('avcC', config.avcC),
  );
}

const OPUS_RATE = 48_000;

function audioSampleEntry(type: string, channels: number, sampleRate: number, ...boxes: readonly Bytes[]): Bytes {
  return box(
    type,
    u8(0, 0, 0, 0, 0, 0),
    u16(1),
    u32(0, 0),
    u16(channels, 16, 0, 0),
    // 16.16; a rate beyond 65535 does not fit and is left to the codec's own configuration.
    u32((sampleRate < 65_536 ? sampleRate : 0) * 0x10000),
    ...boxes,
  );
}

/** "Encapsulation of Opus in ISO Base Media File Format" §4.3.2. */
function opus(config: OpusConfig): Bytes {
  const dOps = box(
    'dOps',
    u8(0, config.channels),
    u16(config.preSkip),
    // What the encoder was fed says nothing to a player, and Chromium refuses any other rate than that of the sample entry.
    u32(OPUS_RATE),
    u16(config.outputGain & 0xffff),
    // Mapping family 0: mono or stereo.
    u8(0),
  );
  return audioSampleEntry('Opus', config.channels, OPUS_RATE, dOps);
}

/** ISO/IEC 14496-1 §7.2.6: an ES descriptor around the decoder's configuration. */
function esds(config: AacConfig): Bytes {
  const descriptor = (tag: number, ...content: readonly Uint8Array[]): Bytes => {
    const body = concat(content);
    return concat([u8(tag, body.byteLength), body]);
  };
  return fullBox(
    'esds',
    0,
    0,
    descriptor(
      0x03,
      u16(TRACK_ID),
      u8(0),
      descriptor(0x04, u8(0x40, 0x15, 0, 0, 0), u32(0, 0), descriptor(0x05, config.asc)),
      descriptor(0x06, u8(0x02)),
    ),
  );
}

function sampleEntry(config: TrackConfig): Bytes {
  switch (config.family) {
    case 'avc':
      return avc1(config);
    case 'opus':
      return opus(config);
    case 'aac':
      return audioSampleEntry('mp4a', config.channels, config.timescale, esds(config));
  }
}

function editList(config: TrackConfig): Bytes[] {
  if (config.family !== 'aac') return [];
  // One edit to the end of the presentation (duration 0) that begins behind the priming.
  return [box('edts', fullBox('elst', 1, 0, u32(1), u64(0), u64(AAC_PRIMING_SAMPLES), u16(1, 0)))];
}

function track(config: TrackConfig): Bytes {
  const video = config.kind === 'video';
  const size = config.kind === 'video' ? [config.width * 0x10000, config.height * 0x10000] : [0, 0];
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry(config)),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  const minf = box(
    'minf',
    video ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0)),
    box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
    stbl,
  );
  const hdlr = fullBox('hdlr', 0, 0, u32(0), text(video ? 'vide' : 'soun'), u32(0, 0, 0), text('\0'));
  // 0x55c4 is `und`, the undetermined language.
  const mdia = box('mdia', fullBox('mdhd', 0, 0, u32(0, 0, config.timescale, 0), u16(0x55c4, 0)), hdlr, minf);
  const tkhd = fullBox(
    'tkhd',
    0,
    // Enabled, in the movie.
    3,
    u32(0, 0, TRACK_ID, 0, 0),
    u32(0, 0),
    u16(0, 0, video ? 0 : 0x100, 0),
    UNITY_MATRIX,
    u32(...size),
  );
  return box('trak', tkhd, ...editList(config), mdia);
}

export function initSection(config: TrackConfig): Bytes {
  const brands = ['iso6', 'cmfc'];
  const ftyp = box('ftyp', text('iso6'), u32(0), ...brands.map(text));
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, config.timescale, 0, 0x10000),
    u16(0x100, 0),
    u32(0, 0),
    UNITY_MATRIX,
    u32(0, 0, 0, 0, 0, 0, TRACK_ID + 1),
  );
  const mvex = box('mvex', fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, 0)));
  return concat([ftyp, box('moov', mvhd, track(config), mvex)]);
}
