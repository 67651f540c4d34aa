/** Rules 27 to 31: DASH. */
import type { Sample } from '../fragment-reader.ts';
import type { CheckLog, DashLog, DashSegment, MpdSnapshot } from '../log.ts';
import type { Mpd, Representation } from '../mpd.ts';
import { Findings, type Verdict } from '../verdict.ts';
import { breach } from './evidence.ts';

const NOT_LIVE = 'the MPD was static from the beginning';
const UTC_SCHEME = 'urn:mpeg:dash:utc:http-iso:2014';

const live = ({ dash }: CheckLog): readonly MpdSnapshot[] => dash?.snapshots.filter(({ mpd }) => mpd.type === 'dynamic') ?? [];
const representations = ({ periods }: Mpd): readonly Representation[] => periods.flatMap((period) => period.representations);

/** ISO/IEC 23009-1 §5.3.1.2; DASH-IF low-latency: UTCTiming is there. */
export function dynamicMpd(log: CheckLog): Verdict {
  const found = new Findings();
  const snapshots = live(log);
  const first = snapshots[0]?.mpd.availabilityStartTime ?? null;
  for (const { mpd, exchange } of snapshots) {
    found.check(mpd.availabilityStartTime !== null, () =>
      breach('must', 'a dynamic MPD has no availabilityStartTime', exchange, [mpd.source]),
    );
    found.check(mpd.availabilityStartTime === first, () =>
      breach('must', `availabilityStartTime changed from ${first ?? 'none'}`, exchange, [mpd.source]),
    );
    found.check(mpd.utcTimings.length > 0, () => breach('dash-if', 'there is no UTCTiming', exchange));
    if (mpd.utcTimings.length === 0) continue;
    const schemes = mpd.utcTimings.map(({ scheme, value }) => `${scheme} ${value}`);
    found.check(
      mpd.utcTimings.some(({ scheme }) => scheme === UTC_SCHEME),
      () => breach('own', `no UTCTiming of the scheme ${UTC_SCHEME}`, exchange, schemes),
    );
  }
  const clock = log.dash?.clock ?? null;
  if (clock !== null) {
    found.check(clock.exchange.status === 200 && !Number.isNaN(Date.parse(clock.text.trim())), () =>
      breach('must', 'the clock of UTCTiming does not tell the time', clock.exchange, [clock.text.slice(0, 80)]),
    );
  }
  return found.verdict('comparisons', NOT_LIVE);
}

const SLOWEST = 0.96;
const FASTEST = 1.04;

/** ISO/IEC 23009-1 Annex K; DASH-IF low-latency: a ServiceDescription with Latency is there. */
export function serviceDescription(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { mpd, exchange } of live(log)) {
    const service = mpd.services.find(({ latency }) => latency !== null);
    found.check(service !== undefined, () => breach('dash-if', 'there is no ServiceDescription with a Latency', exchange));
    if (service === undefined) continue;
    const { latency, playbackRate, sources } = service;
    const { target = null, min = null, max = null } = latency ?? {};
    found.check(target !== null, () => breach('dash-if', 'Latency has no target', exchange, sources));
    found.check(min !== null && max !== null, () => breach('own', 'Latency has no min and max', exchange, sources));
    const ordered = (min ?? target ?? 0) <= (target ?? 0) && (target ?? 0) <= (max ?? target ?? 0);
    found.check(ordered, () => breach('must', 'the latencies are not in order', exchange, sources));
    const rates = playbackRate?.min === SLOWEST && playbackRate.max === FASTEST;
    found.check(rates, () => breach('own', `PlaybackRate is not ${SLOWEST} to ${FASTEST}`, exchange, sources));
  }
  return found.verdict('comparisons', NOT_LIVE);
}

/** Offsets may be this far from segment minus chunk, in seconds. */
const OFFSET_TOLERANCE = 0.5;
/** A growing segment comes in more than one piece, over at least this long. */
const GROWING = 50;

/** ISO/IEC 23009-1 §5.3.9.5.3; DASH-IF low-latency: chunked segments. */
export function chunkedSegments(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { mpd, exchange } of live(log)) {
    for (const { id, template } of representations(mpd)) {
      if (template === null) continue;
      const evidence = [template.source];
      const offset = template.availabilityTimeOffset;
      found.check(offset !== null, () => breach('dash-if', `${id} has no availabilityTimeOffset`, exchange, evidence));
      if (offset === null) continue;
      found.check(!template.availabilityTimeComplete, () =>
        breach('dash-if', `${id} does not say availabilityTimeComplete="false"`, exchange, evidence),
      );
      const length = template.duration ?? longestSegment(log.dash, id);
      const chunk = chunkDuration(log.dash, id);
      if (chunk === null || length === 0) continue;
      const expected = length - chunk;
      found.check(offset < length && Math.abs(offset - expected) <= Math.max(chunk, OFFSET_TOLERANCE), () =>
        breach('own', `availabilityTimeOffset is ${offset}, and segment minus chunk is ${expected.toFixed(3)}`, exchange, evidence),
      );
    }
  }
  for (const segment of log.dash?.segments ?? []) {
    const { growing, exchange, progress, representation } = segment;
    const there = exchange.status === 200 || exchange.status === 206;
    if (!growing || (!there && withdrawn(segment, log.dash))) continue;
    found.check(there, () =>
      breach('must', `a segment of ${representation} that is due is answered with ${exchange.error ?? exchange.status}`, exchange),
    );
    // What was cut short by an interruption has nothing left to grow.
    if (!there || segment.fragments.length === 1) continue;
    const over = (progress.at(-1)?.at ?? 0) - (progress[0]?.at ?? 0);
    found.check(progress.length > 1 && over >= GROWING, () =>
      breach('dash-if', `a segment of ${representation} did not come as it grew: ${progress.length} pieces over ${over} ms`, exchange, [
        `transfer-encoding: ${exchange.headers['transfer-encoding'] ?? '(none)'}`,
        `content-length: ${exchange.headers['content-length'] ?? '(none)'}`,
      ]),
    );
  }
  return found.verdict('comparisons', NOT_LIVE);
}

