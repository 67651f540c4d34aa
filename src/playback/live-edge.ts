/**
 * What a media playlist says about the live edge, as far as latency control needs it. Takes the shape of hls.js's `LevelDetails`, but
 * only the fields named here, so that it can be read without a player.
 */
import type { Seconds } from '../protocol/index.ts';

export interface MediaSpan {
  readonly start: Seconds;
  readonly end: Seconds;
  /** EXT-X-GAP or GAP=YES: announced, and not there. */
  readonly gap?: boolean;
}

export interface PlaylistEdge {
  readonly fragments: readonly MediaSpan[];
  readonly partList: readonly MediaSpan[] | null;
  readonly partTarget: Seconds;
  /** PART-HOLD-BACK and HOLD-BACK; 0 where the playlist has none. */
  readonly partHoldBack: Seconds;
  readonly holdBack: Seconds;
  readonly targetduration: Seconds;
}

/** The newest unbroken stretch of media that exists. */
export interface NewestRun {
  readonly start: Seconds;
  readonly end: Seconds;
}

/** Parts looked at for their usual duration. */
const RECENT_PARTS = 12;
/** Playlist times are rounded to milliseconds; what is farther apart is a hole. */
const TOUCHING: Seconds = 0.05;

/**
 * The usual duration of a part: the median, since PART-TARGET is an upper bound with slack and a segment's last part is short.
 * Null for a playlist without parts.
 */
export function usualPart(edge: PlaylistEdge): Seconds | null {
  const durations = (edge.partList ?? [])
    .slice(-RECENT_PARTS)
    .map((part) => part.end - part.start)
    .sort((left, right) => left - right);
  const median = durations[durations.length >> 1];
  if (median !== undefined && median > 0) return median;
  return edge.partTarget > 0 ? edge.partTarget : null;
}

/** RFC 8216bis §4.4.3.8: without HOLD-BACK "the client SHOULD NOT start less than three Target Durations from the end". */
export function holdBackOf(edge: PlaylistEdge): Seconds {
  if (edge.partList !== null && edge.partList.length > 0 && edge.partHoldBack > 0) return edge.partHoldBack;
  return edge.holdBack > 0 ? edge.holdBack : edge.targetduration * 3;
}

/** Null where the playlist has no media at all, or ends in nothing but gaps. */
export function newestRun(edge: PlaylistEdge): NewestRun | null {
  const parts = edge.partList ?? [];
  const firstPart = parts[0];
  const before = firstPart === undefined ? edge.fragments : edge.fragments.filter((fragment) => fragment.end <= firstPart.start + TOUCHING);
  let run: NewestRun | null = null;
  for (const span of [...before, ...parts].reverse()) {
    if (run === null) {
      if (span.gap !== true) run = { start: span.start, end: span.end };
    } else if (span.gap !== true && run.start - span.end < TOUCHING) {
      run = { start: span.start, end: run.end };
    } else {
      break;
    }
  }
  return run;
}

/** Seconds of media from `position` on without a hole; small holes are bridged as players bridge them. */
export function bufferedAhead(buffered: TimeRanges, position: Seconds): Seconds {
  let end = position;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= end + 0.1 && buffered.end(index) > end) end = buffered.end(index);
  }
  return end - position;
}

/** Where the first media after `position` begins, when there is none at it; null where there is, or none follows. */
export function nextBuffered(buffered: TimeRanges, position: Seconds): Seconds | null {
  if (bufferedAhead(buffered, position) > 0) return null;
  for (let index = 0; index < buffered.length; index++) if (buffered.start(index) > position) return buffered.start(index);
  return null;
}
