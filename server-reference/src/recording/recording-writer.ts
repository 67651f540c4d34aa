/**
 * Writes one recording, behind the back of the live stream: what comes while a batch is being written makes the next one. Media goes to
 * its files first, then the journal says so.
 *
 *   writing ──close()──▶ closing ──everything is written──▶ closed
 *      └── the disk is full, fails, or does not keep up ──▶ failed: what was not written is dropped, and nothing more is taken
 */
import { join } from 'node:path';
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { AppendFile, Disk } from './disk.ts';
import { type EndReason, encodeEntry, type JournalEntry } from './journal.ts';
import { JOURNAL, mediaFile } from './layout.ts';

/** What may wait for the disk: about a minute at 2 Mbit/s. It is memory that the live stream would have freed. */
const MOST_WAITING: Bytes = 16 * 1024 * 1024;
/** How often it is asked how much room there is. */
const ROOM_INTERVAL: Milliseconds = 5_000;

/** Nobody who plays the live stream waits longer for a slow disk. */
const LONGEST_HOLD: Milliseconds = 100;

export type WriteFailure = Extract<EndReason, `disk-${string}`>;

export interface WriterOptions {
  readonly folder: string;
  /** Ids, in the order of the journal's header. */
  readonly renditions: readonly string[];
  readonly disk: Disk;
  readonly clock: Clock;
  /** Recording ends when less than this would be left. */
  readonly minFree: Bytes;
  /** These are on the disk now. */
  readonly written: (entries: readonly JournalEntry[]) => void;
  /** Nothing more will be written. */
  readonly failed: (reason: WriteFailure, cause: unknown) => void;
}

interface Batch {
  readonly media: Map<number, Uint8Array[]>;
  readonly entries: JournalEntry[];
  bytes: Bytes;
}

const emptyBatch = (): Batch => ({ media: new Map(), entries: [], bytes: 0 });

export class RecordingWriter {
  readonly #options: WriterOptions;
  readonly #files = new Map<string, AppendFile>();
  /** What of each file counts: bytes that the journal speaks of. */
  readonly #kept = new Map<string, Bytes>();
  #next = emptyBatch();
  #waiting: Bytes = 0;
  #state: 'writing' | 'closing' | 'closed' | 'failed' = 'writing';
  #pump: Promise<void> | null = null;
  #roomAsked = Number.NEGATIVE_INFINITY;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Takes what is to be written; ignores it where nothing more is. */
  add(entry: JournalEntry, media?: { readonly rendition: number; readonly bytes: Uint8Array }): void {
    if (this.#state !== 'writing') return;
    this.#next.entries.push(entry);
    if (media !== undefined) {
      const pieces = this.#next.media.get(media.rendition);
      if (pieces === undefined) this.#next.media.set(media.rendition, [media.bytes]);
      else pieces.push(media.bytes);
      this.#next.bytes += media.bytes.byteLength;
      this.#waiting += media.bytes.byteLength;
    }
    if (this.#waiting > MOST_WAITING) {
      this.#fail('disk-slow', new Error(`${this.#waiting} bytes wait for the disk`));
      return;
    }
    this.#pump ??= this.#run();
  }

  /** Resolves when all that was taken so far is on the disk or never will be, and in any case after {@link LONGEST_HOLD}. */
  async written(): Promise<void> {
    if (this.#pump === null) return;
    const hold = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(LONGEST_HOLD, hold.resolve);
    await Promise.race([this.#pump, hold.promise]);
    cancel();
  }

  /** Writes what is left and then `last`, which is asked for when it is known how it went, and closes the files. */
  async close(last: () => JournalEntry): Promise<void> {
    if (this.#state === 'writing') this.#state = 'closing';
    await this.#pump;
    await this.#closeFiles(last());
  }

  async #run(): Promise<void> {
    // Parts of several renditions become complete in one turn of the event loop: they share a batch.
    await Promise.resolve();
    try {
      while (this.#next.entries.length > 0) {
        const batch = this.#next;
        this.#next = emptyBatch();
        await this.#write(batch);
        this.#waiting -= batch.bytes;
        this.#options.written(batch.entries);
      }
    } catch (error) {
      this.#fail(isFull(error) ? 'disk-full' : 'disk-failed', error);
    }
    this.#pump = null;
  }

  #isFailed(): boolean {
    return this.#state === 'failed';
  }

  async #write({ media, entries, bytes }: Batch): Promise<void> {
    const { clock, disk, folder, minFree, renditions } = this.#options;
    if (this.#files.size === 0) await disk.makeFolder(folder);
    const now = clock.now();
    if (now - this.#roomAsked >= ROOM_INTERVAL) {
      this.#roomAsked = now;
      const free = await disk.free(folder);
      if (free < minFree + bytes) throw Object.assign(new Error(`${free} bytes are free`), { code: 'ENOSPC' });
    }
    const sizes = new Map<string, Bytes>();
    for (const [index, pieces] of media) {
      const name = mediaFile(renditions[index] ?? '');
      await this.#append(name, pieces, sizes);
    }
    await this.#append(JOURNAL, entries.map(encodeEntry), sizes);
    for (const [name, size] of sizes) this.#kept.set(name, size);
  }

  async #append(name: string, pieces: readonly Uint8Array[], sizes: Map<string, Bytes>): Promise<void> {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = await this.#options.disk.append(join(this.#options.folder, name));
      this.#files.set(name, file);
    }
    const size = pieces.reduce((sum, { byteLength }) => sum + byteLength, this.#kept.get(name) ?? 0);
    await file.append(pieces);
    sizes.set(name, size);
  }

  #fail(reason: WriteFailure, cause: unknown): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#next = emptyBatch();
    this.#options.failed(reason, cause);
  }

  async #closeFiles(last: JournalEntry): Promise<void> {
    const failed = this.#isFailed();
    if (!failed) this.#state = 'closed';
    const files = [...this.#files];
    this.#files.clear();
    try {
      // After a failure what was written in vain goes: it makes room for the last words.
      if (failed) for (const [name, file] of files) await file.truncate(this.#kept.get(name) ?? 0);
      await files.find(([name]) => name === JOURNAL)?.[1].append([encodeEntry(last)]);
      for (const [, file] of files) await file.sync();
    } finally {
      for (const [, file] of files) await file.close();
    }
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL.has(String(error.code));
}
