/**
 * Matroska and WebM as they are recorded, cut anywhere. Every block is told at its last byte: Chromium's clusters have no known size, and
 * who waits for a cluster's end is seconds late.
 *
 *   header ──an element read whole──▶ payload ──its last byte──▶ header
 *      └─────an element passed over──▶ skip ─────its last byte──▶ header
 *      └─────Segment, Cluster: what is within them follows──────▶ header
 *
 * Memory is bounded by the largest element that is read whole.
 */
import type { Bytes } from '../../../src/protocol/index.ts';
import { AAC_FRAME_LENGTH } from './aac.ts';
import type { Begins, ContainerBlock, ContainerEvent, ContainerReader, Nanoseconds } from './container-reader.ts';
import { childrenOf, readInteger, readText, readUnsigned } from './ebml.ts';
import { BitstreamError } from './h264.ts';
import { splitLace } from './matroska-lacing.ts';
import { type MatroskaTrack, readTracks } from './matroska-tracks.ts';
import { opusPacketLength } from './opus.ts';

export type MatroskaBlock = ContainerBlock;
export type MatroskaEvent = ContainerEvent;

const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  tracks: 0x1654ae6b,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  referenceBlock: 0xfb,
} as const;

/** Elements that are read whole, and how long each may be. */
const LONGEST: ReadonlyMap<number, Bytes> = new Map([
  [ID.ebml, 4096],
  [ID.info, 64 * 1024],
  [ID.tracks, 256 * 1024],
  [ID.timestamp, 8],
  [ID.simpleBlock, 4 * 1024 * 1024],
  [ID.blockGroup, 4 * 1024 * 1024],
]);
/** Cues, tags, padding: nothing that a live stream has much of. */
const LONGEST_SKIP: Bytes = 16 * 1024 * 1024;
/** An id of four bytes and a size of eight. */
const LONGEST_HEADER = 12;
/** RFC 9559 §5.1.2.9: milliseconds unless the container says otherwise. */
const DEFAULT_SCALE = 1_000_000;
const OPUS_RATE = 48_000;
const EBML_MAGIC = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3);

/** Whether a recording begins here; `maybe` where there are too few bytes to say. Chromium's first piece is a single byte. */
export function beginsRecording(bytes: Uint8Array): Begins {
  if (!EBML_MAGIC.subarray(0, bytes.byteLength).every((byte, index) => bytes[index] === byte)) return 'no';
  return bytes.byteLength < EBML_MAGIC.byteLength ? 'maybe' : 'yes';
}

export class MatroskaReader implements ContainerReader {
  readonly #header = new Uint8Array(LONGEST_HEADER);
  #headerLength = 0;
  #id = 0;
  #payload: Uint8Array | null = null;
  #filled = 0;
  #skip = 0;
  #begun = false;
  #scale = DEFAULT_SCALE;
  #writer = '';
  #tracks: readonly MatroskaTrack[] | null = null;
  #clusterTime: number | null = null;

