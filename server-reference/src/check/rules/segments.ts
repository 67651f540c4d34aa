/** Rules 7 to 10, 12 and 13b: what is said of parts and segments, their numbers, and how long they are listed. */
import { type CheckLog, hasParts, listedSegments } from '../log.ts';
import { Findings, type Verdict } from '../verdict.ts';
import {
  breach,
  firstPictures,
  header,
  listedDuration,
  listedParts,
  mediaRenditions,
  NO_LOW_LATENCY,
  seconds,
  segmentDuration,
  successions,
  whyUnread,
} from './evidence.ts';

/** RFC 8216bis §4.4.4.9: every part with an independent frame should say so. */
export function independentParts(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log).filter(hasParts);
  for (const rendition of renditions) {
    const listed = listedParts(rendition);
    for (const fetch of rendition.media) {
      const entry = listed.get(`${fetch.msn}.${fetch.part}`);
      if (fetch.part === null || entry === undefined || entry.part.gap) continue;
      for (const { sync, any } of firstPictures(rendition, fetch)) {
        found.check(!sync || entry.part.independent, () =>
          breach('should', 'a part begins with a key frame and is not INDEPENDENT', fetch.exchange, [entry.part.line]),
        );
        found.check(any || !entry.part.independent, () =>
          breach('must', 'a part is INDEPENDENT and holds no key frame', fetch.exchange, [entry.part.line]),
        );
      }
    }
  }
  const why = renditions.length === 0 ? NO_LOW_LATENCY : `no part with pictures was read: ${whyUnread(renditions)}`;
  return found.verdict('comparisons', why);
}

const BEFORE_PARTS = /^#EXT-X-(?:MAP|PROGRAM-DATE-TIME|DISCONTINUITY|KEY)\b/;

/** RFC 8216bis §4.4.4.9: what applies to the parent segment applies to its first part. */
export function tagOrder(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    for (const { segment, snapshot } of listedSegments(rendition)) {
      const part = segment.lines.findIndex((line) => line.startsWith('#EXT-X-PART:'));
      if (part < 0) continue;
      const late = segment.lines.slice(part).filter((line) => BEFORE_PARTS.test(line));
      found.check(late.length === 0, () =>
        breach('must', 'a tag of the segment stands behind its first part', snapshot.exchange, [segment.lines[part] ?? '', ...late]),
      );
    }
  }
  return found.verdict('segments', NO_LOW_LATENCY);
}

/** RFC 8216bis §6.2.2. */
export function sequenceNumbers(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    for (const [before, after] of successions(rendition)) {
      for (const [name, was, is] of [
        ['X-MEDIA-SEQUENCE', before.playlist.mediaSequence, after.playlist.mediaSequence],
        ['X-DISCONTINUITY-SEQUENCE', before.playlist.discontinuitySequence, after.playlist.discontinuitySequence],
      ] as const) {
        found.check(is >= was, () =>
          breach('must', `EXT-${name} fell from ${was} to ${is}`, after.exchange, [
            ...header(before.playlist, name),
            ...header(after.playlist, name),
          ]),
        );
      }
      const known = new Map(before.playlist.segments.map((segment) => [segment.msn, segment]));
      for (const segment of after.playlist.segments) {
        const old = known.get(segment.msn);
        if (old === undefined || old.resource === null || segment.resource === null) continue;
        const same = old.resource.url === segment.resource.url && old.resource.range?.offset === segment.resource.range?.offset;
        found.check(same && old.duration === segment.duration, () =>
          breach('must', `segment ${segment.msn} is another one than before: sequence numbers do not count removals`, after.exchange, [
            ...old.lines.slice(-2),
            ...segment.lines.slice(-2),
          ]),
        );
        found.check(old.discontinuitySequence === segment.discontinuitySequence, () =>
          breach(
            'must',
            `segment ${segment.msn} had the discontinuity sequence number ${old.discontinuitySequence} and now has ${segment.discontinuitySequence}`,
            after.exchange,
            header(after.playlist, 'X-DISCONTINUITY-SEQUENCE'),
          ),
        );
      }
    }
  }
  return found.verdict('comparisons', 'no playlist came twice');
}

