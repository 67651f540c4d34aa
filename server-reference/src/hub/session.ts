/**
 * One run of a stream, from its first frame to its end. It fixes the renditions and the timeline; its id stands in every media URL, so
 * that a URL never means other bytes.
 */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import { type Derivation, NO_DERIVATION } from './derivation.ts';
import type { EpochHost, SourceTrack } from './epoch.ts';
import { GopRing } from './gop-ring.ts';
import {
  type EpochInfo,
  type EpochTrack,
  type Frame,
  type Output,
  type PackagingTerms,
  type RenditionInfo,
  SESSION_LEAD,
  type SessionInfo,
  type SessionTerms,
} from './media.ts';

export interface SessionOptions {
  readonly id: string;
  readonly stream: string;
  readonly renditions: readonly RenditionInfo[];
  readonly window: Seconds;
  readonly terms?: SessionTerms;
  readonly derivation?: Derivation | undefined;
  /** Makes the outputs, once the session's zero is known. */
  readonly opened: (session: Session) => void;
  readonly keyframeNeeded: () => void;
}

/** The renditions that a set of tracks asks for, leading one first. */
export function renditionsOf(tracks: readonly SourceTrack[]): RenditionInfo[] {
  return tracks.map(({ rendition: id, config }) => ({ id, kind: config.kind, family: config.family, timescale: config.timescale }));
}

