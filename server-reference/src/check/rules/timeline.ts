/** Rules 11 and 13: one clock for all renditions, and what happens where the broadcaster goes away and comes back. */
import type { Milliseconds } from '../../../../src/protocol/index.ts';
import { type CheckLog, listedSegments, type MediaFetch, newest, type RenditionLog } from '../log.ts';
import type { PlaylistSegment } from '../media-playlist.ts';
import { Findings, type Verdict } from '../verdict.ts';
import { breach, clockTime, fragmentsOf, header, mediaRenditions, NO_PLAYLIST, tracksOf } from './evidence.ts';

/** Packets of sound do not begin where pictures do, and priming may be counted either way. */
const CLOCK_TOLERANCE: Milliseconds = 60;

/** RFC 8216bis §6.2.4; HLS Authoring Specification 8.4. */
export function oneClock(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  const dated = (rendition: RenditionLog): boolean =>
    rendition.snapshots.some(({ playlist }) => playlist.segments.some(({ date }) => date !== null));
  const anyDated = renditions.some(dated);
  for (const rendition of renditions) {
    const last = newest(rendition);
    if (last === undefined) continue;
    const live = !last.playlist.endList;
    if (live || anyDated) {
      found.check(dated(rendition), () =>
        breach(anyDated ? 'must' : 'apple', `${rendition.name} has no EXT-X-PROGRAM-DATE-TIME`, last.exchange),
      );
    }
    const first = newest(renditions[0] ?? rendition);
    const spoken = (control: ReadonlyMap<string, string> | null | undefined): string => JSON.stringify([...(control ?? [])].sort());
    found.check(spoken(last.playlist.serverControl) === spoken(first?.playlist.serverControl), () =>
      breach('must', `EXT-X-SERVER-CONTROL of ${rendition.name} is not that of the others`, last.exchange, [
        ...(first === undefined ? [] : header(first.playlist, 'X-SERVER-CONTROL')),
        ...header(last.playlist, 'X-SERVER-CONTROL'),
      ]),
    );
  }
  compareClocks(renditions, found);
  return found.verdict('comparisons', NO_PLAYLIST);
}

/** Date minus media time must come to the same in all renditions, between one discontinuity and the next. */
function compareClocks(renditions: readonly RenditionLog[], found: Findings): void {
  const agreed = new Map<number, { readonly offset: Milliseconds; readonly name: string }>();
  for (const rendition of renditions) {
    for (const { segment, snapshot } of listedSegments(rendition)) {
      const start = mediaStart(rendition, segment);
      if (segment.date === null || start === null) continue;
      const offset = segment.date - start;
      const known = agreed.get(segment.discontinuitySequence);
      if (known === undefined) agreed.set(segment.discontinuitySequence, { offset, name: rendition.name });
      else if (known.name !== rendition.name) {
        const apart = Math.abs(known.offset - offset);
        found.check(apart <= CLOCK_TOLERANCE, () =>
          breach(
            'must',
            `dates of ${rendition.name} and ${known.name} are ${Math.round(apart)} ms apart for the same media time`,
            snapshot.exchange,
            [...segment.lines.filter((line) => line.includes('PROGRAM-DATE-TIME'))],
          ),
        );
      }
    }
  }
}

/** Presentation time of a segment's first sample, in milliseconds; null where nothing of it was read. */
function mediaStart(rendition: RenditionLog, segment: PlaylistSegment): Milliseconds | null {
  const fetch = rendition.media.find(({ msn, part }) => msn === segment.msn && (part === 0 || part === null));
  const fragment = fetch === undefined ? undefined : fragmentsOf(fetch)[0];
  const track = fetch === undefined ? undefined : tracksOf(rendition, fetch.map).find(({ id }) => id === fragment?.track);
  if (fragment === undefined || track === undefined) return null;
  return ((fragment.time + (fragment.samples[0]?.offset ?? 0) - (track.editStart ?? 0)) * 1000) / track.timescale;
}

/** How far apart renditions may begin what belongs together. */
const TOGETHER: Milliseconds = 1000;

/** RFC 8216bis §6.2.1 and §6.2.4; HLS Authoring Specification 7.3 and 8.15. */
export function awayAndBack(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  for (const rendition of renditions) checkContiguity(rendition, found);
  const joints = found.checked;
  const gaps = renditions.reduce((sum, rendition) => sum + listedSegments(rendition).filter(({ segment }) => isGap(segment)).length, 0);
  const seams = renditions.flatMap(discontinuities);
  for (const seam of seams) {
    found.check(seam.newMap, () =>
      breach('own', `a discontinuity in ${seam.rendition.name} has no new EXT-X-MAP`, newest(seam.rendition)?.exchange ?? null, seam.lines),
    );
    for (const other of renditions) checkTogether(seam, other, seams, found);
  }
  checkVariants(log, found);
  if (gaps + seams.length === 0 && found.broken === 0) {
    const why = 'the broadcaster was not away while it was watched';
    return { kind: 'unseen', why: joints === 0 ? why : `${why}; ${joints} joints of the media were contiguous` };
  }
  found.note(`${gaps} segments with gaps, ${seams.length} discontinuities in all renditions`);
  return found.verdict('comparisons', NO_PLAYLIST);
}

