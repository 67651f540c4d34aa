/** Rules 26 and 32: what the multivariant playlist says of the media, and the details of codecs. */
import type { Seconds } from '../../../../src/protocol/index.ts';
import { decimal } from '../attribute-list.ts';
import type { TrackInfo } from '../init-reader.ts';
import { type CheckLog, listedSegments, type RenditionLog } from '../log.ts';
import type { Variant } from '../multivariant-playlist.ts';
import { type Authority, Findings, type Verdict } from '../verdict.ts';
import { breach, fragmentsOf, mediaRenditions, segmentDuration } from './evidence.ts';

/** A variant with the renditions that are played with it. */
interface Playable {
  readonly variant: Variant;
  readonly video: RenditionLog;
  readonly audio: readonly RenditionLog[];
}

function playables(log: CheckLog): readonly Playable[] {
  const { multivariant, renditions } = log.hls ?? { multivariant: null, renditions: [] };
  return (multivariant?.variants ?? []).flatMap((variant) => {
    const video = renditions.find(({ url }) => url === variant.url);
    const group = variant.attributes.get('AUDIO');
    const urls = multivariant?.alternatives.filter((one) => group !== undefined && one.group === group).map(({ url }) => url) ?? [];
    const audio = renditions.filter(({ url }) => url !== variant.url && urls.includes(url));
    return video === undefined ? [] : [{ variant, video, audio }];
  });
}

const tracks = ({ inits }: RenditionLog): readonly TrackInfo[] => inits.flatMap((init) => init.tracks);

/** Live streams are measured anew all the time; this much more than was said is another stream. */
const HEADROOM = 1.25;

/** RFC 8216bis §4.4.6.2, §6.2.4; HLS Authoring Specification 9.1, 9.2, 9.14, 9.15. */
export function description(log: CheckLog): Verdict {
  const found = new Findings();
  const exchange = log.hls?.multivariantExchange ?? null;
  for (const playable of playables(log)) {
    const { variant, video, audio } = playable;
    const { attributes, line } = variant;
    const states = (name: string, authority: Authority): void =>
      found.check(attributes.has(name), () => breach(authority, `a variant has no ${name}`, exchange, [line]));
    states('BANDWIDTH', 'must');
    states('AVERAGE-BANDWIDTH', 'apple');
    states('CODECS', 'should');
    states('CODECS', 'apple');
    const pictures = tracks(video).filter(({ kind }) => kind === 'video');
    if (pictures.length > 0 || attributes.has('RESOLUTION')) {
      states('RESOLUTION', 'apple');
      states('FRAME-RATE', 'apple');
    }
    checkBandwidth(playable, log, found);
    const codecs = attributes.get('CODECS');
    for (const { entry, codec } of codecs === undefined ? [] : [video, ...audio].flatMap(tracks)) {
      found.check(listsFormat(codecs ?? '', entry, codec), () =>
        breach('must', `CODECS does not list ${codec}, which is in the media`, exchange, [line]),
      );
    }
    checkPicture(playable, log, found);
  }
  const why = 'a media playlist was given, and no multivariant one';
  return found.verdict('comparisons', why);
}

/** Opus is written in several ways; of other codecs the sample entry's type is what matters here, the rest is rule 32. */
function listsFormat(codecs: string, entry: string, codec: string): boolean {
  const listed = codecs.split(',').map((one) => one.trim().split('.')[0]?.toLowerCase());
  return [entry, codec.split('.')[0] ?? ''].some((name) => listed.includes(name.toLowerCase()));
}

function checkBandwidth({ variant, video, audio }: Playable, log: CheckLog, found: Findings): void {
  const bandwidth = decimal(variant.attributes, 'BANDWIDTH');
  const pictures = peakRate(video);
  if (bandwidth === null || pictures === null) return;
  const sound = Math.max(0, ...audio.map((rendition) => peakRate(rendition) ?? 0));
  const measured = pictures + sound;
  // What was still growing when the figure was given is measured anew all the time.
  const complete = video.snapshots[0]?.playlist.endList === true;
  found.check(measured <= bandwidth * (complete ? 1.001 : HEADROOM), () =>
    breach(
      complete ? 'must' : 'should',
      `BANDWIDTH is ${bandwidth}, and segments of ${Math.round(measured)} bit/s were read`,
      log.hls?.multivariantExchange ?? null,
      [variant.line],
    ),
  );
}

/** The highest bit rate of a segment that was read whole, or in all of its parts; null where none was. */
function peakRate(rendition: RenditionLog): number | null {
  let peak: number | null = null;
  for (const { segment, snapshot } of listedSegments(rendition)) {
    const seconds: Seconds = segmentDuration(segment);
    const target = snapshot.playlist.targetDuration ?? 0;
    // RFC 8216bis §4.1: short segments do not make a peak.
    if (segment.duration === null || seconds < target / 2) continue;
    const bytes = segmentBytes(rendition, segment.msn, segment.parts.length);
    if (bytes !== null) peak = Math.max(peak ?? 0, (bytes * 8) / seconds);
  }
  return peak;
}

function segmentBytes({ media }: RenditionLog, msn: number, parts: number): number | null {
  const fetched = media.filter((fetch) => fetch.msn === msn && (fetch.exchange.status === 200 || fetch.exchange.status === 206));
  const whole = fetched.find(({ part }) => part === null);
  if (whole !== undefined) return whole.exchange.bytes;
  return parts > 0 && fetched.length === parts ? fetched.reduce((sum, { exchange }) => sum + exchange.bytes, 0) : null;
}

