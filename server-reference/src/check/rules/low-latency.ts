/** Rules 20 to 22 and 24: delta updates, preload hints, rendition reports, and parts beside their segment. */
import type { Milliseconds, Seconds } from '../../../../src/protocol/index.ts';
import { decimal } from '../attribute-list.ts';
import { firstDifference, mergeDelta, ofOneMoment } from '../delta-update.ts';
import type { Fragment, Sample } from '../fragment-reader.ts';
import { type CheckLog, type DeltaUpdate, hasParts, type MediaFetch, type RenditionLog, type Snapshot } from '../log.ts';
import type { PlaylistPart, PreloadHint, RenditionReport } from '../media-playlist.ts';
import { Findings, type Verdict } from '../verdict.ts';
import {
  breach,
  edge,
  fragmentsOf,
  header,
  listedDuration,
  listedParts,
  mediaRenditions,
  NO_LOW_LATENCY,
  ROUNDING,
  segmentDuration,
  successions,
  whyUnread,
} from './evidence.ts';

const SKIP_VERSION = 9;

/** RFC 8216bis §4.4.5.2, §6.2.5.1, §8. */
export function deltaUpdates(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  for (const rendition of renditions) for (const update of rendition.deltas) checkDelta(update, found);
  const offered = renditions.some(({ snapshots }) => snapshots.some(({ playlist }) => playlist.serverControl?.has('CAN-SKIP-UNTIL')));
  const why = offered ? 'none was asked for: the playlist held nothing older than CAN-SKIP-UNTIL' : 'CAN-SKIP-UNTIL is not stated';
  return found.verdict('comparisons', why);
}

function checkDelta(update: DeltaUpdate, found: Findings): void {
  const { exchange, base, delta, full } = update;
  // How much is left out can be told only against the full playlist of the same moment.
  if (ofOneMoment(delta, full)) checkSkipped(update, found);
  else found.note('the playlist moved on between a delta update and the full playlist: what both name was compared');
  if (delta.skips.length === 0) return;
  found.check(delta.version >= SKIP_VERSION, () => breach('must', 'EXT-X-SKIP needs version 9', exchange, header(delta, 'X-VERSION')));
  const merged = mergeDelta(base, delta);
  found.check(merged.ok, () => breach('must', 'it skips a segment that the playlist before did not have', exchange));
  if (!merged.ok) return;
  const difference = firstDifference(merged.segments, full);
  found.check(difference === null, () =>
    breach('must', `put together, segment ${difference?.msn} is not that of the full playlist`, exchange, difference?.lines ?? []),
  );
}

/** Neither less is left out than there is to leave out, nor more. */
function checkSkipped({ exchange, delta, full }: DeltaUpdate, found: Findings): void {
  const boundary = decimal(full.serverControl, 'CAN-SKIP-UNTIL');
  if (boundary === null) return;
  /** The newest segment that ends further than the boundary from `end`, and how many of those there are. */
  const older = (end: Seconds): { readonly msn: number; readonly count: number } => {
    const ends: Seconds[] = [];
    for (const segment of full.segments) ends.push((ends.at(-1) ?? 0) + segmentDuration(segment));
    const count = full.segments.filter(({ duration }, index) => duration !== null && end - (ends[index] ?? 0) > boundary + ROUNDING).length;
    return { msn: full.mediaSequence + count - 1, count };
  };
  const whole = listedDuration({ ...full, segments: full.segments.filter(({ duration }) => duration !== null) });
  const { count } = older(whole);
  // Whether the one that lies across the boundary counts is read either way, and so is whether the parts of an unfinished segment do.
  if (count > 1) {
    found.check(delta.skips.length === 1, () =>
      breach(
        'must',
        `${delta.skips.length} EXT-X-SKIP where ${count} segments are older than CAN-SKIP-UNTIL`,
        exchange,
        header(full, 'X-SERVER-CONTROL'),
      ),
    );
  }
  const lastSkipped = delta.mediaSequence + delta.skips.reduce((sum, skipped) => sum + skipped, 0) - 1;
  found.check(lastSkipped <= older(listedDuration(full)).msn + 1, () =>
    breach(
      'must',
      `segment ${lastSkipped} is skipped, and it is not older than CAN-SKIP-UNTIL`,
      exchange,
      header(full, 'X-SERVER-CONTROL'),
    ),
  );
}

