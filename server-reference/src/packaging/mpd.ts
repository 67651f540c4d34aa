/**
 * The DASH manifest of a session (ISO/IEC 23009-1): the same segments as the playlists', told by number on a SegmentTimeline, whose times
 * are the media's own however long segments are. The one that grows is listed with the duration it will have, and so is the next, since a
 * client hears of it only when it asks again.
 */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import { partHoldBack, TOKEN_PARAMETER } from './media-playlist.ts';
import type { PartTiming } from './part-target.ts';
import { type Described, type Period, runOf } from './periods.ts';
import type { Segment } from './segment.ts';

/**
 * How a client learns where segments are: from a list of their true times, or by counting from the Period's beginning. Players that lose their
 * place in a list that moves on (ffmpeg, mpv, GStreamer) keep it by counting, which holds while key frames come as often as announced.
 */
export type Addressing = 'timeline' | 'numbers';

/** What is known where requests are answered. */
export interface MpdContext {
  /** Wall clock by which media time 0 is there: its capture, and the time it takes to come. Constant (rule 27). */
  readonly availabilityStart: Milliseconds;
  readonly now: Milliseconds;
  /** What every URI carries; null without. */
  readonly token: string | null;
  readonly addressing: Addressing;
}

export interface MpdSession {
  readonly id: string;
  readonly stream: string;
  readonly zero: Milliseconds;
  readonly timing: PartTiming;
  readonly segmentDuration: Seconds;
  readonly targetDuration: Seconds;
  readonly window: Seconds;
  readonly periods: readonly Period[];
  readonly ended: boolean;
}

/** Where the clock is told as `urn:mpeg:dash:utc:http-iso:2014` wants it. */
const CLOCK_PATH = '/api/time?format=iso';
/** ISO/IEC 23009-1 §5.8.5.4. */
const CHANNELS_SCHEME = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';

const duration = (seconds: Seconds): string => `PT${Number(seconds.toFixed(3))}S`;
const date = (time: Milliseconds): string => new Date(Math.round(time)).toISOString();

interface Listed {
  readonly described: Described;
  readonly segments: readonly Segment[];
}

