/** Bytes out of the files of a recording. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaFile } from './layout.ts';
import type { RecordedRendition, RecordedSegment } from './recording-index.ts';

/** A segment that can be played; undefined for one that is not there, or has gaps. */
export function playable(rendition: RecordedRendition | undefined, msn: number): RecordedSegment | undefined {
  const segment = rendition?.segments[msn];
  return segment === undefined || segment.gap || segment.length === 0 ? undefined : segment;
}

export async function readBytes(folder: string, rendition: string, offset: number, length: number): Promise<Buffer | null> {
  const file = await open(join(folder, mediaFile(rendition)));
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
  return readBytes(folder, rendition.info.id, segment.offset, segment.length);
}

export function readInit(rendition: RecordedRendition | undefined, epoch: number): Buffer | null {
  return rendition?.inits.get(epoch)?.data ?? null;
}
