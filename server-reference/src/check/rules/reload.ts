/** Rules 14 to 18: blocking playlist reload. */
import type { Milliseconds } from '../../../../src/protocol/index.ts';
import { type CheckLog, type Directives, hasParts, type Probe } from '../log.ts';
import type { MediaPlaylist } from '../media-playlist.ts';
import { Findings, type Verdict } from '../verdict.ts';
import { blocks, breach, edge, mediaRenditions, NO_BLOCKING, seconds } from './evidence.ts';

/** What is said to be immediate may take this long: a network is between. */
const AT_ONCE: Milliseconds = 1000;

const probes = (log: CheckLog, ...kinds: readonly Probe['kind'][]): readonly Probe[] =>
  log.hls?.probes.filter(({ kind }) => kinds.includes(kind)) ?? [];

const took = ({ exchange }: Probe): Milliseconds => exchange.answeredAt - exchange.requestedAt;

const whyNot = (log: CheckLog): string => (mediaRenditions(log).some(blocks) ? 'it was not asked for' : NO_BLOCKING);

/** Whether a playlist has what was waited for. A part beyond the last of a segment is the first of the next. */
export function contains(playlist: MediaPlaylist, { msn, part }: Directives): boolean {
  const last = edge(playlist);
  if (playlist.endList) return true;
  if (last === null || last.msn < msn) return false;
  return last.msn > msn || (part === null ? last.complete : last.parts > part);
}

/** RFC 8216bis §6.2.5.2. */
export function blockingReload(log: CheckLog): Verdict {
  const found = new Findings();
  for (const rendition of mediaRenditions(log).filter(blocks)) {
    for (const { directives, playlist, exchange } of rendition.snapshots) {
      if (directives === null || directives.part === null) continue;
      found.check(contains(playlist, directives), () =>
        breach('must', `answered before part ${directives.part} of segment ${directives.msn} was there`, exchange, [
          `newest: segment ${edge(playlist)?.msn ?? 'none'} with ${edge(playlist)?.parts ?? 0} parts`,
        ]),
      );
    }
  }
  return found.verdict('requests', whyNot(log));
}

/** RFC 8216bis §6.2.5.2 waits for the whole segment; the first part is what keeps Safari going. Both are taken. */
export function reloadBySegment(log: CheckLog): Verdict {
  const found = new Findings();
  for (const probe of probes(log, 'msn-alone')) {
    const { playlist, asked, exchange } = probe;
    if (asked === null || playlist === null) continue;
    const whole = contains(playlist, { msn: asked.msn, part: null });
    found.check(whole || contains(playlist, { msn: asked.msn, part: 0 }), () =>
      breach('must', `_HLS_msn=${asked.msn} was answered before anything of segment ${asked.msn} was there`, exchange),
    );
    found.note(whole ? 'answered when the segment was complete, as the RFC says' : 'answered at its first part, which suits Safari');
  }
  for (const rendition of mediaRenditions(log).filter((one) => blocks(one) && !hasParts(one))) {
    for (const { directives, playlist, exchange } of rendition.snapshots) {
      if (directives === null || directives.part !== null) continue;
      found.check(contains(playlist, directives), () => breach('must', `answered before segment ${directives.msn} was there`, exchange));
    }
  }
  return found.verdict('requests', whyNot(log));
}

/** RFC 8216bis §6.2.5.2. */
export function badReloads(log: CheckLog): Verdict {
  const found = new Findings();
  for (const probe of probes(log, 'part-without-msn', 'far-msn', 'far-part')) {
    const { status, error } = probe.exchange;
    // It ended in the meantime: rule 18.
    if (probe.playlist?.endList === true) continue;
    const refused = status >= 400 && status < 500;
    const answer = error ?? `${status} after ${seconds(took(probe) / 1000)}`;
    if (probe.kind === 'part-without-msn') {
      found.check(refused, () => breach('must', `_HLS_part without _HLS_msn is not refused: ${answer}`, probe.exchange));
      continue;
    }
    // The segment was completed on the way: then the part is the first of the next, and nothing is wrong with waiting for it.
    if (
      probe.kind === 'far-part' &&
      probe.asked !== null &&
      probe.playlist !== null &&
      contains(probe.playlist, { ...probe.asked, part: null })
    )
      continue;
    const what = probe.kind === 'far-msn' ? 'a segment more than two ahead' : 'a part beyond the advance part limit';
    found.check(refused && took(probe) <= AT_ONCE, () => breach('should', `${what} is not refused at once: ${answer}`, probe.exchange));
  }
  return found.verdict('requests', whyNot(log));
}

/** RFC 8216bis §6.2.5.2. */
export function pastAndStuck(log: CheckLog): Verdict {
  const found = new Findings();
  for (const probe of probes(log, 'old-msn')) {
    const { exchange, playlist } = probe;
    found.check(exchange.status === 200 && playlist !== null && took(probe) <= AT_ONCE, () =>
      breach('must', `a segment that is gone is not answered with the playlist at once: ${exchange.error ?? exchange.status}`, exchange),
    );
  }
  let stuck = 0;
  for (const rendition of mediaRenditions(log).filter(blocks)) {
    const longest = 3 * (rendition.snapshots[0]?.playlist.targetDuration ?? 0) * 1000;
    for (const exchange of rendition.failures) {
      if (longest === 0 || exchange.answeredAt - exchange.requestedAt < longest) continue;
      stuck++;
      found.check(exchange.status === 503, () =>
        breach('should', `blocked for three target durations and then ${exchange.error ?? exchange.status}, not 503`, exchange),
      );
    }
  }
  if (stuck === 0) found.note('nothing was blocked for three target durations, so 503 was not seen');
  return found.verdict('requests', whyNot(log));
}

/** RFC 8216bis §6.2.5.2. */
export function afterEnd(log: CheckLog): Verdict {
  const found = new Findings();
  for (const probe of probes(log, 'after-end')) {
    found.check(probe.exchange.status === 200 && took(probe) <= AT_ONCE, () =>
      breach('must', `directives are not ignored after EXT-X-ENDLIST: ${probe.exchange.error ?? probe.exchange.status}`, probe.exchange),
    );
  }
  return found.verdict('requests', 'the stream did not end while it was watched');
}