/** RFC 8216bis §6.2.2. */
export function window(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    const first = rendition.snapshots[0]?.playlist.mediaSequence ?? 0;
    for (const { playlist, exchange } of rendition.snapshots) {
      const target = playlist.targetDuration ?? 0;
      if (playlist.endList) continue;
      const length = listedDuration(playlist);
      // What began with few segments has removed none; only removals are bound.
      if (playlist.mediaSequence > first) {
        found.check(length >= 3 * target - 0.001, () =>
          breach('must', `segments were removed until ${seconds(length)} were left, less than three target durations`, exchange, [
            ...header(playlist, 'X-TARGETDURATION'),
            ...header(playlist, 'X-MEDIA-SEQUENCE'),
          ]),
        );
      }
      let end = 0;
      for (const segment of playlist.segments) {
        end += segmentDuration(segment);
        if (segment.parts.length === 0) continue;
        found.check(length - end <= 3 * target + 0.001, () =>
          breach(
            'should',
            `parts are listed ${seconds(length - end)} behind the end`,
            exchange,
            segment.parts.slice(0, 1).map(({ line }) => line),
          ),
        );
      }
    }
  }
  for (const { exchange, detail } of log.hls?.probes.filter(({ kind }) => kind === 'dropped-part') ?? []) {
    found.note('a part that is no longer listed was asked for');
    found.check(exchange.status === 200 || exchange.status === 206, () =>
      breach(
        'must',
        `a part whose line went ${detail} ago is answered with ${exchange.status}; it is to stay for three target durations`,
        exchange,
      ),
    );
  }
  return found.verdict('comparisons', 'nothing was removed while it was watched, and there are no parts');
}

/** RFC 8216bis §4.4.3.5, §6.2.1, §6.2.2. */
export function playlistType(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    for (const [before, after] of successions(rendition)) {
      const { playlist } = after;
      const removed = playlist.mediaSequence > before.playlist.mediaSequence;
      found.check(!removed || playlist.playlistType === null, () =>
        breach('must', `a segment was removed from a playlist of the type ${playlist.playlistType}`, after.exchange, [
          ...header(playlist, 'X-PLAYLIST-TYPE'),
          ...header(playlist, 'X-MEDIA-SEQUENCE'),
        ]),
      );
      const grown = playlist.segments.length > before.playlist.segments.length;
      found.check(!grown || before.playlist.playlistType !== 'VOD', () =>
        breach('must', 'a playlist of the type VOD changed', after.exchange, header(playlist, 'X-PLAYLIST-TYPE')),
      );
    }
    const type = rendition.snapshots.at(-1)?.playlist.playlistType;
    if (type !== null && type !== undefined) found.note(`the type is ${type}`);
  }
  return found.verdict('comparisons', 'no playlist came twice');
}

/** RFC 8216bis §4.4.2.2 (EXT-X-INDEPENDENT-SEGMENTS); ISO/IEC 23009-1 §5.3.7.2 (startWithSAP). */
export function independentSegments(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  let claimed = false;
  for (const rendition of renditions) {
    for (const { segment, snapshot } of listedSegments(rendition)) {
      const inMultivariant = log.hls?.multivariant?.independentSegments === true;
      if (!snapshot.playlist.independentSegments && !inMultivariant) continue;
      claimed = true;
      const fetch =
        rendition.media.find(({ msn, part }) => msn === segment.msn && part === 0) ??
        rendition.media.find(({ msn, part }) => msn === segment.msn && part === null);
      if (fetch === undefined || segment.gap) continue;
      for (const { sync } of firstPictures(rendition, fetch)) {
        found.check(sync, () =>
          breach(
            'must',
            `segment ${segment.msn} begins without a key frame, and EXT-X-INDEPENDENT-SEGMENTS says otherwise`,
            fetch.exchange,
            ['#EXT-X-INDEPENDENT-SEGMENTS', ...segment.lines.slice(-1)],
          ),
        );
      }
    }
  }
  for (const { mpd } of log.dash?.snapshots.slice(-1) ?? []) {
    const claims = mpd.periods.flatMap(({ representations }) => representations).filter(({ startWithSap }) => startWithSap);
    for (const { id } of claims) {
      claimed = true;
      for (const segment of log.dash?.segments.filter(({ representation }) => representation === id) ?? []) {
        const first = segment.fragments[0]?.samples[0];
        if (first === undefined) continue;
        found.check(first.sync, () =>
          breach('must', `a segment of ${id} begins without a key frame, and startWithSAP says otherwise`, segment.exchange),
        );
      }
    }
  }
  const why = claimed ? `no segment with pictures was read: ${whyUnread(renditions)}` : 'it is not claimed that segments are independent';
  return found.verdict('segments', why);
}
