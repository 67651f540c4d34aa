/** Rules 1 to 6: target durations, part durations and hold-backs. */
import { decimal } from '../attribute-list.ts';
import { type CheckLog, hasParts, listedSegments } from '../log.ts';
import { Findings, type Verdict } from '../verdict.ts';
import { breach, header, mediaRenditions, NO_LOW_LATENCY, NO_PLAYLIST, ROUNDING, seconds, successions } from './evidence.ts';

/** RFC 8216bis §4.4.3.1, §6.2.1, §6.2.4. */
export function targetDuration(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  for (const rendition of renditions) {
    for (const { segment, snapshot } of listedSegments(rendition)) {
      const target = snapshot.playlist.targetDuration;
      if (segment.duration === null) continue;
      const { duration } = segment;
      found.check(target !== null && Math.round(duration) <= target, () =>
        breach('must', `a segment of ${seconds(duration)} exceeds the target duration of ${target ?? '(none)'}`, snapshot.exchange, [
          ...header(snapshot.playlist, 'X-TARGETDURATION'),
          ...segment.lines.slice(-2),
        ]),
      );
    }
    for (const [before, after] of successions(rendition)) {
      found.check(before.playlist.targetDuration === after.playlist.targetDuration, () =>
        breach('must', 'EXT-X-TARGETDURATION changed', after.exchange, [
          ...header(before.playlist, 'X-TARGETDURATION'),
          ...header(after.playlist, 'X-TARGETDURATION'),
        ]),
      );
    }
  }
  const [first, ...others] = renditions.flatMap(({ snapshots }) => snapshots.slice(0, 1));
  for (const other of others) {
    found.check(other.playlist.targetDuration === first?.playlist.targetDuration, () =>
      breach('must', 'renditions have different target durations', other.exchange, [
        ...(first === undefined ? [] : header(first.playlist, 'X-TARGETDURATION')),
        ...header(other.playlist, 'X-TARGETDURATION'),
      ]),
    );
  }
  return found.verdict('comparisons', NO_PLAYLIST);
}

/** RFC 8216bis §4.4.3.7, §4.4.3.8. */
export function partInf(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { snapshots } of mediaRenditions(log).filter(hasParts)) {
    for (const { playlist, exchange } of snapshots) {
      if (!playlist.segments.some(({ parts }) => parts.length > 0)) continue;
      found.check(playlist.partTarget !== null, () =>
        breach('must', 'parts are listed without EXT-X-PART-INF', exchange, header(playlist, 'X-PART-INF')),
      );
      found.check(decimal(playlist.serverControl, 'PART-HOLD-BACK') !== null, () =>
        breach('must', 'parts are listed without PART-HOLD-BACK', exchange, header(playlist, 'X-SERVER-CONTROL')),
      );
    }
  }
  return found.verdict('comparisons', NO_LOW_LATENCY);
}

const SHORTEST = 0.85;

/** RFC 8216bis §4.4.4.9. */
export function partDuration(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    for (const { segment, snapshot } of listedSegments(rendition)) {
      const target = snapshot.playlist.partTarget;
      if (target === null) continue;
      for (const part of segment.parts) {
        const evidence = [...header(snapshot.playlist, 'X-PART-INF'), part.line];
        found.check(part.duration <= target + ROUNDING, () =>
          breach('must', `a part of ${part.duration} s is longer than PART-TARGET`, snapshot.exchange, evidence),
        );
        const next = segment.parts[part.index + 1];
        // Which part is the last of a segment in the making is not known yet; a part before a gap may be short, too.
        const exempt = next === undefined || next.gap || part.gap || part.independent;
        if (exempt) continue;
        found.check(part.duration >= SHORTEST * target - ROUNDING, () =>
          breach('must', `a part of ${part.duration} s is shorter than 85 % of PART-TARGET`, snapshot.exchange, evidence),
        );
      }
    }
  }
  return found.verdict('comparisons', NO_LOW_LATENCY);
}

/** RFC 8216bis §4.4.3.8: at least twice, and it should be three times; HLS Authoring Specification 14.3: three times. */
export function partHoldBack(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { snapshots } of mediaRenditions(log)) {
    for (const { playlist, exchange } of snapshots) {
      const { partTarget } = playlist;
      const holdBack = decimal(playlist.serverControl, 'PART-HOLD-BACK');
      if (partTarget === null || holdBack === null) continue;
      const evidence = [...header(playlist, 'X-SERVER-CONTROL'), ...header(playlist, 'X-PART-INF')];
      const times = `PART-HOLD-BACK is ${Number((holdBack / partTarget).toFixed(2))} times PART-TARGET`;
      found.check(holdBack >= 2 * partTarget - ROUNDING, () => breach('must', `${times}, less than twice`, exchange, evidence));
      const three = holdBack >= 3 * partTarget - ROUNDING;
      found.check(three, () => breach('should', `${times}, less than three times`, exchange, evidence));
      found.check(three, () => breach('apple', `${times}, less than three times`, exchange, evidence));
    }
  }
  return found.verdict('comparisons', NO_LOW_LATENCY);
}

/** RFC 8216bis §6.2.1 lists what a server may change of a playlist; these are not in it. */
export function frozenTiming(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log)) {
    for (const [before, after] of successions(rendition)) {
      const pairs = [
        ['PART-TARGET', before.playlist.partTarget, after.playlist.partTarget, 'X-PART-INF'],
        ...['HOLD-BACK', 'PART-HOLD-BACK'].map(
          (name) =>
            [name, decimal(before.playlist.serverControl, name), decimal(after.playlist.serverControl, name), 'X-SERVER-CONTROL'] as const,
        ),
      ] as const;
      for (const [name, was, is, tag] of pairs) {
        if (was === null && is === null) continue;
        found.check(was === is, () =>
          breach('must', `${name} changed from ${was ?? 'none'} to ${is ?? 'none'}`, after.exchange, [
            ...header(before.playlist, tag),
            ...header(after.playlist, tag),
          ]),
        );
      }
    }
  }
  return found.verdict('comparisons', 'no playlist with a hold-back or PART-TARGET came twice');
}

/** RFC 8216bis §4.4.3.8. */
export function holdBack(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { snapshots } of mediaRenditions(log)) {
    for (const { playlist, exchange } of snapshots) {
      const target = playlist.targetDuration ?? 0;
      for (const [name, times] of [
        ['HOLD-BACK', 3],
        ['CAN-SKIP-UNTIL', 6],
      ] as const) {
        const value = decimal(playlist.serverControl, name);
        if (value === null) continue;
        found.check(value >= times * target - ROUNDING, () =>
          breach('must', `${name} of ${seconds(value)} is less than ${times} target durations`, exchange, [
            ...header(playlist, 'X-TARGETDURATION'),
            ...header(playlist, 'X-SERVER-CONTROL'),
          ]),
        );
      }
    }
  }
  return found.verdict('comparisons', 'neither HOLD-BACK nor CAN-SKIP-UNTIL is stated');
}