const isGap = ({ gap, parts }: PlaylistSegment): boolean => gap || parts.some((part) => part.gap);

/** Decode times of what follows each other, without a discontinuity or gap between. */
function checkContiguity(rendition: RenditionLog, found: Findings): void {
  const listed = new Map(listedSegments(rendition).map(({ segment }) => [segment.msn, segment]));
  const withParts = rendition.media.some(({ part }) => part !== null);
  const order = (fetch: MediaFetch): number => fetch.msn * 10_000 + (fetch.part ?? 0);
  const fetches = rendition.media.filter(({ part }) => (part !== null) === withParts).sort((a, b) => order(a) - order(b));
  let previous: MediaFetch | null = null;
  for (const fetch of fetches) {
    if (previous !== null && follows(previous, fetch, listed)) checkJoint(rendition, previous, fetch, found);
    previous = fetch;
  }
}

function follows(before: MediaFetch, after: MediaFetch, listed: ReadonlyMap<number, PlaylistSegment>): boolean {
  const [one, two] = [listed.get(before.msn), listed.get(after.msn)];
  if (one === undefined || two === undefined || one.discontinuitySequence !== two.discontinuitySequence) return false;
  if (before.msn === after.msn) return before.part !== null && after.part === before.part + 1;
  const wasLast = before.part === null || (one.duration !== null && before.part === one.parts.length - 1);
  return after.msn === before.msn + 1 && (after.part ?? 0) === 0 && wasLast;
}

function checkJoint(rendition: RenditionLog, before: MediaFetch, after: MediaFetch, found: Findings): void {
  for (const track of tracksOf(rendition, after.map)) {
    const last = fragmentsOf(before).findLast((fragment) => fragment.track === track.id);
    const next = fragmentsOf(after).find((fragment) => fragment.track === track.id);
    if (last === undefined || next === undefined) continue;
    const end = last.samples.reduce((sum, { duration }) => sum + duration, last.time);
    const allowed = Math.max(1, (next.samples[0]?.duration ?? 0) / 2);
    found.check(Math.abs(next.time - end) <= allowed, () =>
      breach(
        'must',
        `media time jumps by ${Math.round(((next.time - end) * 1000) / track.timescale)} ms without a discontinuity, before ` +
          `segment ${after.msn}${after.part === null ? '' : ` part ${after.part}`} of ${rendition.name}`,
        after.exchange,
      ),
    );
  }
}

interface Seam {
  readonly rendition: RenditionLog;
  readonly sequence: number;
  readonly date: Milliseconds | null;
  readonly newMap: boolean;
  readonly lines: readonly string[];
}

function discontinuities(rendition: RenditionLog): Seam[] {
  const segments = listedSegments(rendition).map(({ segment }) => segment);
  return segments.flatMap((segment, index) => {
    const before = segments[index - 1];
    if (!segment.discontinuity || before === undefined) return [];
    // Without EXT-X-MAP at all, as in transport streams, there is none to renew.
    const newMap = segment.map === null || segment.map.url !== before.map?.url || segment.map.range?.offset !== before.map.range?.offset;
    return [{ rendition, sequence: segment.discontinuitySequence, date: segment.date, newMap, lines: segment.lines.slice(0, 3) }];
  });
}

function checkTogether(seam: Seam, other: RenditionLog, seams: readonly Seam[], found: Findings): void {
  const { date, rendition } = seam;
  if (other === rendition || date === null) return;
  const dates = listedSegments(other).flatMap(({ segment }) => (segment.date === null ? [] : [segment.date]));
  const covered = dates.some((one) => one < date - TOGETHER) && dates.some((one) => one > date + TOGETHER);
  if (!covered) return;
  const twin = seams.find((one) => one.rendition === other && one.sequence === seam.sequence);
  const together = twin?.date !== null && twin?.date !== undefined && Math.abs(twin.date - date) <= TOGETHER;
  found.check(together, () =>
    breach(
      'must',
      `${rendition.name} has a discontinuity at ${clockTime(date)} that ${other.name} does not have`,
      newest(other)?.exchange ?? null,
      seam.lines,
    ),
  );
}

/** Players do not load the multivariant playlist again: what it lists is there for the whole session. */
function checkVariants(log: CheckLog, found: Findings): void {
  const { multivariant, multivariantAfter, multivariantExchange } = log.hls ?? { multivariant: null, multivariantAfter: null };
  if (multivariant === null || multivariantAfter === null) return;
  const set = (playlist: typeof multivariant): string =>
    JSON.stringify(playlist.variants.map(({ url, attributes }) => [url, families(attributes.get('CODECS') ?? '')]).sort());
  found.check(set(multivariant) === set(multivariantAfter), () =>
    breach('own', 'the multivariant playlist lists other renditions or codecs than before', multivariantExchange ?? null, [
      ...multivariantAfter.variants.map(({ line }) => line),
    ]),
  );
}

const families = (codecs: string): string => codecs.replaceAll(/\.[^,]*/g, '');
