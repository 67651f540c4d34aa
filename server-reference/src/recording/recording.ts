/** A session on its way to the disk. */
import { crc32 } from 'node:zlib';
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { TrackConfig } from '../hub/media.ts';
import type { Part, Segment } from '../packaging/segment.ts';
import type { Disk } from './disk.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import { RecordingIndex } from './recording-index.ts';
import { RecordingWriter, type WriteFailure } from './recording-writer.ts';

export interface RecordingOptions {
  readonly folder: string;
  readonly header: JournalHeader;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly minFree: Bytes;
  /** Recording has stopped, and the stream goes on. */
  readonly stopped: (reason: WriteFailure, cause: unknown) => void;
}

export interface InitDescription {
  readonly epoch: number;
  readonly config: TrackConfig;
  readonly frameDuration: number;
  readonly bytes: Uint8Array;
}

export class Recording {
  /** Of what is on the disk. */
  readonly index: RecordingIndex;
  readonly folder: string;
  readonly #clock: Clock;
  readonly #writer: RecordingWriter;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #sizes = new Map<number, Bytes>();
  #stopped: WriteFailure | null = null;
  #closing: Promise<void> | null = null;
  /** What it is to be called in the end. */
  title: string | null;

  constructor({ folder, header, disk, clock, minFree, stopped }: RecordingOptions) {
    this.folder = folder;
    this.title = header.title;
    this.index = new RecordingIndex(header);
    this.#clock = clock;
    this.#numbers = new Map(header.renditions.map(({ id }, index) => [id, index]));
    this.#writer = new RecordingWriter({
      folder,
      renditions: header.renditions.map(({ id }) => id),
      disk,
      clock,
      minFree,
      written: (entries) => {
        for (const entry of entries) this.index.apply(entry);
      },
      failed: (reason, cause) => {
        this.#stopped = reason;
        stopped(reason, cause);
      },
    });
    this.#writer.add({ kind: 'session', header });
  }

  /** Why it stopped before its stream; null while it goes on. */
  get stopped(): WriteFailure | null {
    return this.#stopped;
  }

  init(rendition: string, { epoch, config, frameDuration, bytes }: InitDescription): void {
    if (!this.#numbers.has(rendition)) return;
    const shape = config.kind === 'video' ? { width: config.width, height: config.height } : { channels: config.channels };
    const data = Buffer.from(bytes).toString('base64');
    this.#writer.add({ kind: 'init', init: { rendition, epoch, codec: config.codec, ...shape, frameDuration, data } });
  }

  part(rendition: string, segment: Segment, part: Part): void {
    const number = this.#numbers.get(rendition);
    if (number === undefined || this.#stopped !== null) return;
    const offset = this.#sizes.get(number) ?? 0;
    const { msn, epoch, discontinuity } = segment;
    const { start, duration, independent, bytes } = part;
    const length = bytes?.byteLength ?? 0;
    const crc = bytes === null ? 0 : crc32(bytes);
    const described = { msn, epoch, discontinuity, start, duration, independent, gap: bytes === null, offset, length, crc };
    const entry: JournalEntry = { kind: 'part', part: { rendition: number, ...described } };
    this.#sizes.set(number, offset + length);
    this.#writer.add(entry, bytes === null ? undefined : { rendition: number, bytes });
  }

  segment(rendition: string, { msn }: Segment): void {
    const number = this.#numbers.get(rendition);
    if (number !== undefined) this.#writer.add({ kind: 'segment', rendition: number, msn });
  }

  /** Resolves when what came so far is on the disk or never will be, and in any case after a moment. */
  written(): Promise<void> {
    return this.#writer.written();
  }

  /** Writes what is left and closes the files. Rejects where they could not be closed as they should; what was written stays. */
  finish(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const at: Milliseconds = this.#clock.now();
    const last = (): JournalEntry => ({ kind: 'end', end: { at, reason: this.#stopped ?? 'ended', title: this.title } });
    try {
      await this.#writer.close(last);
    } finally {
      // The end is in the index also where the disk no longer took it.
      this.index.apply(last());
    }
  }
}
