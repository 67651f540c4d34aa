/** All recordings of this server: those that are being made, and those on the disk. */
import { readdir, readFile, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, isName, type Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Disk } from './disk.ts';
import type { JournalHeader } from './journal.ts';
import { folderOf, isOurs, isSession, JOURNAL, SUMMARY } from './layout.ts';
import { readJournal } from './read-journal.ts';
import { RecentlyAsked } from './recently-asked.ts';
import { Recording } from './recording.ts';
import type { RecordingIndex } from './recording-index.ts';
import type { WriteFailure } from './recording-writer.ts';
import { recover } from './recovery.ts';
import { tooMuch } from './retention.ts';
import { readSummary, type Summary, summarize } from './summary.ts';

export interface RecordingLimits {
  /** How long a recording is kept after its end; null for ever. */
  readonly maxAge: Milliseconds | null;
  /** Of all recordings together; null for no limit. */
  readonly maxSize: Bytes | null;
  /** Recording stops when less would be left on the disk. */
  readonly minFree: Bytes;
}

export interface RecordingsOptions extends RecordingLimits {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often it is looked for what has become too old; what is too much goes as soon as a recording ends, too. */
const SWEEP_INTERVAL: Milliseconds = 60_000;
/** Journals that are kept in memory, by when they were last asked for. */
const MOST_INDEXES = 8;
/** Recordings that are looked at together when the server starts. */
const READ_AT_ONCE = 16;
/** A disk that hangs does not keep the server from ending for longer than this. */
const CLOSE_PATIENCE: Milliseconds = 2_000;

export type Deletion = 'deleted' | 'not-found' | 'live';

const keyOf = (stream: string, session: string): string => `${stream}/${session}`;

export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #live = new Map<string, Recording>();
  readonly #kept = new Map<string, Summary>();
  readonly #indexes = new RecentlyAsked<RecordingIndex | null>(MOST_INDEXES);
  readonly #finishing = new Map<Recording, Promise<void>>();
  #cancelSweep: (() => void) | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** Finds what is on the disk, ends what a crash interrupted, and begins to keep to the limits. */
  async open(): Promise<void> {
    const { directory } = this.#options;
    const streams = (await namesIn(directory)).filter(isName);
    const places: { readonly stream: string; readonly session: string }[] = [];
    await eachOf(streams, async (stream) => {
      for (const session of await namesIn(join(directory, stream))) if (isSession(session)) places.push({ stream, session });
    });
    await eachOf(places, ({ stream, session }) => this.#find(stream, session));
    await this.sweep();
    this.#armSweep();
  }

  /** Those of a stream, the newest first. */
  list(stream: string): Summary[] {
    const kept = [...this.#kept.values()].filter((summary) => summary.stream === stream);
    const live = [...this.#live.values()].filter(({ index }) => index.header.stream === stream).map(({ index }) => summarize(index));
    return [...live, ...kept].sort((a, b) => b.startedAt - a.startedAt);
  }

  /** The folder of a recording; null where there is none of that name. */
  folder(stream: string, session: string): string | null {
    const key = keyOf(stream, session);
    return this.#live.has(key) || this.#kept.has(key) ? folderOf(this.#options.directory, stream, session) : null;
  }

  /** What it holds, as far as it is on the disk; null where there is no such recording. */
  async index(stream: string, session: string): Promise<RecordingIndex | null> {
    const key = keyOf(stream, session);
    const live = this.#live.get(key);
    if (live !== undefined) return live.index;
    const summary = this.#kept.get(key);
    if (summary === undefined) return null;
    return this.#indexes.get(key, () => readEnded(folderOf(this.#options.directory, stream, session), summary));
  }

  /** Begins to record a session. */
  begin(header: JournalHeader, stopped: (reason: WriteFailure) => void): Recording {
    const { directory, disk, clock, minFree, log } = this.#options;
    const { stream, session } = header;
    const recording: Recording = new Recording({
      folder: folderOf(directory, stream, session),
      header,
      disk,
      clock,
      minFree,
      stopped: (reason, cause) => {
        log.warn({ stream, session, reason, err: cause }, 'recording stopped; the stream goes on');
        stopped(reason);
        // It stays among the live ones until its stream has ended, so that nothing deletes what that still lists.
        recording.finish().catch((error: unknown) => log.debug({ stream, session, err: error }, 'a stopped recording has no end'));
      },
    });
    this.#live.set(keyOf(stream, session), recording);
    return recording;
  }

  /** The stream of a recording has ended. */
  finish(recording: Recording): void {
    if (this.#finishing.has(recording)) return;
    this.#finishing.set(
      recording,
      this.#finish(recording).finally(() => this.#finishing.delete(recording)),
    );
  }

  /** Deletes a recording for good; one that is being made is not touched. */
  async delete(stream: string, session: string): Promise<Deletion> {
    const key = keyOf(stream, session);
    const live = this.#live.get(key);
    if (live !== undefined) {
      const finishing = this.#finishing.get(live);
      if (finishing === undefined) return 'live';
      await finishing;
    }
    if (!this.#kept.delete(key)) return 'not-found';
    this.#indexes.delete(key);
    await this.#remove(stream, session);
    return 'deleted';
  }

  /** Deletes what is over the limits, the oldest first. */
  async sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweep());
    await this.#sweeping;
  }

  /** Resolves when the recordings of streams that have ended are closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#finishing.values());
  }

  /** Ends every recording, and resolves when it has been written to its end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelSweep?.();
    for (const recording of this.#live.values()) this.finish(recording);
    const patience = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(CLOSE_PATIENCE, patience.resolve);
    await Promise.race([this.settled(), patience.promise]);
    cancel();
  }

  async #finish(recording: Recording): Promise<void> {
    const { stream, session } = recording.index.header;
    const key = keyOf(stream, session);
    try {
      await recording.finish();
      await this.#close(recording.index);
    } catch (error) {
      // The next start ends it as it would after a crash.
      this.#options.log.warn({ stream, session, err: error }, 'a recording was not closed as it should be');
    }
    if (!this.#live.delete(key)) return;
    if (recording.index.bytes > 0) this.#kept.set(key, summarize(recording.index));
    if (!this.#closed) await this.sweep();
  }

  async #find(stream: string, session: string): Promise<void> {
    const { directory, disk, clock, log } = this.#options;
    const folder = folderOf(directory, stream, session);
    try {
      const summary = readSummary(await readFile(join(folder, SUMMARY), 'utf8').catch(() => ''));
      if (summary !== null) {
        assertPlace(summary, stream, session);
        this.#kept.set(keyOf(stream, session), summary);
        return;
      }
      const index = await recover(folder, disk, clock.now());
      if (index === null) {
        await this.#remove(stream, session);
        return;
      }
      assertPlace(index.header, stream, session);
      await this.#close(index);
      if (index.bytes === 0) return;
      this.#kept.set(keyOf(stream, session), summarize(index));
      log.info({ stream, session, seconds: Math.round(index.duration) }, 'an interrupted recording was closed with what is whole');
    } catch (error) {
      log.warn({ stream, session, err: error }, 'a recording cannot be read');
    }
  }

  /** Makes an ended recording one that the next start finds at once; one without any media is not kept. */
  async #close(index: RecordingIndex): Promise<void> {
    const { stream, session } = index.header;
    if (index.bytes === 0) return this.#remove(stream, session);
    const summary = `${JSON.stringify(summarize(index))}\n`;
    await this.#options.disk.replace(join(folderOf(this.#options.directory, stream, session), SUMMARY), summary);
  }

  /** The journal goes first: what a crash leaves of a deletion is no recording, and the next start deletes the rest. */
  async #remove(stream: string, session: string): Promise<void> {
    const folder = folderOf(this.#options.directory, stream, session);
    await rm(join(folder, SUMMARY), { force: true });
    await rm(join(folder, JOURNAL), { force: true });
    for (const file of await namesIn(folder)) if (isOurs(file)) await unlink(join(folder, file));
    // What is not ours stays, and the folder with it.
    await rmdir(folder).catch(() => undefined);
    await rmdir(join(this.#options.directory, stream)).catch(() => undefined);
  }

  #armSweep(): void {
    this.#cancelSweep = this.#options.clock.after(SWEEP_INTERVAL, () => {
      this.#armSweep();
      void this.sweep();
    });
  }