export class Session implements EpochHost {
  readonly id: string;
  readonly stream: string;
  readonly renditions: readonly RenditionInfo[];
  /** Whether it is to be kept. */
  readonly record: boolean;
  /** What its broadcaster asked of the packaging. */
  readonly packaging: PackagingTerms;
  readonly #options: SessionOptions;
  readonly #outputs = new Set<Output>();
  readonly #frontiers = new Map<string, Seconds>();
  readonly #timescales: ReadonlyMap<string, number>;
  readonly #ring: GopRing;
  readonly #derivation: Derivation;
  readonly #wantedListeners = new Set<(rendition: string) => void>();
  /** Layers that rest, by the layer whose frames stand in for theirs. */
  #standIns: ReadonlyMap<string, readonly string[]> = new Map();
  #epoch: EpochInfo | null = null;
  #allocated = 0;
  #zero: Milliseconds | null = null;
  #floor: Seconds = 0;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.stream = options.stream;
    this.renditions = options.renditions;
    this.record = options.terms?.record ?? false;
    this.packaging = options.terms?.packaging ?? {};
    this.#derivation = options.derivation ?? NO_DERIVATION;
    this.#timescales = new Map(options.renditions.map(({ id, timescale }) => [id, timescale]));
    const leading = options.renditions[0];
    if (leading === undefined) throw new RangeError('a session has at least one rendition');
    this.#ring = new GopRing(options.renditions, leading, options.window);
  }

  get zero(): Milliseconds | null {
    return this.#zero;
  }

  get floor(): Seconds {
    return this.#floor;
  }

  /** Whether frames have begun. */
  get begun(): boolean {
    return this.#epoch !== null;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get epoch(): EpochInfo | null {
    return this.#epoch;
  }

  get info(): SessionInfo {
    return { id: this.id, stream: this.stream, renditions: this.renditions, zero: this.#zero ?? 0 };
  }

  /** Bytes of the frames held for outputs that begin later. */
  get heldBytes(): number {
    return this.#ring.byteLength;
  }

  frontier(rendition: string): Seconds {
    return this.#frontiers.get(rendition) ?? 0;
  }

  /** The number of the next epoch. */
  allocateEpoch(): number {
    return ++this.#allocated;
  }

  /** Whether these tracks can go on in this session: each is one of its renditions. What is missing becomes a gap. */
  accepts(tracks: readonly SourceTrack[]): boolean {
    const sent = this.renditions.filter(({ from }) => from === undefined);
    return renditionsOf(tracks).every((wanted) =>
      sent.some(({ id, family, timescale }) => id === wanted.id && family === wanted.family && timescale === wanted.timescale),
    );
  }

  /** Somebody asks for the media of this rendition. To be called with every request of one that is made on demand. */
  wanted(rendition: string): void {
    if (!this.#ended) for (const listener of this.#wantedListeners) listener(rendition);
  }

  onWanted(listener: (rendition: string) => void): () => void {
    this.#wantedListeners.add(listener);
    return () => this.#wantedListeners.delete(listener);
  }

  /** Sends what follows to an output, beginning with the newest key frame. */
  subscribe(output: Output): () => void {
    this.#outputs.add(output);
    if (this.#epoch !== null) {
      output.epoch(this.#epoch);
      for (const frame of this.#ring.frames) output.frame(frame);
    }
    if (this.#ended) output.end();
    return () => this.#outputs.delete(output);
  }

  begin(tracks: ReadonlyMap<string, EpochTrack>, at: Seconds, wallAtStart: Milliseconds, number: number | null): EpochInfo {
    const first = this.#zero === null;
    if (first) this.#zero = wallAtStart - SESSION_LEAD * 1000;
    const epoch = { number: number ?? this.allocateEpoch(), at: first ? SESSION_LEAD : at, tracks: this.#withStandIns(tracks) };
    if (first) this.#options.opened(this);
    this.#epoch = epoch;
    this.#ring.clear();
    for (const output of this.#outputs) output.epoch(epoch);
    return epoch;
  }

  /** A rendition that is made here has got its configuration, for the epoch of this number; said once an epoch. */
  configure(rendition: string, track: EpochTrack, epoch: number): void {
    if (this.#ended || this.#epoch?.number !== epoch || this.#epoch.tracks.has(rendition)) return;
    this.#epoch = { ...this.#epoch, tracks: new Map(this.#epoch.tracks).set(rendition, track) };
    for (const output of this.#outputs) output.track?.(rendition, track);
  }

  /** A frame that was made here for the epoch of this number. What comes too late for it, or into a gap, is dropped. */
  derive(frame: Frame, epoch: number): void {
    const time = frame.dts / (this.#timescales.get(frame.rendition) ?? 1);
    if (this.#epoch?.number === epoch && time >= this.#floor) this.#deliver(frame);
  }

  emit(frame: Frame): void {
    this.#deliver(frame);
    for (const rendition of this.#standIns.get(frame.rendition) ?? []) this.#deliver({ ...frame, rendition });
  }

  #deliver(frame: Frame): void {
    if (this.#ended) return;
    this.#frontiers.set(frame.rendition, (frame.dts + frame.duration) / (this.#timescales.get(frame.rendition) ?? 1));
    this.#ring.push(frame);
    for (const output of this.#outputs) output.frame(frame);
  }

  /**
   * A broadcaster that is short of something lets its best layers rest. The set of renditions is fixed and players do not look for another
   * one when theirs has gaps, so whoever watches a layer that rests gets the best one below it (else above it), in an epoch of its own.
   */
  #withStandIns(tracks: ReadonlyMap<string, EpochTrack>): ReadonlyMap<string, EpochTrack> {
    const videos = this.renditions.filter(({ kind, from }) => kind === 'video' && from === undefined);
    const complete = new Map(tracks);
    const standIns = new Map<string, string[]>();
    for (const [index, { id }] of videos.entries()) {
      if (tracks.has(id)) continue;
      const present = (other: RenditionInfo): boolean => tracks.has(other.id);
      const other = videos.slice(0, index).findLast(present) ?? videos.slice(index).find(present);
      const track = other === undefined ? undefined : tracks.get(other.id);
      if (other === undefined || track === undefined) continue;
      complete.set(id, track);
      standIns.set(other.id, [...(standIns.get(other.id) ?? []), id]);
    }
    const feeds = (id: string): string => [...standIns].find(([, resting]) => resting.includes(id))?.[0] ?? id;
    for (const rendition of this.renditions) {
      const source = rendition.from === undefined ? undefined : complete.get(rendition.from);
      if (rendition.from === undefined || source === undefined) continue;
      const track = this.#derivation.track(rendition, source);
      if (track !== null) complete.set(rendition.id, track === 'source' ? source : track);
      if (track !== 'source') continue;
      const from = feeds(rendition.from);
      standIns.set(from, [...(standIns.get(from) ?? []), rendition.id]);
    }
    this.#standIns = standIns;
    return complete;
  }

  keyframeNeeded(): void {
    this.#options.keyframeNeeded();
  }

  /** Nothing has come, and nothing from before this instant will be written any more. */
  gap(wall: Milliseconds): void {
    if (this.#zero === null || this.#ended) return;
    const until = (wall - this.#zero) / 1000;
    const reached = Math.max(this.#floor, ...this.#frontiers.values());
    if (until <= reached) return;
    this.#floor = until;
    this.#ring.clear();
    for (const output of this.#outputs) output.gap(until);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ring.clear();
    for (const output of this.#outputs) output.end();
    this.#outputs.clear();
    this.#wantedListeners.clear();
  }
}
