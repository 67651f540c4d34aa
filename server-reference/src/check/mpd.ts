/** Reads DASH manifests (ISO/IEC 23009-1 §5), as much of them as the rules speak of. */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import { child, children, readXml, type XmlElement } from './xml.ts';

export interface SegmentTemplate {
  readonly media: string;
  readonly initialization: string | null;
  readonly timescale: number;
  /** In seconds; null with a timeline. */
  readonly duration: Seconds | null;
  readonly startNumber: number;
  readonly presentationTimeOffset: Seconds;
  readonly availabilityTimeOffset: Seconds | null;
  readonly availabilityTimeComplete: boolean;
  /** S elements, unrolled, in ticks; null without a SegmentTimeline. */
  readonly timeline: readonly { readonly time: number; readonly duration: number }[] | null;
  readonly source: string;
}

export interface Representation {
  readonly id: string;
  readonly bandwidth: number;
  readonly codecs: string;
  readonly contentType: string;
  readonly baseUrl: string;
  readonly template: SegmentTemplate | null;
  readonly startWithSap: boolean;
  /** Whether it, or the adaptation set around it, has one. */
  readonly producerReferenceTime: boolean;
  readonly resync: boolean;
}

export interface Period {
  readonly id: string;
  readonly start: Seconds | null;
  readonly representations: readonly Representation[];
}

export interface ServiceDescription {
  readonly latency: { readonly target: number | null; readonly min: number | null; readonly max: number | null } | null;
  readonly playbackRate: { readonly min: number | null; readonly max: number | null } | null;
  readonly sources: readonly string[];
}

export interface Mpd {
  readonly url: string;
  readonly type: string;
  readonly profiles: string;
  readonly availabilityStartTime: string | null;
  readonly publishTime: string | null;
  readonly minimumUpdatePeriod: Seconds | null;
  readonly mediaPresentationDuration: Seconds | null;
  readonly utcTimings: readonly { readonly scheme: string; readonly value: string }[];
  readonly services: readonly ServiceDescription[];
  readonly periods: readonly Period[];
  readonly source: string;
}

/** True for anything whose root is an MPD. */
export const isMpd = (text: string): boolean => /<(?:\w+:)?MPD[\s>]/.test(text);

/** Null where it is no well-formed manifest. */
export function readMpd(text: string, url: string): Mpd | null {
  const root = readXml(text);
  if (root === null || root.name !== 'MPD') return null;
  const base = baseUrl(root, url);
  return {
    url,
    type: root.attributes.get('type') ?? 'static',
    profiles: root.attributes.get('profiles') ?? '',
    availabilityStartTime: root.attributes.get('availabilityStartTime') ?? null,
    publishTime: root.attributes.get('publishTime') ?? null,
    minimumUpdatePeriod: duration(root.attributes.get('minimumUpdatePeriod')),
    mediaPresentationDuration: duration(root.attributes.get('mediaPresentationDuration')),
    utcTimings: children(root, 'UTCTiming').map(({ attributes }) => ({
      scheme: attributes.get('schemeIdUri') ?? '',
      value: attributes.get('value') ?? '',
    })),
    services: children(root, 'ServiceDescription').map(readService),
    periods: children(root, 'Period').map((period) => readPeriod(period, base)),
    source: root.source,
  };
}

/** `PT1H2M3.5S`, in seconds. */
export function duration(text: string | undefined): Seconds | null {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text ?? '');
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((value) => Number(value ?? 0));
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}

/** When media time 0 of a period arrived, as far as the manifest says. */
export function periodStart(mpd: Mpd, period: Period): Milliseconds {
  return Date.parse(mpd.availabilityStartTime ?? '') + (period.start ?? 0) * 1000;
}

const numeric = (element: XmlElement, name: string): number | null => {
  const value = element.attributes.get(name);
  return value === undefined || value === '' || Number.isNaN(Number(value)) ? null : Number(value);
};

function baseUrl(element: XmlElement, outer: string): string {
  const text = child(element, 'BaseURL')?.text.trim() ?? '';
  return URL.canParse(text, outer) ? new URL(text, outer).href : outer;
}

function readService(element: XmlElement): ServiceDescription {
  const [latency, rate] = [child(element, 'Latency'), child(element, 'PlaybackRate')];
  return {
    latency:
      latency === undefined ? null : { target: numeric(latency, 'target'), min: numeric(latency, 'min'), max: numeric(latency, 'max') },
    playbackRate: rate === undefined ? null : { min: numeric(rate, 'min'), max: numeric(rate, 'max') },
    sources: [latency, rate].flatMap((found) => (found === undefined ? [] : [found.source])),
  };
}

