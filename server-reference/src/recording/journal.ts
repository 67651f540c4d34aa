/**
 * The journal of a recording: what its media files hold, in the order in which it was written. It is only ever appended to, and a record
 * is appended once the bytes that it speaks of are in their file. So whatever a crash leaves behind, everything up to the first record
 * that is not whole is true.
 *
 *     record = u32 length of the body · u32 CRC-32 of the body · body
 *     body   = u8 kind · a JSON text (session, init, end) or a fixed layout (part, segment), big endian
 */
import { crc32 } from 'node:zlib';
import * as v from 'valibot';

const RenditionSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[av]\d$/)),
  kind: v.picklist(['video', 'audio']),
  timescale: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

const HeaderSchema = v.object({
  version: v.literal(1),
  stream: v.string(),
  session: v.string(),
  /** Server wall clock at zero of the timeline, in milliseconds. */
  zero: v.number(),
  startedAt: v.number(),
  /** Seconds. */
  targetDuration: v.number(),
  title: v.nullable(v.string()),
  renditions: v.array(RenditionSchema),
});

const InitSchema = v.object({
  rendition: v.string(),
  epoch: v.pipe(v.number(), v.integer(), v.minValue(0)),
  codec: v.string(),
  width: v.optional(v.number()),
  height: v.optional(v.number()),
  channels: v.optional(v.number()),
  /** Ticks of one frame at the rate that was measured. */
  frameDuration: v.number(),
  /** The init section, in base64. */
  data: v.string(),
});

export const END_REASONS = ['ended', 'interrupted', 'disk-full', 'disk-slow', 'disk-failed'] as const;
/** Why a recording has no more: its stream ended, the server died, or it stopped while the stream went on. */
export type EndReason = (typeof END_REASONS)[number];
const EndSchema = v.object({
  at: v.number(),
  reason: v.picklist(END_REASONS),
  /** As it was last called, where that is known. */
  title: v.optional(v.nullable(v.string())),
});

export type RecordedTrack = v.InferOutput<typeof RenditionSchema>;
export type JournalHeader = v.InferOutput<typeof HeaderSchema>;
export type JournalInit = v.InferOutput<typeof InitSchema>;
export type JournalEnd = v.InferOutput<typeof EndSchema>;

