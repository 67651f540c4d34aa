/** Bytes out of the files of a recording. */
import { join } from 'node:path';
import { mediaFile } from './layout.ts';
import { openIfThere } from './open-if-there.ts';
import type { RecordedRendition, RecordedSegment } from './recording-index.ts';

/** A segment that can be played; undefined for one that is not there, or has gaps. */
export function playable(rendition: RecordedRendition | undefined, msn: number): RecordedSegment | undefined {
  const segment = rendition?.segments[msn];
  return segment === undefined || segment.gap || segment.length === 0 ? undefined : segment;
}

async function readBytes(path: string, offset: number, length: number): Promise<Buffer | null> {
  // The recording of a stream that has just ended may have been deleted already.
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    return bytesRead === length ? bytes : null;
  } finally {
    await file.close();
  }
}

export async function readSegment(folder: string, rendition: RecordedRendition | undefined, msn: number): Promise<Buffer | null> {
  const segment = playable(rendition, msn);
  if (rendition === undefined || segment === undefined) return null;
  return readBytes(join(folder, mediaFile(rendition.info.id)), segment.offset, segment.length);
}

export function readInit(rendition: RecordedRendition | undefined, epoch: number): Buffer | null {
  return rendition?.inits.get(epoch)?.data ?? null;
}