  /** What ends within these bytes. Throws {@link BitstreamError}, after which nothing more can be read. */
  push(bytes: Uint8Array): MatroskaEvent[] {
    const events: MatroskaEvent[] = [];
    for (let offset = 0; offset < bytes.byteLength; ) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.byteLength - offset);
        this.#skip -= passed;
        offset += passed;
      } else if (this.#payload !== null) {
        const taken = Math.min(this.#payload.byteLength - this.#filled, bytes.byteLength - offset);
        this.#payload.set(bytes.subarray(offset, offset + taken), this.#filled);
        this.#filled += taken;
        offset += taken;
        this.#finish(events);
      } else {
        this.#header[this.#headerLength++] = bytes[offset++] ?? 0;
        this.#readHeader(events);
      }
    }
    return events;
  }

  #readHeader(events: MatroskaEvent[]): void {
    const header = this.#header.subarray(0, this.#headerLength);
    const id = readInteger(header, 0, true);
    const size = id === null ? null : readInteger(header, id.length, false);
    if (id === null || size === null) return;
    this.#headerLength = 0;
    this.#id = id.value;
    if (!this.#begun && id.value !== ID.ebml) throw new BitstreamError('this is neither Matroska nor WebM: it begins with something else');
    if (id.value === ID.segment || id.value === ID.cluster) {
      if (id.value === ID.cluster) this.#clusterTime = null;
      return;
    }
    if (size.allOnes) throw new BitstreamError(`element ${hex(id.value)} of the container has no size`);
    const longest = LONGEST.get(id.value);
    if (size.value > (longest ?? LONGEST_SKIP))
      throw new BitstreamError(`element ${hex(id.value)} of the container has ${size.value} bytes`);
    if (longest === undefined) {
      this.#skip = size.value;
      return;
    }
    this.#payload = new Uint8Array(size.value);
    this.#filled = 0;
    this.#finish(events);
  }

  #finish(events: MatroskaEvent[]): void {
    const payload = this.#payload;
    if (payload === null || this.#filled < payload.byteLength) return;
    this.#payload = null;
    switch (this.#id) {
      case ID.ebml:
        this.#begin(payload);
        return;
      case ID.info:
        this.#readInfo(payload);
        return;
      case ID.tracks:
        this.#tracks = readTracks(payload);
        events.push({ type: 'tracks', tracks: this.#tracks, writer: this.#writer, format: 'matroska' });
        return;
      case ID.timestamp:
        this.#clusterTime = readUnsigned(payload);
        return;
      case ID.simpleBlock:
        events.push(...this.#blocks(payload, false));
        return;
      default:
        this.#blockGroup(payload, events);
    }
  }

  /** A recorder that begins anew writes another header into the same bytes. */
  #begin(payload: Uint8Array): void {
    for (const { id, data } of childrenOf(payload)) {
      const type = id === ID.docType ? readText(data) : 'matroska';
      if (type !== 'matroska' && type !== 'webm') throw new BitstreamError(`the container is "${type}", neither Matroska nor WebM`);
    }
    this.#begun = true;
    this.#scale = DEFAULT_SCALE;
    this.#tracks = null;
    this.#clusterTime = null;
  }

  #readInfo(info: Uint8Array): void {
    for (const { id, data } of childrenOf(info)) {
      if (id === ID.timestampScale) this.#scale = readUnsigned(data);
      else if (id === ID.muxingApp) this.#writer = readText(data);
    }
    if (this.#scale < 1 || this.#scale > 1e9) throw new BitstreamError('the time scale of the container is out of range');
  }

  #blockGroup(payload: Uint8Array, events: MatroskaEvent[]): void {
    let block: Uint8Array | null = null;
    let key = true;
    for (const { id, data } of childrenOf(payload)) {
      if (id === ID.block) block = data;
      else if (id === ID.referenceBlock) key = false;
    }
    if (block !== null) events.push(...this.#blocks(block, key));
  }

  /** RFC 9559 §10.1: the track, a signed time within the cluster, flags, and the frames. */
  #blocks(data: Uint8Array, independent: boolean): MatroskaBlock[] {
    const number = readInteger(data, 0, false);
    if (number === null || data.byteLength < number.length + 3) throw new BitstreamError('a block of the container ends within its header');
    if (this.#tracks === null) throw new BitstreamError('the container has a block before its tracks');
    if (this.#clusterTime === null) throw new BitstreamError('the container has a block before the time of its cluster');
    const track = this.#tracks.find((each) => each.number === number.value);
    const view = new DataView(data.buffer, data.byteOffset + number.length, 3);
    const flags = view.getUint8(2);
    // Only a SimpleBlock has the flag.
    const key = independent || (this.#id === ID.simpleBlock && flags >= 0x80);
    let time = (this.#clusterTime + view.getInt16(0)) * this.#scale;
    const frames = splitLace(flags, data.subarray(number.length + 3)).filter(({ byteLength }) => byteLength > 0);
    return frames.map((frame) => {
      const block = { type: 'block', track: number.value, time, key, data: frame } as const;
      if (frames.length > 1) time += frameDuration(track, frame);
      return block;
    });
  }
}

/** §10.3.5: only the first frame of a lace has a time; the others follow at the track's pace. */
function frameDuration(track: MatroskaTrack | undefined, frame: Uint8Array): Nanoseconds {
  // Subtitles and the like.
  if (track === undefined) return 0;
  const { codec, frameDuration, sampleRate } = track;
  if (codec === 'A_OPUS') return (opusPacketLength(frame) * 1e9) / OPUS_RATE;
  if (frameDuration !== undefined) return frameDuration;
  if (codec === 'A_AAC' && sampleRate > 0) return (AAC_FRAME_LENGTH * 1e9) / sampleRate;
  throw new BitstreamError('frames share a block of the container, and nothing says how long each lasts');
}

const hex = (id: number): string => id.toString(16).toUpperCase();