/** RFC 8216bis §4.4.5.3, §6.2.6. */
export function preloadHints(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  for (const rendition of renditions) {
    for (const { playlist, exchange } of rendition.snapshots) {
      const { hints, endList } = playlist;
      if (hints.length === 0) continue;
      found.check(!endList, () =>
        breach(
          'must',
          'a playlist that has ended hints at more',
          exchange,
          hints.map(({ line }) => line),
        ),
      );
      found.check(new Set(hints.map(({ type }) => type)).size === hints.length, () =>
        breach(
          'should',
          'several hints of one type',
          exchange,
          hints.map(({ line }) => line),
        ),
      );
    }
    for (const [before, after] of successions(rendition)) checkHinted(before, after, found);
    checkHintFetches(rendition, found);
  }
  for (const { exchange, kind } of log.hls?.probes ?? []) {
    if (kind !== 'unknown-resource') continue;
    found.check(exchange.status >= 400 && exchange.status < 500, () =>
      breach('should', `a resource that is neither there nor hinted at is answered with ${exchange.error ?? exchange.status}`, exchange),
    );
  }
  const hinted = renditions.some(({ snapshots }) => snapshots.some(({ playlist }) => playlist.hints.length > 0));
  const why = renditions.some(hasParts) ? 'no hint was seen' : NO_LOW_LATENCY;
  if (!hinted) return { kind: 'unseen', why };
  return found.verdict('comparisons', why);
}

const matches = (hint: PreloadHint, part: PlaylistPart): boolean => hint.url === part.url && hint.start === (part.range?.offset ?? 0);

function checkHinted(before: Snapshot, after: Snapshot, found: Findings): void {
  const hint = before.playlist.hints.find(({ type }) => type === 'PART');
  const was = edge(before.playlist);
  if (hint === undefined || was === null) return;
  const next = after.playlist.segments
    .filter(({ msn }) => msn >= was.msn)
    .flatMap(({ msn, parts }) => parts.filter(({ index }) => msn > was.msn || index >= was.parts))
    .at(0);
  // A gap takes the place of a part that did not come.
  if (next === undefined || next.gap) return;
  found.check(matches(hint, next), () =>
    breach('own', 'the next part is not the one that was hinted at', after.exchange, [hint.line, next.line]),
  );
}

/** All bytes of a part follow its first one at the speed of the line. */
const BURST: Milliseconds = 100;

function checkHintFetches(rendition: RenditionLog, found: Findings): void {
  const parts = [...listedParts(rendition).values()].map(({ part }) => part);
  const target = (rendition.snapshots[0]?.playlist.partTarget ?? 0) * 1000;
  for (const { hint, exchange, firstByteAt, fragments } of rendition.hints) {
    if (hint.type !== 'PART') continue;
    const part = parts.find((one) => matches(hint, one));
    // What was planned otherwise in the end may be answered with "not found".
    if (part === undefined || part.gap) continue;
    const there = exchange.status === 200 || exchange.status === 206;
    found.check(there, () => breach('must', `a hinted part is answered with ${exchange.error ?? exchange.status}`, exchange, [hint.line]));
    if (!there || firstByteAt === null) continue;
    const listed = rendition.media.find((fetch) => fetch.exchange.url === part.url && fetch.range?.offset === part.range?.offset);
    if (listed !== undefined && fragments.length > 0 && fragmentsOf(listed).length > 0) {
      found.check(digests(fragments) === digests(fragmentsOf(listed)), () =>
        breach('must', 'a hinted part holds other samples than the part that came of it', exchange, [hint.line, part.line]),
      );
    }
    const spread = exchange.answeredAt - firstByteAt;
    found.check(spread <= Math.max(BURST, target / 2), () =>
      breach('must', `the bytes of a hinted part came over ${spread} ms: they are held until the part is complete`, exchange, [hint.line]),
    );
  }
}

const digests = (fragments: readonly Fragment[]): string => fragments.flatMap(({ samples }) => samples.map(({ digest }) => digest)).join();

/** RFC 8216bis §4.4.5.4, Appendix B.1. */
export function renditionReports(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log).filter(hasParts);
  for (const rendition of renditions) {
    for (const snapshot of rendition.snapshots) {
      if (snapshot.playlist.endList) continue;
      for (const other of renditions) {
        if (other === rendition) continue;
        const report = snapshot.playlist.reports.find(({ url }) => sameAddress(url, other.url));
        const earlier = standing(
          other.snapshots.findLast((one) => one.exchange.answeredAt < snapshot.exchange.answeredAt - slack(snapshot)),
        );
        // What has just begun is reported with its first part.
        found.check(report !== undefined || earlier === null, () =>
          breach('apple', `${rendition.name} does not report where ${other.name} stands`, snapshot.exchange),
        );
        if (report !== undefined) checkReport(report, snapshot, other, earlier, found);
      }
    }
  }
  const why = renditions.length === 1 ? 'there is one rendition only' : NO_LOW_LATENCY;
  return found.verdict('comparisons', why);
}

/** Queries carry tokens and may be left out of a report. */
const sameAddress = (one: string, two: string): boolean => one.split('?')[0] === two.split('?')[0];

/** Reports may be this much older than what the check has seen itself, by the ways of two connections. */
const slack = ({ playlist }: Snapshot): Milliseconds => 1500 * (playlist.partTarget ?? 0) + 150;

