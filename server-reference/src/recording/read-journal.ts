/** Reads the journal of a recording from its file. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type JournalEntry, JournalReader } from './journal.ts';
import { JOURNAL } from './layout.ts';
import { RecordingIndex } from './recording-index.ts';

export interface ReadJournal {
  readonly index: RecordingIndex;
  /** Bytes up to the end of the last whole record. */
  readonly whole: number;
}

/**
 * Null where there is no journal, or nothing was written but a piece of its first record. Rejects where it cannot be read, or is none.
 *
 * @param entry called with each record and where it ends in the file
 */
export async function readJournal(folder: string, entry?: (entry: JournalEntry, end: number) => void): Promise<ReadJournal | null> {
  let index: RecordingIndex | null = null;
  const reader = new JournalReader((next, end) => {
    if (next.kind === 'session') index ??= new RecordingIndex(next.header);
    index?.apply(next);
    entry?.(next, end);
  });
  try {
    for await (const chunk of createReadStream(join(folder, JOURNAL), { highWaterMark: 1 << 20 })) reader.push(chunk as Buffer);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  if (index !== null) return { index, whole: reader.whole };
  // Not ours, or that of a version to come: not ours to delete either.
  if (reader.torn || reader.whole > 0) throw new Error(`${join(folder, JOURNAL)} is no journal that this server knows`);
  return null;
}
