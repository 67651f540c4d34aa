/** Rule 19: parts and segments come in time (RFC 8216bis §6.2.1). */
import type { Milliseconds, Seconds } from '../../../../src/protocol/index.ts';
import { type CheckLog, hasParts, type RenditionLog, type Snapshot } from '../log.ts';
import type { MediaPlaylist } from '../media-playlist.ts';
import { type Stall, stalledBetween } from '../stall-watch.ts';
import { Findings, type Verdict } from '../verdict.ts';
import { blocks, breach, edge, header, type ListedPart, listedParts, mediaRenditions, seconds } from './evidence.ts';

/** What the way here adds, at most; half a part on top, since an answer may wait for the one before. */
const partSlack = (target: Seconds): Seconds => Math.max(0.1, target / 2);
/** One part in fifty may be late by the way's fault, where as many were seen that one is no rule. */
const LATE_SHARE = 0.02;
const MANY = 20;

export function growth(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    checkParts(rendition, log.stalls, found);
    checkSegments(rendition, found);
  }
  return found.verdict('intervals', 'no live playlist grew while it was watched');
}

interface Interval {
  readonly each: Seconds;
  /** Whether a gap ends it, or follows at once. */
  readonly gap: boolean;
  readonly snapshot: Snapshot;
}

function checkParts(rendition: RenditionLog, stalls: readonly Stall[], found: Findings): void {
  const intervals = partIntervals(rendition, stalls);
  const longest = (list: readonly Interval[]): string => seconds(Math.max(...list.map(({ each }) => each)));
  // Media that never came cannot be listed in time, only its gap as soon as it is missed: that is bounded as a segment is.
  const losses = intervals.filter(({ gap }) => gap);
  for (const { each, snapshot } of losses) {
    found.check(each <= 1.5 * (snapshot.playlist.targetDuration ?? 0), () =>
      breach('must', `nothing came for ${seconds(each)} before a gap`, snapshot.exchange, header(snapshot.playlist, 'X-TARGETDURATION')),
    );
  }
  const parts = intervals.filter(({ gap }) => !gap);
  const isLate = ({ each, snapshot: { playlist } }: Interval): boolean =>
    each > (playlist.partTarget ?? 0) + partSlack(playlist.partTarget ?? 0);
  const late = parts.filter(isLate);
  const forgiven = parts.length >= MANY && late.length <= Math.max(1, parts.length * LATE_SHARE);
  for (const interval of parts) {
    const { each, snapshot } = interval;
    const { playlist, exchange } = snapshot;
    found.check(!isLate(interval) || (forgiven && each <= (playlist.targetDuration ?? 0)), () =>
      breach(
        'must',
        `a part came ${seconds(each)} after the one before, PART-TARGET is ${playlist.partTarget}`,
        exchange,
        header(playlist, 'X-PART-INF'),
      ),
    );
  }
  const { name } = rendition;
  if (parts.length > 0) found.note(`${name}: at most ${longest(parts)} from part to part`);
  if (late.length > 0) found.note(`${name}: ${late.length} of ${parts.length} parts were late`);
  if (losses.length > 0) found.note(`${name}: a gap was listed after ${longest(losses)}, which is not counted`);
}

/** Only a player that blocks learns when a part came. Several at once are counted as evenly spread. */
function partIntervals(rendition: RenditionLog, stalls: readonly Stall[]): readonly Interval[] {
  if (!blocks(rendition) || !hasParts(rendition)) return [];
  const intervals: Interval[] = [];
  const listed = listedParts(rendition);
  const most = new Map<number, number>();
  let before: { readonly count: number; readonly at: Milliseconds } | null = null;
  let count = 0;
  for (const snapshot of rendition.snapshots) {
    const { playlist, exchange } = snapshot;
    if (playlist.partTarget === null || playlist.endList) break;
    for (const { msn, parts } of playlist.segments) {
      count += Math.max(0, parts.length - (most.get(msn) ?? 0));
      most.set(msn, Math.max(most.get(msn) ?? 0, parts.length));
    }
    if (before !== null && count === before.count) continue;
    if (before !== null) {
      const took = exchange.answeredAt - before.at - stalledBetween(stalls, before.at, exchange.answeredAt);
      intervals.push({ each: took / 1000 / (count - before.count), gap: nearGap(playlist, listed), snapshot });
    }
    before = { count, at: exchange.answeredAt };
  }
  return intervals;
}

/** Whether the newest part is a gap, or the last before one. */
function nearGap(playlist: MediaPlaylist, listed: ReadonlyMap<string, ListedPart>): boolean {
  const last = edge(playlist);
  if (last === null) return false;
  const keys = [`${last.msn}.${last.parts - 1}`, `${last.msn}.${last.parts}`, `${last.msn + 1}.0`];
  const [newest, following, next] = keys.map((key) => listed.get(key)?.part);
  return newest?.gap === true || (following ?? next)?.gap === true;
}

function checkSegments(rendition: RenditionLog, found: Findings): void {
  let before: { readonly msn: number; readonly at: Milliseconds } | null = null;
  let previousAt: Milliseconds = 0;
  for (const { playlist, exchange, directives } of rendition.snapshots) {
    const target = playlist.targetDuration;
    const msn = playlist.segments.findLast(({ duration }) => duration !== null)?.msn ?? -1;
    if (target === null || playlist.endList) break;
    if (before !== null && msn > before.msn) {
      // A player that polls knows only that it was not there the time before.
      const until = directives === null ? Math.max(previousAt, before.at) : exchange.answeredAt;
      const each = (until - before.at) / 1000 / (msn - before.msn);
      found.check(each <= 1.5 * target + 0.25, () =>
        breach(
          'must',
          `a segment came ${seconds(each)} after the one before, more than 1.5 target durations`,
          exchange,
          header(playlist, 'X-TARGETDURATION'),
        ),
      );
    }
    if (before === null || msn > before.msn) before = { msn, at: exchange.answeredAt };
    previousAt = exchange.answeredAt;
  }
}