function readPeriod(period: XmlElement, outer: string): Period {
  const base = baseUrl(period, outer);
  return {
    id: period.attributes.get('id') ?? '',
    start: duration(period.attributes.get('start')),
    representations: children(period, 'AdaptationSet').flatMap((set) =>
      children(set, 'Representation').map((representation) => readRepresentation(representation, set, period, baseUrl(set, base))),
    ),
  };
}

function readRepresentation(representation: XmlElement, set: XmlElement, period: XmlElement, outer: string): Representation {
  const either = (name: string): string => representation.attributes.get(name) ?? set.attributes.get(name) ?? '';
  const holds = (name: string): boolean => child(representation, name) !== undefined || child(set, name) !== undefined;
  const contentType = either('contentType') || (either('mimeType').split('/')[0] ?? '');
  return {
    id: representation.attributes.get('id') ?? '',
    bandwidth: numeric(representation, 'bandwidth') ?? 0,
    codecs: either('codecs'),
    contentType,
    baseUrl: baseUrl(representation, outer),
    template: readTemplate([representation, set, period].flatMap((element) => children(element, 'SegmentTemplate').slice(0, 1))),
    startWithSap: either('startWithSAP') !== '' && either('startWithSAP') !== '0',
    producerReferenceTime: holds('ProducerReferenceTime'),
    resync: holds('Resync'),
  };
}

/** Attributes of an inner template win over those of the ones around it. */
function readTemplate(templates: readonly XmlElement[]): SegmentTemplate | null {
  const [inner] = templates;
  if (inner === undefined) return null;
  const text = (name: string): string | null => {
    for (const { attributes } of templates) if (attributes.has(name)) return attributes.get(name) ?? null;
    return null;
  };
  const number = (name: string): number | null => {
    const value = text(name);
    // ISO/IEC 23009-1 §5.3.9.5.3: available from the beginning on.
    if (value === 'INF') return Number.POSITIVE_INFINITY;
    return value === null || Number.isNaN(Number(value)) ? null : Number(value);
  };
  const timescale = number('timescale') ?? 1;
  const length = number('duration');
  const timeline = templates.flatMap((template) => children(template, 'SegmentTimeline')).at(0);
  return {
    media: text('media') ?? '',
    initialization: text('initialization'),
    timescale,
    duration: length === null ? null : length / timescale,
    startNumber: number('startNumber') ?? 1,
    presentationTimeOffset: (number('presentationTimeOffset') ?? 0) / timescale,
    availabilityTimeOffset: number('availabilityTimeOffset'),
    availabilityTimeComplete: text('availabilityTimeComplete') !== 'false',
    timeline: timeline === undefined ? null : unroll(timeline),
    source: templates.map(({ source }) => source).join(' '),
  };
}

/** Longer timelines than this are no live window. */
const MOST_SEGMENTS = 100_000;

function unroll(timeline: XmlElement): { time: number; duration: number }[] {
  const list: { time: number; duration: number }[] = [];
  let time = 0;
  for (const element of children(timeline, 'S')) {
    time = numeric(element, 't') ?? time;
    const length = numeric(element, 'd') ?? 0;
    const repeats = Math.max(0, numeric(element, 'r') ?? 0);
    for (let count = 0; count <= repeats && list.length < MOST_SEGMENTS; count++) {
      list.push({ time, duration: length });
      time += length;
    }
  }
  return list;
}

/** The address of a segment: `$Number$`, `$Time$`, `$RepresentationID$`, `$Bandwidth$`, with an optional width. */
export function segmentUrl(pattern: string, { id, bandwidth, baseUrl: base }: Representation, number: number, time: number): string {
  const values: Readonly<Record<string, string | number>> = { Number: number, Time: time, Bandwidth: bandwidth, RepresentationID: id };
  const path = pattern.replaceAll(/\$(?:(Number|Time|Bandwidth|RepresentationID)(?:%0(\d+)d)?)?\$/g, (_, name?: string, width?: string) =>
    name === undefined ? '$' : String(values[name]).padStart(Number(width ?? 0), '0'),
  );
  return URL.canParse(path, base) ? new URL(path, base).href : path;
}
