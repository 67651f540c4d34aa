/** What a recording holds, from its journal: for each rendition its init sections and its segments, with their places in its file. */
import type { Seconds, Ticks } from '../../../src/protocol/index.ts';
import type { JournalEnd, JournalEntry, JournalHeader, JournalInit, JournalPart, RecordedTrack } from './journal.ts';

export interface RecordedSegment {
  readonly msn: number;
  readonly epoch: number;
  readonly discontinuity: boolean;
  /** Begins with a key frame. */
  readonly independent: boolean;
  /** Media is missing within it. */
  readonly gap: boolean;
  readonly start: Ticks;
  readonly duration: Ticks;
  /** Its bytes in the rendition's file. */
  readonly offset: number;
  readonly length: number;
}

export interface RecordedInit extends Omit<JournalInit, 'data'> {
  readonly data: Buffer;
}

type Growing = { -readonly [K in keyof RecordedSegment]: RecordedSegment[K] };

export class RecordedRendition {
  readonly info: RecordedTrack;
  readonly inits = new Map<number, RecordedInit>();
  /** Complete ones; each stands at the index that is its media sequence number. */
  readonly segments: RecordedSegment[] = [];
  #open: Growing | null = null;
  bytes = 0;

  constructor(info: RecordedTrack) {
    this.info = info;
  }

  /** Where its last whole part ends. */
  get end(): Seconds {
    const last = this.#open ?? this.segments.at(-1);
    return last === undefined ? 0 : (last.start + last.duration) / this.info.timescale;
  }

  get start(): Seconds | null {
    const first = this.segments[0] ?? this.#open;
    return first === null ? null : first.start / this.info.timescale;
  }

  part(part: JournalPart): void {
    if (this.#open !== null && this.#open.msn !== part.msn) this.complete();
    const { msn, epoch, discontinuity, independent, start, offset } = part;
    this.#open ??= { msn, epoch, discontinuity, independent, gap: false, start, duration: 0, offset, length: 0 };
    const open = this.#open;
    open.duration += part.duration;
    if (part.gap) open.gap = true;
    // The first part may be a gap; then the bytes begin later.
    if (open.length === 0) open.offset = part.offset;
    open.length += part.length;
    this.bytes += part.length;
  }

  complete(): void {
    if (this.#open !== null) this.segments.push(this.#open);
    this.#open = null;
  }
}

export class RecordingIndex {
  readonly header: JournalHeader;
  readonly renditions: readonly RecordedRendition[];
  /** Null while it is being recorded. */
  end: JournalEnd | null = null;

  constructor(header: JournalHeader) {
    this.header = header;
    this.renditions = header.renditions.map((info) => new RecordedRendition(info));
  }

  get bytes(): number {
    return this.renditions.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** From the first part to the last, time without media included. */
  get duration(): Seconds {
    const starts = this.renditions.flatMap(({ start }) => start ?? []);
    return starts.length === 0 ? 0 : Math.max(...this.renditions.map(({ end }) => end)) - Math.min(...starts);
  }

  rendition(id: string): RecordedRendition | undefined {
    return this.renditions.find(({ info }) => info.id === id);
  }

  apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'session':
        return;
      case 'init': {
        const { init } = entry;
        this.rendition(init.rendition)?.inits.set(init.epoch, { ...init, data: Buffer.from(init.data, 'base64') });
        return;
      }
      case 'part':
        this.renditions[entry.part.rendition]?.part(entry.part);
        return;
      case 'segment':
        this.renditions[entry.rendition]?.complete();
        return;
      case 'end':
        // What a crash left unfinished ends with what is whole.
        for (const rendition of this.renditions) rendition.complete();
        this.end = entry.end;
    }
  }
}