  async #sweep(): Promise<void> {
    const { clock, log } = this.#options;
    const live = [...this.#live.values()].reduce((sum, { index }) => sum + index.bytes, 0);
    for (const { stream, session, bytes } of tooMuch([...this.#kept.values()], live, clock.now(), this.#options)) {
      try {
        await this.delete(stream, session);
        log.info({ stream, session, bytes }, 'an old recording was deleted');
      } catch (error) {
        log.warn({ stream, session, err: error }, 'an old recording could not be deleted');
      }
    }
  }
}

async function readEnded(folder: string, { endedAt, reason }: Summary): Promise<RecordingIndex | null> {
  const index = (await readJournal(folder))?.index ?? null;
  // The disk may have had no room for the last record.
  if (index?.end === null) index.apply({ kind: 'end', end: { at: endedAt ?? 0, reason: reason ?? 'interrupted' } });
  return index;
}

/** Whoever moves a recording to another name finds it as little as its players would. */
function assertPlace(found: { readonly stream: string; readonly session: string }, stream: string, session: string): void {
  if (found.stream !== stream || found.session !== session) throw new Error(`it belongs to ${found.stream}/${found.session}`);
}

/** A disk answers several at once sooner than one after the other, above all one on a network; more than these would wait in its queue. */
async function eachOf<T>(all: readonly T[], task: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const worker = async (): Promise<void> => {
    for (const one of left) await task(one);
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, worker));
}

/** Nothing where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}
