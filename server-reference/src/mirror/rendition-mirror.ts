/**
 * One rendition on its way to the target, one file after the other: a segment's init section, the segment, the playlist that names it. What
 * the target does not take in time is a gap there, and costs the live stream nothing.
 */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Rendition } from '../packaging/rendition.ts';
import type { Segment } from '../packaging/segment.ts';
import { type MirroredSegment, regularPlaylist } from './regular-playlist.ts';
import type { MirrorFile } from './target.ts';
import type { Uploader } from './uploader.ts';

/** Segments that wait for the target; beyond that the oldest is given up. */
const MOST_WAITING = 10;
/** How often the last playlist, with its ENDLIST, is tried. */
const LAST_ATTEMPTS = 20;

const PLAYLIST = { type: 'application/vnd.apple.mpegurl', cacheControl: 'max-age=1' } as const;
const IMMUTABLE = 'max-age=31536000, immutable';

export interface RenditionMirrorOptions {
  readonly uploader: Uploader;
  readonly clock: Clock;
  /** `stream/session/rendition` */
  readonly folder: string;
  readonly zero: Milliseconds;
  readonly targetDuration: Seconds;
  readonly window: Seconds;
  /** Nothing is ever removed from its playlist. */
  readonly event: boolean;
  /** Whether segments are deleted once their window has passed twice. */
  readonly deletes: boolean;
  /** The playlist has reached the target. */
  readonly published: () => void;
}

interface Waiting extends MirroredSegment {
  body: Uint8Array<ArrayBuffer> | null;
  readonly init: Uint8Array<ArrayBuffer> | undefined;
  givenUp: boolean;
}

export class RenditionMirror {
  readonly #rendition: Rendition;
  readonly #options: RenditionMirrorOptions;
  readonly #waiting: Waiting[] = [];
  readonly #inits = new Set<number>();
  #listed: MirroredSegment[] = [];
  #removed: { readonly msn: number; readonly at: Milliseconds }[] = [];
  #discontinuitySequence = 0;
  #ended = false;
  /** The last playlist is on its way, or was. */
  #finished = false;
  #working: Promise<void> | null = null;
  hasPlaylist = false;

  constructor(rendition: Rendition, options: RenditionMirrorOptions) {
    this.#rendition = rendition;
    this.#options = options;
  }

  /** Resolves when nothing is under way. */
  get idle(): Promise<void> {
    return this.#working ?? Promise.resolve();
  }

  add(segment: Segment): void {
    const { timescale } = this.#rendition.info;
    const bytes = segment.parts.flatMap((part) => part.bytes ?? []);
    this.#waiting.push({
      msn: segment.msn,
      epoch: segment.epoch,
      discontinuity: segment.discontinuity,
      independent: segment.independent,
      start: segment.start / timescale,
      duration: segment.duration / timescale,
      missing: segment.gap,
      body: segment.gap ? null : Buffer.concat(bytes),
      init: this.#rendition.init(segment.epoch),
      givenUp: false,
    });
    this.#giveUp();
    this.#work();
  }

  #giveUp(): void {
    const [oldest, ...others] = this.#waiting.filter(({ givenUp }) => !givenUp);
    if (oldest === undefined || others.length < MOST_WAITING) return;
    oldest.givenUp = true;
    oldest.body = null;
  }

  /** Nothing follows: the playlist gets its ENDLIST. */
  end(): void {
    this.#ended = true;
    this.#work();
  }

  /** Deletes all that it has put, but for the index. */
  async clear(): Promise<void> {
    const { folder, uploader } = this.#options;
    const segments = [...this.#removed, ...this.#listed].map(({ msn }) => `seg-${msn}.m4s`);
    for (const name of ['media.m3u8', ...segments, ...[...this.#inits].map((epoch) => `init-${epoch}.mp4`)])
      await uploader.remove(`${folder}/${name}`);
  }

  #work(): void {
    this.#working ??= this.#run().finally(() => {
      this.#working = null;
      // Something may have come as it ended.
      if (this.#waiting.length > 0 || (this.#ended && !this.#finished)) this.#work();
    });
  }

  async #run(): Promise<void> {
    for (let segment = this.#waiting[0]; segment !== undefined; segment = this.#waiting[0]) {
      const there = await this.#upload(segment);
      this.#waiting.shift();
      this.#list({ ...segment, missing: !there });
      // The next one names this one too: its playlist is tried once, and until the next segment is due.
      const isNewest = (): boolean => this.#waiting.length === 0 && !this.#ended;
      if (isNewest() || this.#waiting.length > 0) await this.#publish((attempt) => attempt === 0 || isNewest());
      await this.#tidy();
    }
    if (!this.#ended || this.#finished) return;
    this.#finished = true;
    await this.#publish((attempt) => attempt < LAST_ATTEMPTS);
  }

  async #upload(segment: Waiting): Promise<boolean> {
    const { epoch, init, body, msn } = segment;
    if (body === null || init === undefined || segment.givenUp) return false;
    const wanted = (): boolean => !segment.givenUp;
    if (!this.#inits.has(epoch)) {
      if (!(await this.#put(this.#media(`init-${epoch}.mp4`, 'mp4', init), wanted))) return false;
      this.#inits.add(epoch);
    }
    return this.#put(this.#media(`seg-${msn}.m4s`, 'iso.segment', body), wanted);
  }

  async #publish(wanted: (attempt: number) => boolean): Promise<void> {
    const { zero, targetDuration, event } = this.#options;
    const ended = this.#ended && this.#waiting.length === 0;
    const playlist = { zero, targetDuration, event, ended, segments: this.#listed, discontinuitySequence: this.#discontinuitySequence };
    const body = regularPlaylist(playlist);
    if (!(await this.#put({ path: `${this.#options.folder}/media.m3u8`, body, ...PLAYLIST }, wanted))) return;
    this.hasPlaylist = true;
    this.#options.published();
  }

  #list(segment: MirroredSegment): void {
    const { msn, epoch, discontinuity, independent, start, duration, missing } = segment;
    this.#listed.push({ msn, epoch, discontinuity, independent, start, duration, missing });
    if (this.#options.event) return;
    // RFC 8216bis §6.2.2: at least three target durations stay.
    const window = Math.max(this.#options.window, 3 * this.#options.targetDuration);
    let listed = this.#listed.reduce((sum, each) => sum + each.duration, 0);
    for (let first = this.#listed[0]; first !== undefined && listed - first.duration >= window; first = this.#listed[0]) {
      listed -= first.duration;
      this.#listed.shift();
      if (first.discontinuity) this.#discontinuitySequence++;
      if (this.#options.deletes && !first.missing) this.#removed.push({ msn: first.msn, at: this.#options.clock.now() });
    }
  }

  /** A segment stays for as long again as it was listed, for players that are behind. */
  async #tidy(): Promise<void> {
    const { clock, window, uploader, folder } = this.#options;
    for (let oldest = this.#removed[0]; oldest !== undefined && clock.now() - oldest.at >= window * 1000; oldest = this.#removed[0]) {
      this.#removed.shift();
      await uploader.remove(`${folder}/seg-${oldest.msn}.m4s`);
    }
  }

  #put(file: MirrorFile, wanted: (attempt: number) => boolean): Promise<boolean> {
    return this.#options.uploader.put(file, wanted);
  }

  #media(name: string, subtype: 'mp4' | 'iso.segment', body: Uint8Array<ArrayBuffer>): MirrorFile {
    return { path: `${this.#options.folder}/${name}`, body, type: `${this.#rendition.info.kind}/${subtype}`, cacheControl: IMMUTABLE };
  }
}
