/**
 * One rendition of a session: it collects frames into parts, parts into segments, and keeps a sliding window of segments. When to
 * begin a segment is not its decision but the segmenter's, which cuts all renditions together.
 */
import type { Milliseconds, Seconds, Ticks } from '../../../src/protocol/index.ts';
import type { EpochTrack, Frame, RenditionInfo } from '../hub/media.ts';
import type { Bytes } from './boxes.ts';
import { writeFragment } from './fragment.ts';
import { initSection } from './init-section.ts';
import { type PartTiming, SHORTEST_PART } from './part-target.ts';
import { type Part, Segment } from './segment.ts';

export interface RenditionOptions {
  readonly timing: PartTiming;
  readonly segmentDuration: Seconds;
  /** How much a playlist lists; as much again stays fetchable behind it. */
  readonly window: Seconds;
  /** Whether segments stay listed for ever, those behind twice the window without their bytes. */
  readonly event: boolean;
  /** Wall clock at zero of the timeline, which fragments carry. */
  readonly zero: Milliseconds;
  /** Called with each frame that is not dropped. */
  readonly taken: () => void;
  /** Called with each decoder configuration, before the segments that need it. */
  readonly configured: (epoch: number) => void;
  /** Called with each part, gaps included. */
  readonly added: (segment: Segment, part: Part) => void;
  /** Called with each segment to which nothing more is added. */
  readonly completed: (segment: Segment) => void;
  /** Called after each part and each completed segment. */
  readonly changed: (rendition: Rendition) => void;
}

export interface PartAddress {
  readonly msn: number;
  readonly part: number;
}

export class Rendition {
  readonly info: RenditionInfo;
  readonly #options: RenditionOptions;
  readonly #inits = new Map<number, Bytes>();
  /** Listed segments, oldest first; the last one may be growing. */
  readonly segments: Segment[] = [];
  /** Segments that the playlist no longer lists and that slow clients may still fetch. */
  readonly #expired: Segment[] = [];
  /** How many of the listed segments have left memory. */
  #released = 0;
  #open: Segment | null = null;
  #frames: Frame[] = [];
  #pending: Ticks = 0;
  #sequence = 0;
  #track: EpochTrack | null = null;
  /** Decode time up to which this rendition is known, frames of the unfinished part included. */
  frontier: Ticks;
  discontinuitySequence = 0;
  /** Rises with every change of the playlist. */
  version = 0;
  ended = false;

  constructor(info: RenditionInfo, start: Seconds, options: RenditionOptions) {
    this.info = info;
    this.frontier = Math.round(start * info.timescale);
    this.#options = options;
  }

  get track(): EpochTrack | null {
    return this.#track;
  }

  get frontierSeconds(): Seconds {
    return this.frontier / this.info.timescale;
  }

  /** The segment that is being filled; null before the first. */
  get open(): Segment | null {
    return this.#open;
  }

  /** Duration of the frames that are not yet a part. */
  get pendingSeconds(): Seconds {
    return this.#pending / this.info.timescale;
  }

  /** Whether anything has gone into the open segment. */
  get filled(): boolean {
    return this.#open !== null && (this.#open.parts.length > 0 || this.#frames.length > 0);
  }

  /** Whether the open segment begins with a key frame. */
  get openIndependent(): boolean {
    return this.#open?.parts[0]?.independent ?? this.#frames[0]?.key ?? false;
  }

  /** Start of what is in the open segment. */
  get openStart(): Seconds {
    const start = this.#open?.parts[0]?.start ?? this.#frames[0]?.dts ?? this.frontier;
    return start / this.info.timescale;
  }

  get last(): Segment | undefined {
    return this.segments.at(-1);
  }

  get mediaSequence(): number {
    return this.segments[0]?.msn ?? 0;
  }

