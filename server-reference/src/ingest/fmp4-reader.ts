/**
 * Fragmented MP4 as MediaRecorder writes it, cut anywhere. Samples are told at the last byte of their fragment, in the order in which they are
 * decoded: within it the pictures stand before their sound.
 *
 *   header ──ftyp, moov: read whole──▶ opening ──its tracks are read──▶ header (bytes wait meanwhile)
 *      │ └────moof: read whole; where its samples will be──▶ header
 *      ├──────mdat──▶ media ──its last byte──▶ header
 *      └──────anything else──▶ skip ──its last byte──▶ header
 *
 * Memory is bounded by the largest box that is read whole, or the largest fragment.
 */
import type { Bytes } from '../../../src/protocol/index.ts';
import type { Begins, ContainerBlock, ContainerEvent, ContainerReader, ContainerTrack } from './container-reader.ts';
import { type Fmp4Sample, FragmentReader } from './fmp4-fragment.ts';
import { readMovieTiming, readMovieTracks, writerOfMovie } from './fmp4-header.ts';
import { BitstreamError } from './h264.ts';
import { LONGEST_BOX_HEADER, printable, readBoxHeader } from './mp4-boxes.ts';

/** Boxes that are read whole, and how long each may be. */
const LONGEST: ReadonlyMap<string, Bytes> = new Map([
  ['ftyp', 4096],
  ['moov', 1024 * 1024],
  ['moof', 1024 * 1024],
]);
const LONGEST_SAMPLE: Bytes = 4 * 1024 * 1024;
const LONGEST_FRAGMENT: Bytes = 32 * 1024 * 1024;
/** Indexes, event messages, padding. */
const LONGEST_SKIP: Bytes = 16 * 1024 * 1024;
/** What may come while the movie header is read. */
const MOST_WAITING: Bytes = 8 * 1024 * 1024;

/** Runs what ends later than the `push` that brought it, in the order of the bytes. */
export type Later = (step: () => readonly ContainerEvent[]) => void;

export function beginsMovie(bytes: Uint8Array): Begins {
  const expected = [0, 0, null, null, 0x66, 0x74, 0x79, 0x70];
  if (!expected.every((byte, index) => index >= bytes.byteLength || byte === null || bytes[index] === byte)) return 'no';
  return bytes.byteLength < expected.length ? 'maybe' : 'yes';
}

export class Fmp4Reader implements ContainerReader {
  readonly #later: Later;
  readonly #header = new Uint8Array(LONGEST_BOX_HEADER);
  #headerLength = 0;
  /** Bytes read since the start of the recording. */
  #position = 0;
  #box: { readonly type: string; readonly start: number; readonly headerSize: number; readonly payload: Uint8Array } | null = null;
  #filled = 0;
  #skip = 0;
  /** Where the media of the present `mdat` ends; null outside of one. */
  #mediaEnd: number | null = null;
  #brands: Uint8Array | null = null;
  /** What has come while the movie header is read; null otherwise. */
  #waiting: Uint8Array[] | null = null;
  #waitingBytes: Bytes = 0;
  #fragments: FragmentReader | null = null;
  #samples: Fmp4Sample[] = [];
  #sample: Uint8Array | null = null;
  /** Samples of the present fragment. */
  #read: ContainerBlock[] = [];

  constructor(later: Later) {
    this.#later = later;
  }

  /** Whether a movie header is being read: `later` will be called. */
  get opening(): boolean {
    return this.#waiting !== null;
  }

