/** A media playlist of whole segments, for targets that cannot hold a request (RFC 8216bis §4.4). */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';

export interface MirroredSegment {
  readonly msn: number;
  readonly epoch: number;
  readonly discontinuity: boolean;
  readonly independent: boolean;
  /** On the session's timeline. */
  readonly start: Seconds;
  readonly duration: Seconds;
  /** It was a gap, or has not reached the target. */
  readonly missing: boolean;
}

export interface RegularPlaylist {
  readonly zero: Milliseconds;
  readonly targetDuration: Seconds;
  readonly segments: readonly MirroredSegment[];
  readonly discontinuitySequence: number;
  /** Nothing is ever removed. */
  readonly event: boolean;
  readonly ended: boolean;
}

export function regularPlaylist({ zero, targetDuration, segments, discontinuitySequence, event, ended }: RegularPlaylist): string {
  // EXT-X-GAP needs version 8.
  let text = `#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:${targetDuration}\n`;
  text += `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.msn ?? 0}\n#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}\n`;
  if (event) text += '#EXT-X-PLAYLIST-TYPE:EVENT\n';
  if (segments.every(({ independent, missing }) => independent || missing)) text += '#EXT-X-INDEPENDENT-SEGMENTS\n';
  let epoch: number | null = null;
  for (const segment of segments) {
    if (segment.discontinuity) text += '#EXT-X-DISCONTINUITY\n';
    if (segment.epoch !== epoch) text += `#EXT-X-MAP:URI="init-${segment.epoch}.mp4"\n`;
    epoch = segment.epoch;
    text += `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(zero + segment.start * 1000)).toISOString()}\n`;
    if (segment.missing) text += '#EXT-X-GAP\n';
    text += `#EXTINF:${segment.duration.toFixed(5)},\nseg-${segment.msn}.m4s\n`;
  }
  return ended ? `${text}#EXT-X-ENDLIST\n` : text;
}