  /** Bytes of media held, listed or not. */
  get heldBytes(): number {
    let bytes = this.#frames.reduce((sum, frame) => sum + frame.data.byteLength, 0);
    for (const list of [this.segments, this.#expired]) for (const segment of list) bytes += segment.byteLength;
    return bytes;
  }

  init(epoch: number): Bytes | undefined {
    return this.#inits.get(epoch);
  }

  segment(msn: number): Segment | undefined {
    // Numbers follow each other without a gap, in both lists.
    return this.segments[msn - this.mediaSequence] ?? this.#expired[msn - (this.#expired[0]?.msn ?? 0)];
  }

  /** The part that comes next if the open segment goes on. */
  get next(): PartAddress {
    const open = this.#open;
    return open === null ? { msn: 0, part: 0 } : { msn: open.msn, part: open.parts.length };
  }

  /**
   * The part that comes next: the first of the next segment where the open one has reached its duration and only the key frame that ends it
   * is awaited. Null in a gap, which promises nothing.
   */
  get expected(): PartAddress | null {
    const open = this.#open;
    if (this.ended || open === null || open.gap) return null;
    return this.#full ? { msn: open.msn + 1, part: 0 } : this.next;
  }

  /**
   * What EXT-X-PRELOAD-HINT names. Nothing for the moment in which the open segment is full and not yet ended: players take a hint that
   * follows the parts of a segment without EXTINF for one more part of that segment, whatever its address says.
   */
  get hint(): PartAddress | null {
    return this.#full ? null : this.expected;
  }

  get #full(): boolean {
    const halfFrame = (this.#track?.frameDuration ?? 0) / 2;
    return this.#open !== null && this.#open.duration + halfFrame >= this.#options.segmentDuration * this.info.timescale;
  }

  /** Sets the decoder configuration of the segments that follow. */
  configure(epoch: number, track: EpochTrack | null): void {
    this.#track = track;
    if (track === null) return;
    this.#inits.set(epoch, initSection(track.config));
    this.#options.configured(epoch);
  }

  add(frame: Frame): void {
    const { target, nominal } = this.#options.timing;
    const scale = this.info.timescale;
    // Half a tick of tolerance: durations are whole ticks, targets are not.
    const overflows = this.#pending + frame.duration > target * scale + 0.5;
    // A fragment has one decode time: a hole begins a part.
    if (this.#frames.length > 0 && (overflows || frame.dts !== this.frontier)) this.#closePart();
    this.#frames.push(frame);
    this.#options.taken();
    this.#pending += frame.duration;
    this.frontier = frame.dts + frame.duration;
    // RFC 8216bis §4.4.4.9: at least 85 % of PART-TARGET. Beyond that, whichever is nearest to the nominal part.
    const longEnough = this.#pending >= SHORTEST_PART * target * scale;
    const another = this.#pending + frame.duration;
    if (longEnough && (this.#pending + frame.duration / 2 > nominal * scale || another * 1.05 > target * scale)) this.#closePart();
  }

  /** Fills up to `until` with GAP parts; what is shorter than a part waits unless `exact`. */
  fillGap(until: Ticks, exact = false): void {
    if (this.#open === null || until <= this.frontier) return;
    const nominal = Math.round(this.#options.timing.nominal * this.info.timescale);
    if (!exact && until - this.frontier < nominal) return;
    if (this.#frames.length > 0) this.#closePart();
    while (until - this.frontier >= nominal) this.#append(null, nominal);
    if (exact && until > this.frontier) this.#append(null, until - this.frontier);
  }

  /** Ends the open segment, if there is one, and begins the next. */
  cut(epoch: number, discontinuity: boolean): void {
    const msn = (this.#open?.msn ?? -1) + 1;
    this.#complete();
    this.#open = new Segment(msn, epoch, discontinuity, this.frontier);
  }

  /** Begins the open segment, into which nothing has gone yet, anew. */
  reopen(epoch: number, discontinuity: boolean): void {
    this.#open = new Segment(this.#open?.msn ?? 0, epoch, discontinuity, this.frontier);
  }

  /** ENDLIST: nothing follows. */
  end(): void {
    if (this.ended) return;
    if (this.filled) this.#complete();
    this.ended = true;
    this.#notify();
  }

  #closePart(): void {
    const frames = this.#frames;
    const duration = this.#pending;
    this.#frames = [];
    this.#pending = 0;
    const origin = { zero: this.#options.zero, timescale: this.info.timescale };
    const bytes = writeFragment(this.info.kind, ++this.#sequence, frames, origin);
    this.#append({ bytes, independent: frames[0]?.key ?? false, start: frames[0]?.dts ?? this.frontier }, duration);
  }

  #append(media: { bytes: Bytes; independent: boolean; start: Ticks } | null, duration: Ticks): void {
    const segment = this.#open;
    if (segment === null) throw new Error('a part needs a segment');
    if (segment.parts.length === 0) this.segments.push(segment);
    const start = media?.start ?? this.frontier;
    segment.append({ index: segment.parts.length, start, duration, independent: media?.independent ?? false, bytes: media?.bytes ?? null });
    if (media === null) this.frontier += duration;
    const added = segment.parts.at(-1);
    if (added !== undefined) this.#options.added(segment, added);
    this.#notify();
  }

  #complete(): void {
    const segment = this.#open;
    if (segment === null) return;
    if (this.#frames.length > 0) this.#closePart();
    // Nothing came for it, and its time has passed: numbers stay equal in all renditions, and no segment is without a length.
    if (segment.parts.length === 0) this.#append(null, this.#track?.frameDuration ?? 1);
    segment.complete = true;
    this.#options.completed(segment);
    this.#slide();
    this.#notify();
  }

  /** Rules 9 and 10: one segment leaves at a time, and never so that less than the window is listed. */
  #slide(): void {
    const window = this.#options.window * this.info.timescale;
    if (this.#options.event) {
      const horizon = this.frontier - 2 * window;
      for (let next = this.segments[this.#released]; next !== undefined && next.end < horizon; next = this.segments[++this.#released])
        next.release();
      return;
    }
    let listed = this.segments.reduce((sum, segment) => sum + segment.duration, 0);
    for (let first = this.segments[0]; first !== undefined && listed - first.duration >= window; first = this.segments[0]) {
      listed -= first.duration;
      this.segments.shift();
      if (first.discontinuity) this.discontinuitySequence++;
      this.#expired.push(first);
    }
    const horizon = this.frontier - 2 * window;
    while (this.#expired[0] !== undefined && this.#expired[0].end < horizon) this.#expired.shift();
    const oldestEpoch = (this.#expired[0] ?? this.segments[0])?.epoch ?? 0;
    for (const epoch of this.#inits.keys()) if (epoch < oldestEpoch) this.#inits.delete(epoch);
  }

  #notify(): void {
    this.version++;
    this.#options.changed(this);
  }
}
