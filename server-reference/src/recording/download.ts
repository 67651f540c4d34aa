/**
 * A recording as one plain MP4 with pictures and sound, made while it is sent: the index (`moov`) comes first and is computed from the
 * fragments' heads, the media behind it is copied out of the recording's files. Every byte has its place before any is sent, so players
 * can seek with range requests.
 *
 * Time without media is left out. Each decoder configuration has a sample description of its own, so a picture that changes its size
 * changes it in the file, too. Of several layers the largest is taken.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../../src/protocol/index.ts';
import { contentsOf, type Period, periodsOf, videosOf } from './contents.ts';
import { type Fragment, readFragment } from './fragments.ts';
import { mediaFile } from './layout.ts';
import { writeMovie } from './movie.ts';
import type { RecordedRendition, RecordedSegment, RecordingIndex } from './recording-index.ts';
import { TrackTable } from './track-table.ts';

/** Long enough for the head of any fragment that lasts no longer than a second. */
const HEAD_BYTES: Bytes = 4 * 1024;
const SMALL_SEGMENT: Bytes = 64 * 1024;
const SEGMENTS_AT_ONCE = 16;

interface Chunk {
  readonly rendition: string;
  readonly segment: RecordedSegment;
  /** Runs of media within the segment. */
  readonly payloads: readonly { readonly offset: number; readonly length: number }[];
  /** Where it begins in what follows the index. */
  readonly at: number;
  readonly length: number;
}

export class Download {
  readonly length: Bytes;
  readonly #folder: string;
  readonly #head: Buffer;
  readonly #chunks: readonly Chunk[];

  private constructor(folder: string, head: Buffer, chunks: readonly Chunk[]) {
    this.#folder = folder;
    this.#head = head;
    this.#chunks = chunks;
    this.length = head.byteLength + mediaLength(chunks);
  }

  /** Null where there is nothing that can be played. Rejects where the files cannot be read. */
  static async of(folder: string, index: RecordingIndex): Promise<Download | null> {
    const contents = contentsOf(index);
    const [video] = videosOf(contents);
    const audio = contents.renditions.find(({ info }) => info.kind === 'audio');
    const renditions = [video, audio].filter((rendition) => rendition !== undefined);
    if (renditions.length === 0) return null;
    const files = new Map<RecordedRendition, FileHandle>();
    try {
      for (const rendition of renditions) files.set(rendition, await open(join(folder, mediaFile(rendition.info.id))));
      const { tables, chunks } = await plan(periodsOf(contents), files);
      return new Download(folder, writeMovie([...tables.values()], index.header.startedAt, mediaLength(chunks)), chunks);
    } finally {
      for (const file of files.values()) await file.close();
    }
  }

  /** @param end the last byte, included */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    const head = this.#head.byteLength;
    if (start < head) yield this.#head.subarray(start, end + 1);
    const files = new Map<string, FileHandle>();
    try {
      for (let index = this.#chunkAt(start - head); index < this.#chunks.length; index++) {
        const chunk = this.#chunks[index];
        if (chunk === undefined || head + chunk.at > end) return;
        const bytes = await this.#readChunk(chunk, files);
        yield bytes.subarray(Math.max(0, start - head - chunk.at), end + 1 - head - chunk.at);
      }
    } finally {
      for (const file of files.values()) await file.close();
    }
  }

  async #readChunk({ rendition, segment, payloads }: Chunk, files: Map<string, FileHandle>): Promise<Buffer> {
    let file = files.get(rendition);
    if (file === undefined) {
      file = await open(join(this.#folder, mediaFile(rendition)));
      files.set(rendition, file);
    }
    const bytes = await readAt(file, segment.offset, segment.length);
    return Buffer.concat(payloads.map(({ offset, length }) => bytes.subarray(offset, offset + length)));
  }

  /** The first chunk that ends behind a place. */
  #chunkAt(place: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = this.#chunks[middle];
      if (chunk !== undefined && chunk.at + chunk.length <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function mediaLength(chunks: readonly Chunk[]): Bytes {
  const last = chunks.at(-1);
  return last === undefined ? 0 : last.at + last.length;
}

async function plan(
  periods: readonly Period[],
  files: ReadonlyMap<RecordedRendition, FileHandle>,
): Promise<{ tables: Map<RecordedRendition, TrackTable>; chunks: Chunk[] }> {
  const tables = new Map([...files.keys()].map((rendition) => [rendition, new TrackTable(rendition)]));
  const chunks: Chunk[] = [];
  let at = 0;
  for (const period of periods) {
    const ordered = inOrder(period);
    for (let first = 0; first < ordered.length; first += SEGMENTS_AT_ONCE) {
      const some = ordered.slice(first, first + SEGMENTS_AT_ONCE);
      const read = await Promise.all(some.map(({ rendition, segment }) => readFragments(files.get(rendition), segment)));
      for (const [index, { rendition, segment }] of some.entries()) {
        const table = tables.get(rendition);
        const fragments = read[index] ?? [];
        if (table === undefined || fragments.length === 0) continue;
        const shift = Math.round((period.start - period.mediaStart) * rendition.info.timescale);
        table.beginChunk(segment.epoch, at);
        for (const { start, samples } of fragments) table.add(start + shift, samples);
        const payloads = fragments.map(({ payload, payloadLength }) => ({ offset: payload, length: payloadLength }));
        const length = payloads.reduce((sum, payload) => sum + payload.length, 0);
        chunks.push({ rendition: rendition.info.id, segment, payloads, at, length });
        at += length;
      }
    }
  }
  return { tables, chunks };
}

/** Segment by segment, so that what is shown together stands together. */
function inOrder({ tracks }: Period): { rendition: RecordedRendition; segment: RecordedSegment }[] {
  return tracks
    .flatMap(({ rendition, segments }) => segments.map((segment) => ({ rendition, segment })))
    .sort((a, b) => a.segment.msn - b.segment.msn);
}

/** Places are from the beginning of the segment. Nothing for a rendition that is not downloaded. */
async function readFragments(file: FileHandle | undefined, segment: RecordedSegment): Promise<Fragment[]> {
  if (file === undefined) return [];
  // Of sound, one read brings all heads; of pictures that would be all there is.
  const step = segment.length <= SMALL_SEGMENT ? segment.length : HEAD_BYTES;
  const fragments: Fragment[] = [];
  let from = 0;
  let bytes = await readAt(file, segment.offset, step);
  for (let offset = 0; offset < segment.length; ) {
    const needed = Math.min(offset + HEAD_BYTES, segment.length);
    if (needed > from + bytes.byteLength) {
      from = offset;
      bytes = await readAt(file, segment.offset + from, Math.min(step, segment.length - from));
    }
    const fragment = readFragment(bytes.subarray(offset - from));
    if (fragment === null) throw new Error(`what stands at ${offset} of segment ${segment.msn} is no fragment`);
    fragments.push({ ...fragment, payload: offset + fragment.payload });
    offset += fragment.end;
  }
  return fragments;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead < length) throw new Error('a recording is shorter than its journal says');
  return bytes;
}