/** Whether a player learned from a later MPD only that this segment would not come: the stream had ended, or its broadcaster was away. */
function withdrawn({ exchange, mpdTime, presentationTimeOffset, representation }: DashSegment, dash: DashLog | null): boolean {
  const later = dash?.snapshots.filter((snapshot) => snapshot.exchange.requestedAt >= exchange.requestedAt) ?? [];
  if (later.length === 0) return true;
  return later.some(({ mpd }) => {
    const end = mpd.type === 'static' ? (mpd.mediaPresentationDuration ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    if ((mpd.periods.at(-1)?.start ?? 0) + mpdTime - presentationTimeOffset >= end - 0.001) return true;
    const timelines = mpd.periods.flatMap((period) =>
      period.representations.flatMap(({ id, template }) =>
        id === representation && template !== null ? (template.timeline ?? []).map(({ time }) => time / template.timescale) : [],
      ),
    );
    return timelines.length > 0 && !timelines.some((time) => Math.abs(time - mpdTime) < 0.001);
  });
}

/** The longest segment that any timeline of a representation has: those at the end of an epoch are shorter. */
function longestSegment(dash: DashLog | null, id: string): number {
  const templates = (dash?.snapshots ?? []).flatMap(({ mpd }) =>
    representations(mpd).flatMap((one) => (one.id === id ? [one.template] : [])),
  );
  return Math.max(
    0,
    ...templates.flatMap((template) => (template?.timeline ?? []).map(({ duration }) => duration / (template?.timescale ?? 1))),
  );
}

/** Of the fragments that were read. */
function chunkDuration(dash: DashLog | null, id: string): number | null {
  const durations = (dash?.segments ?? [])
    .filter(({ representation }) => representation === id)
    .flatMap(({ fragments, timescale }) =>
      fragments.map(({ samples }) => samples.reduce((sum, { duration }) => sum + duration, 0) / timescale),
    );
  // The middle one: the ends of epochs are shorter.
  return durations.length === 0 ? null : (durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)] ?? null);
}

/** DASH-IF low-latency: ProducerReferenceTime, Resync; ISO/IEC 23009-1 §5.3.9.6.4: times of the manifest are those of the media. */
export function producerTimes(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { mpd, exchange } of live(log).slice(-1)) {
    for (const { id, producerReferenceTime, resync } of representations(mpd)) {
      found.check(producerReferenceTime, () => breach('dash-if', `${id} has no ProducerReferenceTime`, exchange));
      found.check(resync, () => breach('dash-if', `${id} has no Resync`, exchange));
    }
  }
  for (const segment of log.dash?.segments ?? []) {
    const [first] = segment.fragments;
    if (first === undefined) continue;
    if (live(log).length > 0) {
      found.check(first.producerTime, () =>
        breach('dash-if', `a segment of ${segment.representation} does not begin with prft`, segment.exchange),
      );
    }
    const presented = first.samples.map((sample, index) => sample.offset + before(first.samples, index));
    checkTime(segment, (first.time + Math.min(...presented)) / segment.timescale, found);
  }
  return found.verdict('comparisons', 'nothing of it was read');
}

/** Durations of the samples before one. */
const before = (samples: readonly Sample[], index: number): number =>
  samples.slice(0, index).reduce((sum, { duration }) => sum + duration, 0);

/** Rounding, edit lists and packets of sound, in seconds. */
const TIME_TOLERANCE = 0.05;

function checkTime(segment: DashSegment, mediaTime: number, found: Findings): void {
  const apart = Math.abs(mediaTime - segment.mpdTime);
  // Numbers give a nominal time, from which half a segment may be missing either way.
  const allowed = segment.exactTime ? TIME_TOLERANCE : segment.duration / 2;
  found.check(apart <= allowed, () =>
    breach(
      'must',
      `the MPD has a segment of ${segment.representation} at ${segment.mpdTime.toFixed(3)} s, and its media is at ${mediaTime.toFixed(3)} s`,
      segment.exchange,
    ),
  );
}

/** ISO/IEC 23009-1 §5.3.1.2: a static MPD tells its duration. */
export function endOfStream(log: CheckLog): Verdict {
  const found = new Findings();
  const snapshots = log.dash?.snapshots ?? [];
  const [first, last] = [snapshots[0], snapshots.at(-1)];
  for (const { mpd, exchange } of snapshots) {
    if (mpd.type !== 'static') continue;
    const told = mpd.mediaPresentationDuration !== null;
    found.check(told, () => breach('must', 'a static MPD has no mediaPresentationDuration', exchange, [mpd.source]));
  }
  const hlsEnded = log.hls?.renditions.some(({ snapshots: list }) => list.at(-1)?.playlist.endList === true) === true;
  if (hlsEnded && first?.mpd.type === 'dynamic' && last !== undefined) {
    found.check(last.mpd.type === 'static', () =>
      breach('own', 'HLS has ended, and the MPD is still dynamic', last.exchange, [last.mpd.source]),
    );
  }
  return found.verdict('comparisons', 'the stream did not end while it was watched');
}
