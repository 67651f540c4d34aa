/** Playlist delta updates (RFC 8216bis §6.3.7): what a client makes of an EXT-X-SKIP and the playlist that it had before. */
import type { MediaPlaylist, PlaylistSegment } from './media-playlist.ts';

export type Merged =
  | { readonly ok: true; readonly segments: readonly PlaylistSegment[] }
  | { readonly ok: false; readonly missing: number };

/** The segments of the full playlist that `delta` stands for. Fails where it skips what `base` does not have. */
export function mergeDelta(base: MediaPlaylist, delta: MediaPlaylist): Merged {
  const skipped = delta.skips.reduce((sum, count) => sum + count, 0);
  const segments: PlaylistSegment[] = [];
  for (let msn = delta.mediaSequence; msn < delta.mediaSequence + skipped; msn++) {
    const known = base.segments[msn - base.mediaSequence];
    if (known === undefined || known.duration === null) return { ok: false, missing: msn };
    segments.push(known);
  }
  return { ok: true, segments: [...segments, ...delta.segments] };
}

/** Whether both were written of one moment: they begin with the same segment and end with the same part. */
export function ofOneMoment(a: MediaPlaylist, b: MediaPlaylist): boolean {
  const [last, other] = [a.segments.at(-1), b.segments.at(-1)];
  return (
    a.mediaSequence === b.mediaSequence &&
    a.endList === b.endList &&
    last?.msn === other?.msn &&
    last?.parts.length === other?.parts.length &&
    last?.duration === other?.duration
  );
}

/** What a player knows of a segment, in a form that compares. Of a segment in the making only what both can know. */
function essence({ resource, duration, gap, discontinuity, date }: PlaylistSegment): string {
  return JSON.stringify([resource?.url ?? null, resource?.range ?? null, duration, gap, discontinuity, date]);
}

/** The first segment that is different, among those that are complete in both and have left neither; null where all are alike. */
export function firstDifference(merged: readonly PlaylistSegment[], full: MediaPlaylist): { msn: number; lines: readonly string[] } | null {
  const known = new Map(merged.map((segment) => [segment.msn, segment]));
  const [oldest, newest] = [merged[0]?.msn ?? 0, merged.at(-1)?.msn ?? -1];
  for (const segment of full.segments) {
    if (segment.duration === null || segment.msn < oldest || segment.msn > newest) continue;
    const other = known.get(segment.msn);
    if (other?.duration === null) continue;
    if (other === undefined || essence(other) !== essence(segment)) {
      return { msn: segment.msn, lines: [...segment.lines.slice(-3), ...(other?.lines.slice(-3) ?? ['(missing)'])] };
    }
  }
  return null;
}
