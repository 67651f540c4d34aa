/**
 * The Periods of a session's MPD. In a Period each rendition has one unbroken run of segments, so that numbers count from its first one.
 * A new Period begins with each epoch, and where a rendition comes back from a gap or comes to those that a client has been told of.
 */
import type { BitsPerSecond, Seconds } from '../../../src/protocol/index.ts';
import type { TrackConfig } from '../hub/media.ts';
import type { Rendition } from './rendition.ts';
import type { Segment } from './segment.ts';

/** A Representation as a Period first listed it: it stays so while the Period lasts. */
export interface Described {
  readonly rendition: Rendition;
  readonly config: TrackConfig;
  readonly bandwidth: BitsPerSecond;
  /** Frames a second. */
  readonly frameRate: number;
}

export interface Period {
  readonly number: number;
  readonly epoch: number;
  readonly start: Seconds;
  readonly firstMsn: number;
  /** Null until a client has been told, and until every rendition has come to its first segment. */
  described: ReadonlyMap<string, Described> | null;
}

export class Periods {
  #periods: Period[] = [];
  #count = 0;

  get list(): readonly Period[] {
    return this.#periods;
  }

  /** A segment has its first part. */
  begun(rendition: Rendition, segment: Segment): void {
    if (segment.gap) return;
    const current = this.#periods.at(-1);
    if (current !== undefined && (segment.msn <= current.firstMsn || this.#continues(current, rendition, segment))) return;
    const start = segment.start / rendition.info.timescale;
    this.#periods.push({ number: ++this.#count, epoch: segment.epoch, start, firstMsn: segment.msn, described: null });
  }

  /** Forgets what ended before this segment. */
  prune(oldest: number): void {
    for (let next = this.#periods[1]; next !== undefined && next.firstMsn <= oldest; next = this.#periods[1]) this.#periods.shift();
  }

  #continues(current: Period, { info, segments }: Rendition, segment: Segment): boolean {
    if (segment.epoch !== current.epoch) return false;
    const known = current.described?.has(info.id) ?? true;
    const previous = segments.at(-2);
    // Without one before it in this Period it joins those that are there, unless they have been told.
    const unbroken = previous === undefined || !previous.gap || current.described === null;
    return known && unbroken;
  }
}

/** The unbroken run of a rendition's segments within a Period and a window, oldest first; the last one may be growing. */
export function runOf(rendition: Rendition, period: Period, next: Period | undefined, from: Seconds): Segment[] {
  const run: Segment[] = [];
  const last = Math.min(rendition.last?.msn ?? -1, (next?.firstMsn ?? Number.POSITIVE_INFINITY) - 1);
  for (let msn = last; msn >= period.firstMsn; msn--) {
    const segment = rendition.segment(msn);
    const usable = segment !== undefined && !segment.gap && !segment.released && segment.epoch === period.epoch;
    if (!usable) {
      // What follows the last picture is a gap until the Period ends.
      if (run.length === 0 && segment !== undefined) continue;
      break;
    }
    if (segment.end / rendition.info.timescale < from) break;
    run.unshift(segment);
  }
  return run;
}
