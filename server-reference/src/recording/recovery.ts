/** What a crash left: cut back to what is whole, and ended. */
import { type FileHandle, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Disk } from './disk.ts';
import { encodeEntry, type JournalEntry, type JournalPart } from './journal.ts';
import { JOURNAL, mediaFile } from './layout.ts';
import { openIfThere } from './open-if-there.ts';
import { readJournal } from './read-journal.ts';
import type { RecordingIndex } from './recording-index.ts';

/**
 * So many of the last parts are read again and compared with what the journal says of them: a power failure may have kept the journal
 * and lost media that was written before it, for as long as systems hold back writes (30 s) and some more.
 */
const PARTS_CHECKED = 512;

interface Placed {
  readonly part: JournalPart;
  /** Where the record before it ends: the journal's length without it. */
  readonly before: number;
}

/** Null where nothing of it can be used. Rejects where the disk does not do as it is told. */
export async function recover(folder: string, disk: Disk, now: Milliseconds): Promise<RecordingIndex | null> {
  const tail: Placed[] = [];
  let before = 0;
  let ended = false;
  const read = await readJournal(folder, (entry, end) => {
    if (entry.kind === 'end') ended = true;
    if (entry.kind === 'part' && !entry.part.gap) {
      tail.push({ part: entry.part, before });
      if (tail.length > PARTS_CHECKED) tail.shift();
    }
    before = end;
  });
  if (read === null) return null;
  if (ended) return read.index;
  const names = read.index.header.renditions.map(({ id }) => mediaFile(id));
  const whole = (await firstBroken(folder, names, tail)) ?? read.whole;
  await truncate(join(folder, JOURNAL), whole);
  const kept = await readJournal(folder);
  if (kept === null) return null;
  const last: JournalEntry = { kind: 'end', end: { at: endOf(kept.index) ?? now, reason: 'interrupted' } };
  for (const { info, bytes } of kept.index.renditions) if (bytes > 0) await truncate(join(folder, mediaFile(info.id)), bytes);
  const journal = await disk.append(join(folder, JOURNAL));
  try {
    await journal.append([encodeEntry(last)]);
  } finally {
    await journal.close();
  }
  kept.index.apply(last);
  return kept.index;
}

/** Where the journal has to end so that it speaks of nothing that is not there; null where all of it is. */
async function firstBroken(folder: string, names: readonly string[], tail: readonly Placed[]): Promise<number | null> {
  const files = new Map<string, FileHandle | null>();
  try {
    for (const { part, before } of tail) {
      const name = names[part.rendition];
      if (name === undefined) return before;
      let file = files.get(name);
      if (file === undefined) {
        file = await openIfThere(join(folder, name));
        files.set(name, file);
      }
      if (file === null || !(await holds(file, part))) return before;
    }
    return null;
  } finally {
    for (const file of files.values()) await file?.close();
  }
}

async function holds(file: FileHandle, { offset, length, crc }: JournalPart): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  return bytesRead === length && crc32(bytes) === crc;
}

/** When it was interrupted, as the server's clock would have said then. */
function endOf({ header, renditions }: RecordingIndex): Milliseconds | null {
  const end = Math.max(0, ...renditions.map((rendition) => rendition.end));
  return end === 0 ? null : Math.round(header.zero + end * 1000);
}
