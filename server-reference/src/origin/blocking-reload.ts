/** Blocking playlist reload (RFC 8216bis §6.2.5.2): what `_HLS_msn` and `_HLS_part` ask for, and whether it can be had. */
import type { PartTiming } from '../packaging/part-target.ts';
import type { Rendition } from '../packaging/rendition.ts';

export type Reload =
  | { readonly kind: 'now' }
  | { readonly kind: 'wait'; readonly msn: number; readonly part: number }
  | { readonly kind: 'refused'; readonly detail: string };

export interface ReloadQuery {
  readonly _HLS_msn?: unknown;
  readonly _HLS_part?: unknown;
}

/** Rule 16: a client may ask this far ahead of the newest segment. */
const FURTHEST_SEGMENT = 2;

function directive(value: unknown): number | null | 'invalid' {
  if (value === undefined) return null;
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) return 'invalid';
  return Number(value);
}

/** Whether the playlist has the part, or the first of a later segment (rule 14). */
export function hasPart(rendition: Rendition, msn: number, part: number): boolean {
  const last = rendition.last;
  if (rendition.ended) return true;
  return last !== undefined && (last.msn > msn || (last.msn === msn && last.parts.length > part));
}

export function reload(rendition: Rendition, timing: PartTiming, query: ReloadQuery): Reload {
  // Rule 18.
  if (rendition.ended) return { kind: 'now' };
  const msn = directive(query._HLS_msn);
  const part = directive(query._HLS_part);
  if (msn === 'invalid' || part === 'invalid') return { kind: 'refused', detail: '_HLS_msn and _HLS_part are decimal numbers.' };
  if (msn === null) return part === null ? { kind: 'now' } : { kind: 'refused', detail: '_HLS_part needs _HLS_msn.' };
  const last = rendition.last;
  const complete = last === undefined ? -1 : last.complete ? last.msn : last.msn - 1;
  if (msn > complete + FURTHEST_SEGMENT) {
    return { kind: 'refused', detail: `Segment ${msn} is too far ahead: the newest is ${complete}.` };
  }
  // RFC 8216bis §6.2.5.2: the Advance Part Limit is three divided by PART-TARGET, or three where that is a second or more.
  const limit = timing.target < 1 ? Math.ceil(3 / timing.target) : 3;
  const newestPart = last !== undefined && !last.complete && last.msn === msn ? last.parts.length - 1 : -1;
  const passed = last !== undefined && (last.msn > msn || (last.msn === msn && last.complete));
  if (!passed && part !== null && part > newestPart + limit) {
    return { kind: 'refused', detail: `Part ${part} of segment ${msn} is too far ahead: the newest is ${newestPart}.` };
  }
  // Rule 15: without a part, the first of the segment is enough; Safari freezes where an origin waits for the whole segment.
  return hasPart(rendition, msn, part ?? 0) ? { kind: 'now' } : { kind: 'wait', msn, part: part ?? 0 };
}