export interface JournalPart {
  /** Index of its rendition in the header. */
  readonly rendition: number;
  readonly msn: number;
  readonly epoch: number;
  /** Of its segment. */
  readonly discontinuity: boolean;
  readonly independent: boolean;
  readonly gap: boolean;
  /** Ticks of the rendition. */
  readonly start: number;
  readonly duration: number;
  /** Where its bytes are in the rendition's file; none in a gap. */
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

export type JournalEntry =
  | { readonly kind: 'session'; readonly header: JournalHeader }
  | { readonly kind: 'init'; readonly init: JournalInit }
  | { readonly kind: 'part'; readonly part: JournalPart }
  /** Nothing more comes for this segment. */
  | { readonly kind: 'segment'; readonly rendition: number; readonly msn: number }
  | { readonly kind: 'end'; readonly end: JournalEnd };

const HEAD_BYTES = 8;
const PART_BYTES = 43;
const SEGMENT_BYTES = 6;
/** No record is nearly as long; a length beyond it is no length. */
const MAX_BODY = 64 * 1024;
const KIND = { session: 1, init: 2, part: 3, segment: 4, end: 5 } as const;
const FLAG = { discontinuity: 1, independent: 2, gap: 4 } as const;

export function encodeEntry(entry: JournalEntry): Buffer {
  switch (entry.kind) {
    case 'session':
      return framed(json(KIND.session, entry.header));
    case 'init':
      return framed(json(KIND.init, entry.init));
    case 'end':
      return framed(json(KIND.end, entry.end));
    case 'segment': {
      const body = Buffer.allocUnsafe(SEGMENT_BYTES);
      body.writeUInt8(KIND.segment, 0);
      body.writeUInt8(entry.rendition, 1);
      body.writeUInt32BE(entry.msn, 2);
      return framed(body);
    }
    case 'part':
      return framed(partBody(entry.part));
  }
}

function json(kind: number, value: unknown): Buffer {
  return Buffer.concat([Uint8Array.of(kind), Buffer.from(JSON.stringify(value))]);
}

function partBody(part: JournalPart): Buffer {
  const flags = (part.discontinuity ? FLAG.discontinuity : 0) | (part.independent ? FLAG.independent : 0) | (part.gap ? FLAG.gap : 0);
  const body = Buffer.allocUnsafe(PART_BYTES);
  body.writeUInt8(KIND.part, 0);
  body.writeUInt8(part.rendition, 1);
  body.writeUInt8(flags, 2);
  body.writeUInt32BE(part.msn, 3);
  body.writeUInt32BE(part.epoch, 7);
  body.writeDoubleBE(part.start, 11);
  body.writeUInt32BE(part.duration, 19);
  body.writeDoubleBE(part.offset, 23);
  body.writeUInt32BE(part.length, 31);
  body.writeUInt32BE(part.crc, 35);
  // Left for what a later version may have to say of a part.
  body.writeUInt32BE(0, 39);
  return body;
}

function framed(body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32BE(body.byteLength, 0);
  head.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

/** Reads a journal as its bytes come; stops for good at the first record that is not whole. */
export class JournalReader {
  readonly #entry: (entry: JournalEntry, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  #whole = 0;
  #torn = false;

  /** @param entry called with each record and where it ends in the file */
  constructor(entry: (entry: JournalEntry, end: number) => void) {
    this.#entry = entry;
  }

  /** Bytes up to the end of the last whole record. */
  get whole(): number {
    return this.#whole;
  }

  /** Whether bytes were found that are no record. What merely is not there yet does not count. */
  get torn(): boolean {
    return this.#torn;
  }

  push(bytes: Buffer): void {
    if (this.#torn) return;
    const all = this.#rest.byteLength === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (at + HEAD_BYTES <= all.byteLength) {
      const length = all.readUInt32BE(at);
      if (length === 0 || length > MAX_BODY) {
        this.#tear();
        return;
      }
      const end = at + HEAD_BYTES + length;
      if (end > all.byteLength) break;
      const body = all.subarray(at + HEAD_BYTES, end);
      const entry = crc32(body) === all.readUInt32BE(at + 4) ? decode(body) : null;
      if (entry === null) {
        this.#tear();
        return;
      }
      this.#whole += end - at;
      this.#entry(entry, this.#whole);
      at = end;
    }
    this.#rest = all.subarray(at);
  }

  #tear(): void {
    this.#torn = true;
    this.#rest = Buffer.alloc(0);
  }
}

function decode(body: Buffer): JournalEntry | null {
  switch (body[0]) {
    case KIND.session: {
      const parsed = v.safeParse(HeaderSchema, parseJson(body));
      return parsed.success ? { kind: 'session', header: parsed.output } : null;
    }
    case KIND.init: {
      const parsed = v.safeParse(InitSchema, parseJson(body));
      return parsed.success ? { kind: 'init', init: parsed.output } : null;
    }
    case KIND.end: {
      const parsed = v.safeParse(EndSchema, parseJson(body));
      return parsed.success ? { kind: 'end', end: parsed.output } : null;
    }
    case KIND.segment:
      if (body.byteLength !== SEGMENT_BYTES) return null;
      return { kind: 'segment', rendition: body.readUInt8(1), msn: body.readUInt32BE(2) };
    case KIND.part:
      return body.byteLength === PART_BYTES ? { kind: 'part', part: decodePart(body) } : null;
    default:
      return null;
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8', 1));
  } catch {
    // The schema says what is wrong with it.
    return undefined;
  }
}

function decodePart(body: Buffer): JournalPart {
  const flags = body.readUInt8(2);
  return {
    rendition: body.readUInt8(1),
    msn: body.readUInt32BE(3),
    epoch: body.readUInt32BE(7),
    discontinuity: (flags & FLAG.discontinuity) !== 0,
    independent: (flags & FLAG.independent) !== 0,
    gap: (flags & FLAG.gap) !== 0,
    start: body.readDoubleBE(11),
    duration: body.readUInt32BE(19),
    offset: body.readDoubleBE(23),
    length: body.readUInt32BE(31),
    crc: body.readUInt32BE(35),
  };
}