  push(bytes: Uint8Array): ContainerEvent[] {
    if (this.#waiting !== null) return this.#wait(bytes);
    const events: ContainerEvent[] = [];
    for (let offset = 0; offset < bytes.byteLength; ) {
      if (this.#waiting !== null) {
        this.#wait(bytes.subarray(offset));
        break;
      }
      const before = offset;
      if (this.#skip > 0) {
        offset += Math.min(this.#skip, bytes.byteLength - offset);
        this.#skip -= offset - before;
        this.#position += offset - before;
      } else if (this.#box !== null) {
        const { payload } = this.#box;
        offset += Math.min(payload.byteLength - this.#filled, bytes.byteLength - offset);
        payload.set(bytes.subarray(before, offset), this.#filled);
        this.#filled += offset - before;
        this.#position += offset - before;
        this.#finish();
      } else if (this.#mediaEnd !== null) {
        offset += this.#media(bytes.subarray(offset), this.#mediaEnd, events);
      } else {
        this.#header[this.#headerLength++] = bytes[offset++] ?? 0;
        this.#position++;
        this.#readHeader();
      }
    }
    return events;
  }

  #wait(bytes: Uint8Array): ContainerEvent[] {
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes > MOST_WAITING) throw new BitstreamError('too much follows the movie header at once');
    this.#waiting?.push(bytes.slice());
    return [];
  }

  #readHeader(): void {
    const header = readBoxHeader(new DataView(this.#header.buffer, 0, this.#headerLength));
    if (header === null) return;
    this.#headerLength = 0;
    const { type, headerSize, size } = header;
    if (this.#brands === null && type !== 'ftyp') throw new BitstreamError('this is no MP4: it begins with something else');
    const length = size === null ? Number.POSITIVE_INFINITY : size - headerSize;
    if (type === 'mdat') {
      this.#mediaEnd = this.#position + length;
      this.#endMedia();
      return;
    }
    const longest = LONGEST.get(type);
    if (length > (longest ?? LONGEST_SKIP)) throw new BitstreamError(`box ${printable(type)} of the container has ${length} bytes`);
    if (longest === undefined) {
      this.#skip = length;
      return;
    }
    this.#box = { type, start: this.#position - headerSize, headerSize, payload: new Uint8Array(length) };
    this.#filled = 0;
    this.#finish();
  }

  #finish(): void {
    const box = this.#box;
    if (box === null || this.#filled < box.payload.byteLength) return;
    this.#box = null;
    const data = new DataView(box.payload.buffer);
    if (box.type === 'ftyp') {
      this.#brands = box.payload;
      this.#fragments = null;
    } else if (box.type === 'moov') {
      this.#open(box.payload);
    } else {
      if (this.#fragments === null) throw new BitstreamError('the container has a fragment before its movie header');
      if (this.#samples.length > 0) throw new BitstreamError('samples of a fragment are missing');
      this.#samples = this.#fragments.read(data, box.start, this.#position).reverse();
      const bytes = this.#samples.reduce((sum, { size }) => sum + size, 0);
      if (bytes > LONGEST_FRAGMENT) throw new BitstreamError(`a fragment of the container has ${bytes} bytes`);
    }
  }

  #open(moov: Uint8Array): void {
    this.#fragments = new FragmentReader(readMovieTiming(new DataView(moov.buffer)));
    this.#samples = [];
    this.#sample = null;
    this.#read = [];
    const waiting: Uint8Array[] = [];
    this.#waiting = waiting;
    this.#waitingBytes = 0;
    const writer = writerOfMovie(this.#brands ?? new Uint8Array(), moov);
    const opened = (tracks: readonly ContainerTrack[]): ContainerEvent[] => {
      this.#waiting = null;
      const events: ContainerEvent[] = [{ type: 'tracks', tracks, writer, format: 'mp4' }];
      for (const bytes of waiting) events.push(...this.push(bytes));
      return events;
    };
    readMovieTracks(Buffer.concat([boxed('ftyp', this.#brands ?? new Uint8Array()), boxed('moov', moov)])).then(
      (tracks) => this.#later(() => opened(tracks)),
      (error: unknown) =>
        this.#later(() => {
          throw error;
        }),
    );
  }

  /** Takes what belongs to the next sample, and says how much that was. */
  #media(bytes: Uint8Array, end: number, events: ContainerEvent[]): number {
    const next = this.#samples.at(-1);
    const before = this.#position;
    if (next !== undefined && next.offset + next.size > end) throw new BitstreamError('a sample of a fragment is longer than its media');
    if (next === undefined || before < next.offset) {
      this.#position += Math.min(bytes.byteLength, (next?.offset ?? end) - before);
    } else {
      if (next.size > LONGEST_SAMPLE) throw new BitstreamError(`a sample of the container has ${next.size} bytes`);
      this.#sample ??= new Uint8Array(next.size);
      const filled = before - next.offset;
      const taken = Math.min(next.size - filled, bytes.byteLength);
      this.#sample.set(bytes.subarray(0, taken), filled);
      this.#position += taken;
      if (filled + taken === next.size) {
        this.#samples.pop();
        this.#read.push(block(next, this.#sample));
        this.#sample = null;
        if (this.#samples.length === 0) {
          for (const event of this.#read.sort((a, b) => (a.decode ?? a.time) - (b.decode ?? b.time))) events.push(event);
          this.#read = [];
        }
      }
    }
    this.#endMedia();
    return this.#position - before;
  }

  #endMedia(): void {
    if (this.#mediaEnd !== null && this.#position >= this.#mediaEnd) this.#mediaEnd = null;
  }
}

function boxed(type: string, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + payload.byteLength);
  bytes.writeUInt32BE(bytes.byteLength);
  bytes.write(type, 4, 'latin1');
  bytes.set(payload, 8);
  return bytes;
}

function block({ track, decode, composition, key }: Fmp4Sample, data: Uint8Array): ContainerBlock {
  const nanoseconds = (ticks: number): number => ((ticks + track.shift) * 1e9) / track.timescale;
  return { type: 'block', track: track.id, time: nanoseconds(decode + composition), decode: nanoseconds(decode), key, data };
}
