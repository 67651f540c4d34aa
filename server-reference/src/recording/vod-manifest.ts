/**
 * The MPD of a recording (ISO/IEC 23009-1): one Period for each run of media under one set of configurations. Static, also of what is
 * still being made.
 */
import type { Seconds } from '../../../src/protocol/index.ts';
import { bitrates, type Contents, newestInit, type Period, periodsOf } from './contents.ts';
import type { RecordedRendition, RecordedSegment } from './recording-index.ts';

export interface ManifestOptions {
  /** Appended to every address; empty without a token. */
  readonly query: string;
}

/** Peak bits a second, by rendition. */
type Rates = ReadonlyMap<string, number>;

const time = (seconds: Seconds): string => `PT${seconds.toFixed(3)}S`;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export function vodManifest(contents: Contents, { query }: ManifestOptions): string {
  const periods = periodsOf(contents);
  const total = periods.reduce((sum, { duration }) => sum + duration, 0);
  const rates: Rates = new Map(contents.renditions.map(({ info }) => [info.id, bitrates(contents, info.id).peak]));
  let longest: Seconds = 1;
  for (const { tracks } of periods) {
    for (const { rendition, segments } of tracks) {
      for (const { duration } of segments) longest = Math.max(longest, duration / rendition.info.timescale);
    }
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="${time(total)}" maxSegmentDuration="${time(longest)}" minBufferTime="PT2S">`,
    ...periods.map((period, index) => periodXml(period, index, rates, escaped(query))),
    '</MPD>',
    '',
  ].join('\n');
}

function periodXml({ start, duration, mediaStart, tracks }: Period, index: number, rates: Rates, query: string): string {
  const sets = (['video', 'audio'] as const).flatMap((kind) => {
    const members = tracks.filter(({ rendition }) => rendition.info.kind === kind);
    if (members.length === 0) return [];
    const representations = members.map(({ rendition, segments }) => representation(rendition, segments, mediaStart, rates, query));
    const attributes = `contentType="${kind}" mimeType="${kind}/mp4" segmentAlignment="true"${startsWithKey(members) ? ' startWithSAP="1"' : ''}`;
    return [`<AdaptationSet id="${kind === 'video' ? 0 : 1}" ${attributes}>`, ...representations, '</AdaptationSet>'];
  });
  return [`<Period id="p${index}" start="${time(start)}" duration="${time(duration)}">`, ...sets, '</Period>'].join('\n');
}

const startsWithKey = (members: Period['tracks']): boolean =>
  members.every(({ segments }) => segments.every(({ independent }) => independent));

function representation(
  rendition: RecordedRendition,
  segments: readonly RecordedSegment[],
  mediaStart: Seconds,
  rates: Rates,
  query: string,
): string {
  const { id, kind, timescale } = rendition.info;
  const epoch = segments[0]?.epoch ?? 0;
  const init = rendition.inits.get(epoch) ?? newestInit(rendition);
  const size =
    init?.width === undefined || init.height === undefined
      ? ''
      : ` width="${init.width}" height="${init.height}" frameRate="${timescale}/${init.frameDuration}"`;
  const rate = kind === 'audio' ? ` audioSamplingRate="${timescale}"` : '';
  const template = [
    `timescale="${timescale}"`,
    `presentationTimeOffset="${Math.round(mediaStart * timescale)}"`,
    `startNumber="${segments[0]?.msn ?? 0}"`,
    `initialization="${id}/init-${epoch}.mp4${query}"`,
    `media="${id}/seg-$Number$.m4s${query}"`,
  ].join(' ');
  return [
    `<Representation id="${id}" bandwidth="${rates.get(id) ?? 0}" codecs="${escaped(init?.codec ?? '')}"${size}${rate}>`,
    ...(init?.channels === undefined
      ? []
      : [`<AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="${init.channels}"/>`]),
    `<SegmentTemplate ${template}><SegmentTimeline>${timeline(segments)}</SegmentTimeline></SegmentTemplate>`,
    '</Representation>',
  ].join('\n');
}

function timeline(segments: readonly RecordedSegment[]): string {
  let text = '';
  let expected: number | null = null;
  for (let at = 0; at < segments.length; ) {
    const first = segments[at];
    if (first === undefined) break;
    let repeats = 0;
    let end = first.start + first.duration;
    for (
      let next = segments[at + 1 + repeats];
      next?.start === end && next.duration === first.duration;
      next = segments[at + 1 + repeats]
    ) {
      end += next.duration;
      repeats++;
    }
    const start = first.start === expected ? '' : `t="${first.start}" `;
    text += `<S ${start}d="${first.duration}"${repeats === 0 ? '' : ` r="${repeats}"`}/>`;
    expected = end;
    at += 1 + repeats;
  }
  return text;
}