/** A measured frame rate may be this far from what was said: cameras breathe. */
const RATE_TOLERANCE = 0.05;

function checkPicture({ variant, video }: Playable, log: CheckLog, found: Findings): void {
  const exchange = log.hls?.multivariantExchange ?? null;
  // Changes while it runs are new init sections, and the playlist was written before: one that fits is enough.
  const pictures = tracks(video).filter(({ kind, width }) => kind === 'video' && width > 0);
  const resolution = variant.attributes.get('RESOLUTION');
  if (resolution !== undefined && pictures.length > 0) {
    const sizes = pictures.map(({ width, height }) => `${width}x${height}`);
    found.check(sizes.includes(resolution), () =>
      breach('own', `RESOLUTION is ${resolution}, and the media is ${sizes.join(', ')}`, exchange, [variant.line]),
    );
  }
  const claimed = decimal(variant.attributes, 'FRAME-RATE');
  const measured = frameRate(video);
  if (claimed === null || measured === null) return;
  found.check(Math.abs(measured / claimed - 1) <= RATE_TOLERANCE, () =>
    breach('own', `FRAME-RATE is ${claimed}, and ${measured.toFixed(2)} frames a second were read`, exchange, [variant.line]),
  );
}

function frameRate(rendition: RenditionLog): number | null {
  let [frames, time] = [0, 0];
  const known = new Map(tracks(rendition).map((track) => [track.id, track]));
  for (const fragment of rendition.media.flatMap(fragmentsOf)) {
    const track = known.get(fragment.track);
    if (track?.kind !== 'video') continue;
    frames += fragment.samples.length;
    time += fragment.samples.reduce((sum, { duration }) => sum + duration, 0) / track.timescale;
  }
  // Fewer frames than this are no measure.
  return frames < 20 || time === 0 ? null : frames / time;
}

/** How far apart two dates and the duration between them may be. */
const DATE_TOLERANCE: Seconds = 0.1;

/** RFC 6381, "Encapsulation of Opus in ISO Base Media File Format", RFC 8216bis §6.2.1. */
export function codecDetails(log: CheckLog): Verdict {
  const found = new Findings();
  const codecsOf = (rendition: RenditionLog): string =>
    playables(log)
      .filter(({ video, audio }) => video === rendition || audio.includes(rendition))
      .map(({ variant }) => variant.attributes.get('CODECS') ?? '')
      .join(',');
  for (const rendition of mediaRenditions(log)) {
    const listed = codecsOf(rendition)
      .split(',')
      .map((one) => one.trim());
    for (const { tracks: inside, exchange } of rendition.inits) {
      for (const track of inside) checkTrack(track, listed, exchange, found);
    }
    checkDates(rendition, found);
  }
  return found.verdict('comparisons', 'no init section and no dates were read');
}

function checkTrack(track: TrackInfo, listed: readonly string[], exchange: Parameters<typeof breach>[2], found: Findings): void {
  const { entry, codec } = track;
  const evidence = [`sample entry ${entry}, ${codec}`, `CODECS="${listed.filter((one) => one !== '').join(',')}"`];
  if (entry.toLowerCase() === 'opus') {
    found.check(entry === 'Opus' && track.preSkip !== null, () =>
      breach('must', 'Opus without the sample entry "Opus" and its dOps', exchange, evidence),
    );
    if (listed.some((one) => /^opus$/i.test(one))) {
      found.check(listed.includes('opus'), () => breach('own', 'the codec string of Opus is "opus"', exchange, evidence));
    }
  }
  if (entry === 'mp4a') {
    found.check(track.editStart !== null && track.editStart > 0, () =>
      breach('own', 'AAC without an edit list that takes its priming away', exchange, evidence),
    );
  }
  const same = listed.filter((one) => one.startsWith(`${entry}.`));
  if (/^avc[13]$/.test(entry) && same.length > 0) {
    found.check(
      same.some((one) => one.toLowerCase() === codec),
      () => breach('must', 'CODECS is not what the avcC says', exchange, evidence),
    );
  }
}

/** Within an epoch dates go on as the durations do. */
function checkDates(rendition: RenditionLog, found: Findings): void {
  const segments = listedSegments(rendition);
  for (const [index, { segment, snapshot }] of segments.entries()) {
    const before = segments[index - 1]?.segment;
    if (before?.date === null || before?.date === undefined || segment.date === null || before.duration === null) continue;
    if (before.msn + 1 !== segment.msn || before.discontinuitySequence !== segment.discontinuitySequence) continue;
    const [was, is] = [before.date, segment.date];
    const evidence = [...before.lines.slice(-2), ...segment.lines.filter((line) => line.includes('DATE-TIME'))];
    // Nothing lasts no time: a segment of 0 s and the one behind it begin together.
    found.check(is > was || (is === was && before.duration === 0), () =>
      breach('must', 'EXT-X-PROGRAM-DATE-TIME goes back', snapshot.exchange, evidence),
    );
    const drift = (is - was) / 1000 - before.duration;
    found.check(Math.abs(drift) <= DATE_TOLERANCE, () =>
      breach('own', `dates and EXTINF differ by ${drift.toFixed(3)} s in one segment`, snapshot.exchange, evidence),
    );
  }
}
