/** A key frame as a decoder takes it alone: H.264 with start codes, its parameter sets in front. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAvcC } from '../ingest/h264.ts';
import { boxesIn, findBox, readFragment } from './fragments.ts';
import { mediaFile } from './layout.ts';
import type { RecordedRendition, RecordedSegment } from './recording-index.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** The fields of a visual sample entry, in front of its boxes. */
const VISUAL_ENTRY_BYTES = 78;
const HEAD_BYTES = 8 * 1024;

/**
 * @param init the init section of its track
 * @param fragment of which the first sample is a key frame, at least to the end of that
 * @returns null where it is not H.264
 */
export function keyPicture(init: Buffer, fragment: Buffer): Buffer | null {
  const avc = avcOf(init);
  const read = readFragment(fragment);
  const size = read?.samples.sizes[0];
  if (avc === null || read === null || size === undefined) return null;
  const pieces: Uint8Array[] = [];
  for (const set of [...avc.sps, ...avc.pps]) pieces.push(START_CODE, set);
  const end = read.payload + size;
  for (let at = read.payload; at + avc.lengthSize <= end; ) {
    const length = fragment.readUIntBE(at, avc.lengthSize);
    at += avc.lengthSize;
    pieces.push(START_CODE, fragment.subarray(at, at + length));
    at += length;
  }
  return Buffer.concat(pieces);
}

function avcOf(init: Buffer): ReturnType<typeof parseAvcC> | null {
  const stsd = findBox(init, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd']);
  if (stsd === null) return null;
  for (const entry of boxesIn(init, stsd.body + 8, stsd.end)) {
    const avcC = findBox(init, ['avcC'], entry.body + VISUAL_ENTRY_BYTES, entry.end);
    if (avcC !== null) return parseAvcC(init.subarray(avcC.body, avcC.end));
  }
  return null;
}

/** The key frames that segments begin with, read from the recording's file. */
export async function readKeyPictures(
  folder: string,
  rendition: RecordedRendition,
  segments: readonly RecordedSegment[],
): Promise<Buffer[]> {
  const file = await open(join(folder, mediaFile(rendition.info.id)));
  try {
    const pictures: Buffer[] = [];
    for (const segment of segments) {
      const init = rendition.inits.get(segment.epoch);
      const bytes = await readFirstSample(file, segment);
      const picture = init === undefined || bytes === null ? null : keyPicture(init.data, bytes);
      if (picture !== null) pictures.push(picture);
    }
    return pictures;
  } finally {
    await file.close();
  }
}

async function readFirstSample(file: FileHandle, { offset, length }: RecordedSegment): Promise<Buffer | null> {
  const head = Buffer.alloc(Math.min(HEAD_BYTES, length));
  await file.read(head, 0, head.byteLength, offset);
  const fragment = readFragment(head);
  const size = fragment?.samples.sizes[0];
  if (fragment === null || size === undefined) return null;
  const bytes = Buffer.alloc(fragment.payload + size);
  await file.read(bytes, 0, bytes.byteLength, offset);
  return bytes;
}
