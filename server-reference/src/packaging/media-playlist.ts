/** The media playlist of one rendition (RFC 8216bis §4.4). */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import type { PartTiming } from './part-target.ts';
import type { Rendition } from './rendition.ts';
import type { Part, Segment } from './segment.ts';

export interface PlaylistContext {
  readonly zero: Milliseconds;
  readonly timing: PartTiming;
  readonly targetDuration: Seconds;
  readonly renditions: readonly Rendition[];
  readonly lines: SegmentLines;
  /** A token came in the playlist's own address and must reach every URI in it. */
  readonly token: boolean;
  /** Nothing is ever removed. */
  readonly event: boolean;
  /** A delta update was asked for. */
  readonly skip: boolean;
}

/** Name of the query parameter that carries a token. */
export const TOKEN_PARAMETER = 'token';

/** EXT-X-GAP needs version 8, EXT-X-DEFINE with QUERYPARAM version 11. */
export const version = (token: boolean): number => (token ? 11 : 9);
export const define = (token: boolean): string => (token ? `#EXT-X-DEFINE:QUERYPARAM="${TOKEN_PARAMETER}"\n` : '');
export const query = (token: boolean): string => (token ? `?${TOKEN_PARAMETER}={$${TOKEN_PARAMETER}}` : '');

const decimal = (seconds: Seconds): string => seconds.toFixed(5);

/** RFC 8216bis §4.4.3.8: at least three target durations. */
export const holdBack = (targetDuration: Seconds): Seconds => 3 * targetDuration;
/** Rule 4: at least three part targets. */
export const partHoldBack = (timing: PartTiming): Seconds => Math.ceil(3 * timing.target * 1e5 - 1e-6) / 1e5;

/** Rule 6: at least six target durations. */
export const skipUntil = (targetDuration: Seconds): Seconds => 6 * targetDuration;

/** What playlists say of a segment, once that changes no more: written once, for a playlist that grows for hours is asked for often. */
export class SegmentLines {
  readonly #lines = new WeakMap<Segment, Map<string, string>>();

  of(segment: Segment, suffix: string, write: () => string): string {
    const known = this.#lines.get(segment) ?? new Map<string, string>();
    this.#lines.set(segment, known);
    const lines = known.get(suffix) ?? write();
    known.set(suffix, lines);
    return lines;
  }
}

function partLine(msn: number, part: Part, timescale: number, suffix: string): string {
  const independent = part.independent ? ',INDEPENDENT=YES' : '';
  const gap = part.bytes === null ? ',GAP=YES' : '';
  return `#EXT-X-PART:DURATION=${decimal(part.duration / timescale)},URI="part-${msn}.${part.index}.m4s${suffix}"${independent}${gap}\n`;
}

/** Rule 8: what belongs to a segment stands before its first part. */
function segmentHead(segment: Segment, previous: Segment | undefined, timescale: number, zero: Milliseconds, suffix: string): string {
  const discontinuity = segment.discontinuity ? '#EXT-X-DISCONTINUITY\n' : '';
  const map = previous?.epoch === segment.epoch ? '' : `#EXT-X-MAP:URI="init-${segment.epoch}.mp4${suffix}"\n`;
  const date = new Date(Math.round(zero + (segment.start * 1000) / timescale)).toISOString();
  return `${discontinuity}${map}#EXT-X-PROGRAM-DATE-TIME:${date}\n`;
}

function segmentTail(segment: Segment, timescale: number, suffix: string): string {
  const gap = segment.gap ? '#EXT-X-GAP\n' : '';
  return `${gap}#EXTINF:${decimal(segment.duration / timescale)},\nseg-${segment.msn}.m4s${suffix}\n`;
}

function header(rendition: Rendition, { timing, targetDuration, token, event }: PlaylistContext): string {
  const { segments } = rendition;
  const holdBacks = `HOLD-BACK=${decimal(holdBack(targetDuration))},PART-HOLD-BACK=${decimal(partHoldBack(timing))}`;
  let text = `#EXTM3U\n#EXT-X-VERSION:${version(token)}\n${define(token)}`;
  text += `#EXT-X-TARGETDURATION:${targetDuration}\n`;
  text += `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${decimal(skipUntil(targetDuration))},${holdBacks}\n`;
  text += `#EXT-X-PART-INF:PART-TARGET=${decimal(timing.target)}\n`;
  text += `#EXT-X-MEDIA-SEQUENCE:${rendition.mediaSequence}\n`;
  text += `#EXT-X-DISCONTINUITY-SEQUENCE:${rendition.discontinuitySequence}\n`;
  // Rule 12.
  if (event) text += '#EXT-X-PLAYLIST-TYPE:EVENT\n';
  // Rule 13b: claimed only while it is true. Gaps hold no samples and do not count.
  if (segments.every((segment) => segment.independent || segment.gap)) text += '#EXT-X-INDEPENDENT-SEGMENTS\n';
  return text;
}

/** How many segments a delta update leaves out: those that end before the skip boundary (RFC 8216bis §6.2.5.1). */
function skippable(rendition: Rendition, targetDuration: Seconds): number {
  const { segments } = rendition;
  const boundary = (segments.at(-1)?.end ?? 0) - skipUntil(targetDuration) * rendition.info.timescale;
  const kept = segments.findIndex(({ end }) => end > boundary);
  return Math.max(0, kept);
}

export function mediaPlaylist(rendition: Rendition, context: PlaylistContext): string {
  const { targetDuration, token, zero, lines, skip } = context;
  const { segments } = rendition;
  const { timescale } = rendition.info;
  const suffix = query(token);
  let text = header(rendition, context);
  // Rule 18: what has ended is told whole.
  const skipped = skip && !rendition.ended ? skippable(rendition, targetDuration) : 0;
  if (skipped > 0) text += `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}\n`;

  const end = segments.at(-1)?.end ?? 0;
  // Rule 10: parts older than three target durations are no longer listed.
  const oldestPart = end - 3 * targetDuration * timescale;
  for (let index = skipped; index < segments.length; index++) {
    const segment = segments[index];
    // The first one has a MAP whatever stood before it, or was skipped: players that build what follows anew know no other.
    const previous = index === skipped ? undefined : segments[index - 1];
    if (segment === undefined) break;
    const write = (parts: readonly Part[]): string => {
      let written = segmentHead(segment, previous, timescale, zero, suffix);
      for (const part of parts) written += partLine(segment.msn, part, timescale, suffix);
      return segment.complete ? written + segmentTail(segment, timescale, suffix) : written;
    };
    if (segment.start >= oldestPart) text += write(segment.parts);
    else text += previous === undefined || !segment.complete ? write([]) : lines.of(segment, suffix, () => write([]));
  }
  if (rendition.ended) return `${text}#EXT-X-ENDLIST\n`;
  const { hint } = rendition;
  if (hint !== null) text += `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-${hint.msn}.${hint.part}.m4s${suffix}"\n`;
  return text + renditionReports(rendition, context.renditions, suffix);
}

/** Rule 22: where the other renditions stood when this playlist was written. */
function renditionReports(rendition: Rendition, all: readonly Rendition[], suffix: string): string {
  let text = '';
  for (const other of all) {
    const last = other.last;
    if (other === rendition || last === undefined) continue;
    const uri = `../${other.info.id}/media.m3u8${suffix}`;
    text += `#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${last.msn},LAST-PART=${last.parts.length - 1}\n`;
  }
  return text;
}