/** Segment and part as one number that rises; null where nothing is listed. */
function standing(at: Snapshot | undefined): number | null {
  const stands = at === undefined ? null : edge(at.playlist);
  return stands === null ? null : stands.msn * 10_000 + stands.parts - 1;
}

function checkReport(report: RenditionReport, snapshot: Snapshot, other: RenditionLog, earlier: number | null, found: Findings): void {
  const { exchange, playlist } = snapshot;
  found.check(!/^[a-z]+:/i.test(report.uri), () =>
    breach('must', 'the address in a rendition report is not relative', exchange, [report.line]),
  );
  const own = edge(playlist);
  const msn = report.lastMsn ?? own?.msn ?? -1;
  const part = report.lastPart ?? (own === null ? 0 : own.parts - 1);
  const value = msn * 10_000 + part;
  const later = standing(other.snapshots.find((one) => one.exchange.requestedAt >= exchange.answeredAt));
  const stated = `it says segment ${msn} part ${part}`;
  if (earlier !== null) {
    found.check(value >= earlier, () =>
      breach('must', `a report on ${other.name} is older than the playlist that it stands in: ${stated}`, exchange, [report.line]),
    );
  }
  if (later !== null)
    found.check(value <= later, () => breach('must', `a report on ${other.name} is ahead of it: ${stated}`, exchange, [report.line]));
}

/** RFC 8216bis §3.2: a segment and its parts hold the same samples. */
export function partsMakeSegment(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  for (const rendition of renditions) {
    for (const whole of rendition.media.filter(({ part, reading }) => part === null && reading.kind === 'fragments')) {
      const parts = partsOf(rendition, whole.msn);
      if (parts === null) continue;
      const [one, two] = [samplesByTrack([whole]), samplesByTrack(parts)];
      found.check(one === two, () =>
        breach('must', `the parts of segment ${whole.msn} hold other samples than the segment`, whole.exchange),
      );
    }
  }
  checkToken(log, found);
  const why = renditions.some(hasParts) ? `no segment was read with all of its parts: ${whyUnread(renditions)}` : NO_LOW_LATENCY;
  return found.verdict('comparisons', why);
}

/** All parts of a complete segment, in order; null where some were not fetched. */
function partsOf(rendition: RenditionLog, msn: number): readonly MediaFetch[] | null {
  const counts = rendition.snapshots.flatMap(({ playlist }) =>
    playlist.segments.filter((segment) => segment.msn === msn && segment.duration !== null),
  );
  const count = Math.max(0, ...counts.map(({ parts }) => parts.length));
  const parts = rendition.media
    .filter((fetch) => fetch.msn === msn && fetch.part !== null && fetch.reading.kind === 'fragments')
    .sort((a, b) => (a.part ?? 0) - (b.part ?? 0));
  return count > 0 && parts.length === count ? parts : null;
}

function samplesByTrack(fetches: readonly MediaFetch[]): string {
  const tracks = new Map<number, { time: number; samples: Sample[] }>();
  for (const fragment of fetches.flatMap(fragmentsOf)) {
    const known = tracks.get(fragment.track);
    if (known === undefined) tracks.set(fragment.track, { time: fragment.time, samples: [...fragment.samples] });
    else known.samples.push(...fragment.samples);
  }
  return JSON.stringify([...tracks].sort(([a], [b]) => a - b));
}

const QUERY_PARAMETER_VERSION = 11;

/** A token of the given address reaches all others, or a player gets no further. */
function checkToken(log: CheckLog, found: Findings): void {
  const { token } = log;
  if (token === null) return;
  const multivariant = log.hls?.multivariant ?? null;
  const carries = (url: string): boolean => URL.canParse(url) && new URL(url).searchParams.get('token') === token;
  const written = [...(multivariant?.writtenUris ?? [])];
  const urls = [...(multivariant?.variants ?? []), ...(multivariant?.alternatives ?? [])].flatMap(({ url }) => (url === null ? [] : [url]));
  for (const { snapshots } of mediaRenditions(log)) {
    const playlist = snapshots.at(-1)?.playlist;
    if (playlist === undefined) continue;
    written.push(...playlist.writtenUris);
    urls.push(
      ...playlist.segments.flatMap(({ resource, parts }) => [...(resource === null ? [] : [resource.url]), ...parts.map(({ url }) => url)]),
    );
    if (playlist.writtenUris.some((uri) => uri.includes('{$token}'))) {
      found.check(playlist.version >= QUERY_PARAMETER_VERSION, () =>
        breach('must', 'EXT-X-DEFINE with QUERYPARAM needs version 11', snapshots.at(-1)?.exchange ?? null, header(playlist, 'X-VERSION')),
      );
    }
  }
  for (const url of urls)
    found.check(carries(url), () => breach('own', 'the token does not reach an address in the playlist', null, [url]));
  found.note(written.some((uri) => uri.includes('{$')) ? 'the token comes by EXT-X-DEFINE' : 'the token is copied into the addresses');
}