/** Null while there is nothing to list. */
export function mpd(session: MpdSession, context: MpdContext): string | null {
  const latest = session.periods.at(-1);
  if (latest === undefined) return null;
  const edge = endOf(latest);
  const from = edge - session.window;
  const periods = session.periods.flatMap((period, index) => periodXml(session, context, period, session.periods[index + 1], from));
  if (periods.length === 0) return null;
  const root = `/live/${session.stream}/${session.id}/`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${attributes(session, context, edge)}>`,
    `<BaseURL>${root}</BaseURL>`,
    // The address without a session may come to mean another one; whoever plays this one stays with it.
    `<Location>${root}manifest.mpd${locationQuery(context)}</Location>`,
    ...(session.ended ? [] : [serviceDescription(session, context)]),
    ...periods,
    ...(session.ended ? [] : [utcTiming()]),
    '</MPD>\n',
  ];
  return lines.join('\n');
}

const tokenQuery = ({ token }: MpdContext): string => (token === null ? '' : `?${TOKEN_PARAMETER}=${encodeURIComponent(token)}`);

function locationQuery(context: MpdContext): string {
  const token = tokenQuery(context);
  return context.addressing === 'timeline' ? token : `?addressing=numbers${token.replace('?', '&amp;')}`;
}

/** Where the media of a Period ends, gaps behind it left out. */
function endOf(period: Period): Seconds {
  const ends = [...(period.described?.values() ?? [])].map(({ rendition }) => {
    let msn = rendition.last?.msn ?? -1;
    while (rendition.segment(msn)?.gap === true) msn--;
    return (rendition.segment(msn)?.end ?? 0) / rendition.info.timescale;
  });
  return Math.max(0, ...ends);
}

function attributes(session: MpdSession, { availabilityStart, now }: MpdContext, edge: Seconds): string {
  const { segmentDuration, targetDuration, timing, window, ended } = session;
  const common = [
    `profiles="urn:mpeg:dash:profile:isoff-live:2011,http://www.dashif.org/guidelines/low-latency-live-v5"`,
    `availabilityStartTime="${date(availabilityStart)}" publishTime="${date(now)}"`,
    `minBufferTime="${duration(partHoldBack(timing))}" maxSegmentDuration="${duration(targetDuration + 1)}"`,
  ];
  if (ended) return [`type="static" mediaPresentationDuration="${duration(edge)}"`, ...common].join(' ');
  return [
    // The next segment is listed beforehand, so that half a segment is soon enough.
    `type="dynamic" minimumUpdatePeriod="${duration(segmentDuration / 2)}" timeShiftBufferDepth="${duration(window)}"`,
    // For players that know nothing of chunks.
    `suggestedPresentationDelay="${duration(3 * targetDuration)}"`,
    ...common,
  ].join(' ');
}

const utcTiming = (): string => `<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="${CLOCK_PATH}"/>`;

/** Rule 28. Latency counts from the capture, which ProducerReferenceTime tells. */
function serviceDescription({ zero, timing, targetDuration }: MpdSession, { availabilityStart }: MpdContext): string {
  const arrival = availabilityStart - zero;
  const target = Math.round(arrival + partHoldBack(timing) * 1000);
  const min = Math.round(arrival + timing.target * 1000);
  const max = Math.round(target + targetDuration * 1000);
  const latency = `<Latency referenceId="0" target="${target}" min="${min}" max="${max}"/>`;
  return `<ServiceDescription id="0">${latency}<PlaybackRate min="0.96" max="1.04"/></ServiceDescription>`;
}

function periodXml(session: MpdSession, context: MpdContext, period: Period, next: Period | undefined, from: Seconds): string[] {
  const listed = [...(period.described?.values() ?? [])]
    .map((described) => ({ described, segments: runOf(described.rendition, period, next, from) }))
    .filter(({ segments }) => segments.length > 0);
  const sets = (['video', 'audio'] as const).flatMap((kind, index) => {
    const members = listed.filter(({ described }) => described.config.kind === kind);
    return members.length === 0 ? [] : [adaptationSet(session, context, period, next === undefined, members, index)];
  });
  if (sets.length === 0) return [];
  return [`<Period id="${period.number}" start="${duration(period.start)}">\n${sets.join('\n')}\n</Period>`];
}

function adaptationSet(
  session: MpdSession,
  context: MpdContext,
  period: Period,
  latest: boolean,
  members: readonly Listed[],
  index: number,
): string {
  const { zero, timing } = session;
  const [leading] = members;
  if (leading === undefined) return '';
  const { config, rendition } = leading.described;
  const { timescale } = rendition.info;
  const offset = offsetOf(period, timescale);
  const independent = members.every(({ segments }) => segments.every((segment) => segment.independent));
  const opening = [
    `<AdaptationSet id="${index}" contentType="${config.kind}" mimeType="${config.kind}/mp4" segmentAlignment="true"`,
    // Rule 13b: claimed only while it is true.
    ...(independent ? ['startWithSAP="1"'] : []),
    ...(config.kind === 'audio' ? [`lang="und" audioSamplingRate="${config.timescale}"`] : []),
  ];
  const wallClock = date(zero + (offset * 1000) / timescale);
  return [
    `${opening.join(' ')}>`,
    ...(config.kind === 'audio' ? [`<AudioChannelConfiguration schemeIdUri="${CHANNELS_SCHEME}" value="${config.channels}"/>`] : []),
    `<ProducerReferenceTime id="${index}" inband="true" type="captured" wallClockTime="${wallClock}" presentationTime="${offset}">${utcTiming()}</ProducerReferenceTime>`,
    // Each part begins a chunk; only those of sound can be decoded from there.
    `<Resync type="${config.kind === 'audio' ? 1 : 0}" dT="${Math.round(timing.target * timescale)}" dImax="1"/>`,
    ...members.map((listed) => representation(session, context, period, latest, listed)),
    '</AdaptationSet>',
  ].join('\n');
}

const offsetOf = (period: Period, timescale: number): number => Math.round(period.start * timescale);

function representation(
  session: MpdSession,
  context: MpdContext,
  period: Period,
  latest: boolean,
  { described, segments }: Listed,
): string {
  const { config, bandwidth, frameRate, rendition } = described;
  const picture = config.kind === 'video' ? ` width="${config.width}" height="${config.height}" frameRate="${rate(frameRate)}"` : '';
  const { timescale, id } = rendition.info;
  const { segmentDuration, timing, ended } = session;
  // Where a gap has begun nothing follows in this Period.
  const goesOn = latest && !ended && segments.at(-1) === rendition.last;
  const suffix = tokenQuery(context);
  const counted = context.addressing === 'numbers';
  // Rule 29: a segment can be asked for when its first part is there.
  const early = ended ? '' : ` availabilityTimeOffset="${(segmentDuration - timing.target).toFixed(3)}" availabilityTimeComplete="false"`;
  const template = [
    `<SegmentTemplate timescale="${timescale}" presentationTimeOffset="${offsetOf(period, timescale)}" startNumber="${counted ? period.firstMsn : (segments[0]?.msn ?? 0)}"`,
    `initialization="${id}/init-${period.epoch}.mp4${suffix}" media="${id}/seg-$Number$.m4s${suffix}"${early}`,
    ...(counted ? [`duration="${Math.round(segmentDuration * timescale)}"/>`] : ['>']),
  ].join(' ');
  return [
    `<Representation id="${id}" codecs="${config.codec}" bandwidth="${bandwidth}"${picture}>`,
    template,
    ...(counted
      ? []
      : [`<SegmentTimeline>${timeline(segments, goesOn ? session : null, timescale)}</SegmentTimeline>`, '</SegmentTemplate>']),
    '</Representation>',
  ].join('\n');
}

/** A whole number or a fraction. */
function rate(frameRate: number): string {
  const thousandths = Math.round(frameRate * 1000);
  return thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}/1000`;
}

/** @param live the session that goes on, whose next segments are told beforehand; null where nothing follows */
function timeline(segments: readonly Segment[], live: MpdSession | null, timescale: number): string {
  const entries = segments.map(({ start, duration: length }) => ({ start, length }));
  const last = segments.at(-1);
  if (live !== null && last !== undefined) {
    const full = Math.round(live.segmentDuration * timescale);
    const known = entries.at(-1);
    const growing = Math.max(full, last.duration + Math.round(live.timing.nominal * timescale));
    if (!last.complete && known !== undefined) known.length = growing;
    entries.push({ start: last.start + (last.complete ? last.duration : growing), length: full });
  }
  // One S a segment: GStreamer seeks past the end of one that repeats.
  return entries.map(({ start, length }) => `<S t="${start}" d="${length}"/>`).join('');
}
