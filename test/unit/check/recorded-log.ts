/**
 * A recording of an origin that keeps every rule: pictures and sound, 2 s segments of ten parts, a gap and a return of the broadcaster,
 * delta updates, and an MPD that ends. Tests change one thing of it and see which rule says so.
 */
import type { Fragment, Sample } from '../../../server-reference/src/check/fragment-reader.ts';
import type { TrackInfo } from '../../../server-reference/src/check/init-reader.ts';
import type {
  CheckLog,
  DashSegment,
  Exchange,
  HintFetch,
  MediaFetch,
  Probe,
  RenditionLog,
} from '../../../server-reference/src/check/log.ts';
import { readMediaPlaylist } from '../../../server-reference/src/check/media-playlist.ts';
import { readMpd } from '../../../server-reference/src/check/mpd.ts';
import { readMultivariantPlaylist } from '../../../server-reference/src/check/multivariant-playlist.ts';

export const START = Date.parse('2026-01-01T00:01:00.000Z');
export const BASE = 'https://live.example/demo';
export type Id = 'v0' | 'a0';
export const IDS: readonly Id[] = ['v0', 'a0'];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface RecordedProbe extends Omit<Mutable<Probe>, 'playlist'> {
  text: string | null;
}

export interface RecordedRendition {
  /** One text a snapshot. */
  playlists: string[];
  exchanges: Mutable<Exchange>[];
  failures: Mutable<Exchange>[];
  delta: string;
  tracks: TrackInfo[];
  media: Mutable<MediaFetch>[];
  hints: Mutable<HintFetch>[];
}

export interface Recording {
  token: string | null;
  index: string;
  indexExchange: Mutable<Exchange>;
  indexAfter: string;
  renditions: Record<Id, RecordedRendition>;
  probes: RecordedProbe[];
  mpds: string[];
  dashSegments: Mutable<DashSegment>[];
  clockText: string;
}

export const exchange = (url: string, at: number, more: Partial<Exchange> = {}): Mutable<Exchange> => ({
  url,
  requestedAt: at - 150,
  answeredAt: at,
  status: 200,
  headers: { 'cache-control': 'max-age=31536000, immutable', 'access-control-allow-origin': '*' },
  bytes: 5000,
  redirects: 0,
  error: null,
  ...more,
});

export const PLAYLIST_HEADERS = { 'content-encoding': 'gzip', 'cache-control': 'max-age=0', 'access-control-allow-origin': '*' };

/** What was newest in each snapshot: a segment, and how many of its ten parts; ten make it complete. */
const EDGES = [
  { msn: 22, parts: 9 },
  { msn: 22, parts: 10 },
  { msn: 23, parts: 1 },
  { msn: 23, parts: 2 },
] as const;
const GAP_MSN = 20;
const RETURN_MSN = 21;

const dateOf = (msn: number): string => new Date(START + (msn - 22) * 2000).toISOString();

function segmentLines(id: Id, msn: number, parts: number, withParts: boolean, first: boolean): string[] {
  const gap = msn === GAP_MSN;
  const epoch = msn >= RETURN_MSN ? 2 : 1;
  const lines: string[] = [];
  if (msn === RETURN_MSN) lines.push('#EXT-X-DISCONTINUITY');
  if (first || msn === RETURN_MSN) lines.push(`#EXT-X-MAP:URI="init-${epoch}.mp4"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${dateOf(msn)}`);
  for (let index = 0; withParts && index < parts; index++) {
    const independent = !gap && (id === 'a0' || index === 0) ? ',INDEPENDENT=YES' : '';
    lines.push(`#EXT-X-PART:DURATION=0.20000,URI="part-${msn}.${index}.m4s"${independent}${gap ? ',GAP=YES' : ''}`);
  }
  if (parts === 10) lines.push(...(gap ? ['#EXT-X-GAP'] : []), '#EXTINF:2.00000,', `seg-${msn}.m4s`);
  return lines;
}

function playlistText(id: Id, edge: { msn: number; parts: number }, skip = 0): string {
  const first = edge.msn === 22 && edge.parts < 10 ? 12 : 13;
  const end = edge.msn * 2 + edge.parts * 0.2;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=0.6',
    '#EXT-X-PART-INF:PART-TARGET=0.2',
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    '#EXT-X-DISCONTINUITY-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(skip > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skip}`] : []),
  ];
  for (let msn = first + skip; msn <= edge.msn; msn++) {
    const parts = msn === edge.msn ? edge.parts : 10;
    lines.push(...segmentLines(id, msn, parts, msn * 2 >= end - 6, msn === first));
  }
  const hint = edge.parts === 10 ? `${edge.msn + 1}.0` : `${edge.msn}.${edge.parts}`;
  const other = id === 'v0' ? 'a0' : 'v0';
  lines.push(
    `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-${hint}.m4s"`,
    `#EXT-X-RENDITION-REPORT:URI="../${other}/media.m3u8",LAST-MSN=${edge.msn},LAST-PART=${edge.parts - 1}`,
  );
  return `${lines.join('\n')}\n`;
}

export const VIDEO_TRACK: TrackInfo = {
  id: 1,
  kind: 'video',
  timescale: 90_000,
  entry: 'avc1',
  codec: 'avc1.42c01f',
  width: 640,
  height: 360,
  preSkip: null,
  editStart: null,
  defaults: { duration: 0, size: 0, flags: 0 },
};
export const AUDIO_TRACK: TrackInfo = {
  ...VIDEO_TRACK,
  kind: 'audio',
  timescale: 48_000,
  entry: 'Opus',
  codec: 'opus',
  width: 0,
  height: 0,
  preSkip: 312,
};

export function partFragment(id: Id, msn: number, index: number): Fragment {
  const track = id === 'v0' ? VIDEO_TRACK : AUDIO_TRACK;
  const count = id === 'v0' ? 6 : 10;
  const duration = (0.2 * track.timescale) / count;
  const samples: Sample[] = Array.from({ length: count }, (_, sample) => ({
    duration,
    size: 100,
    sync: id === 'a0' || (index === 0 && sample === 0),
    offset: 0,
    digest: `${msn}.${index}.${sample}`,
  }));
  return { track: 1, time: Math.round((msn * 2 + index * 0.2) * track.timescale), samples, producerTime: true };
}

function fetches(id: Id): Mutable<MediaFetch>[] {
  const listed = [...Array.from({ length: 10 }, (_, index) => [22, index] as const), [23, 0] as const, [23, 1] as const];
  const bytes = id === 'v0' ? 5000 : 800;
  const base = { range: null, map: `${BASE}/${id}/init-2.mp4` };
  const parts = listed.map(([msn, part]) => ({
    ...base,
    exchange: exchange(`${BASE}/${id}/part-${msn}.${part}.m4s`, START, { bytes }),
    msn,
    part,
    reading: { kind: 'fragments' as const, fragments: [partFragment(id, msn, part)] },
  }));
  const whole = {
    ...base,
    exchange: exchange(`${BASE}/${id}/seg-22.m4s`, START + 300, { bytes: 10 * bytes }),
    msn: 22,
    part: null,
    reading: { kind: 'fragments' as const, fragments: Array.from({ length: 10 }, (_, index) => partFragment(id, 22, index)) },
  };
  return [...parts, whole];
}

function recordedRendition(id: Id): RecordedRendition {
  const url = `${BASE}/${id}/media.m3u8`;
  const playlists = EDGES.map((edge) => playlistText(id, edge));
  const hint = readMediaPlaylist(playlists[1] ?? '', url).hints[0];
  if (hint === undefined) throw new Error('the recording has a hint');
  return {
    playlists,
    exchanges: EDGES.map((_, index) => exchange(url, START + index * 200, { headers: PLAYLIST_HEADERS })),
    failures: [],
    delta: playlistText(id, EDGES[3], 4),
    tracks: [id === 'v0' ? VIDEO_TRACK : AUDIO_TRACK],
    media: fetches(id),
    hints: [{ exchange: exchange(hint.url, START + 400), hint, firstByteAt: START + 400, fragments: [partFragment(id, 23, 0)] }],
  };
}

const INDEX = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Sound",DEFAULT=YES,URI="a0/media.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=250000,AVERAGE-BANDWIDTH=240000,CODECS="avc1.42c01f,opus",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"
v0/media.m3u8
`;

const mpdText = (type: string, more: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="${type}" availabilityStartTime="2026-01-01T00:00:00Z" ${more}>
  <ServiceDescription id="0"><Latency target="600" min="300" max="2000"/><PlaybackRate min="0.96" max="1.04"/></ServiceDescription>
  <Period id="1" start="PT0S">
    <AdaptationSet contentType="video" startWithSAP="1">
      <ProducerReferenceTime id="0" type="encoder" wallClockTime="2026-01-01T00:00:00Z" presentationTime="0"/>
      <Resync type="2" dT="18000"/>
      <SegmentTemplate timescale="90000" duration="180000" startNumber="0" media="v0/seg-$Number$.m4s" initialization="v0/init.mp4"
        availabilityTimeOffset="1.8" availabilityTimeComplete="false"/>
      <Representation id="v0" bandwidth="200000" codecs="avc1.42c01f"/>
    </AdaptationSet>
  </Period>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/api/time"/>
</MPD>`;

function probe(kind: Probe['kind'], id: Id, status: number, more: Partial<RecordedProbe> = {}): RecordedProbe {
  const answer = exchange(`${BASE}/${id}/${kind}`, START + 500, { status });
  return { kind, rendition: id, exchange: answer, asked: null, detail: '', text: null, ...more };
}

export function goodRecording(): Recording {
  const video = recordedRendition('v0');
  return {
    token: null,
    index: INDEX,
    indexExchange: exchange(`${BASE}/index.m3u8`, START, { headers: PLAYLIST_HEADERS }),
    indexAfter: INDEX,
    renditions: { v0: video, a0: recordedRendition('a0') },
    probes: [
      probe('part-without-msn', 'v0', 400),
      probe('far-msn', 'v0', 400),
      probe('far-part', 'v0', 400, { asked: { msn: 23, part: 150 } }),
      probe('old-msn', 'v0', 200, { asked: { msn: 5, part: 0 }, text: video.playlists[3] ?? null }),
      probe('msn-alone', 'v0', 200, { asked: { msn: 23, part: null }, text: video.playlists[2] ?? null }),
      probe('after-end', 'v0', 200),
      probe('unknown-resource', 'v0', 404),
      probe('dropped-part', 'v0', 200, { detail: '4.0 s' }),
      probe('cors', 'v0', 200),
      probe('cors-error', 'v0', 404),
      probe('alpn', 'v0', 0, { detail: 'h2' }),
    ],
    mpds: [
      mpdText('dynamic', 'minimumUpdatePeriod="PT2S"'),
      mpdText('dynamic', 'minimumUpdatePeriod="PT2S"'),
      mpdText('static', 'mediaPresentationDuration="PT48S"'),
    ],
    dashSegments: [
      {
        exchange: exchange(`${BASE}/v0/seg-22.m4s`, START),
        representation: 'v0',
        mpdTime: 44,
        duration: 2,
        presentationTimeOffset: 0,
        exactTime: false,
        progress: Array.from({ length: 10 }, (_, index) => ({ at: START + index * 200, bytes: (index + 1) * 5000 })),
        fragments: Array.from({ length: 10 }, (_, index) => partFragment('v0', 22, index)),
        timescale: 90_000,
        growing: true,
      },
    ],
    clockText: '2026-01-01T00:01:00.000Z',
  };
}

function renditionLog(id: Id, recorded: RecordedRendition, address: string): RenditionLog {
  const { exchanges, playlists, delta, failures, media, tracks, hints } = recorded;
  const url = new URL(address, `${BASE}/`).href;
  const read = (text: string) => readMediaPlaylist(text, url);
  const snapshots = playlists.flatMap((text, index) => {
    const answer = exchanges[index];
    const before = EDGES[index - 1];
    if (answer === undefined) return [];
    const directives =
      before === undefined ? null : before.parts === 10 ? { msn: before.msn + 1, part: 0 } : { msn: before.msn, part: before.parts };
    return [{ exchange: answer, directives, playlist: read(text) }];
  });
  const [base, full] = [snapshots[2]?.playlist, snapshots[3]?.playlist];
  const deltas =
    base === undefined || full === undefined ? [] : [{ exchange: exchange(`${url}?_HLS_skip=YES`, START), base, full, delta: read(delta) }];
  const inits = [{ url: `${BASE}/${id}/init-2.mp4`, exchange: exchange(`${BASE}/${id}/init-2.mp4`, START), tracks }];
  return { name: id, url, role: id === 'v0' ? 'variant' : 'audio', snapshots, failures, deltas, media, inits, hints };
}

export function logOf(recording: Recording): CheckLog {
  const { token, index, indexAfter, indexExchange, renditions, probes, mpds, dashSegments, clockText } = recording;
  const suffix = token === null ? '' : `?token=${token}`;
  const url = `${BASE}/index.m3u8${suffix}`;
  return {
    startedAt: START,
    endedAt: START + 1000,
    token,
    stalls: [],
    hls: {
      multivariant: readMultivariantPlaylist(index, url),
      multivariantExchange: indexExchange,
      multivariantAfter: readMultivariantPlaylist(indexAfter, url),
      renditions: IDS.map((id) => renditionLog(id, renditions[id], `${id}/media.m3u8${suffix}`)),
      probes: probes.map(({ text, ...rest }) => ({
        ...rest,
        playlist: text === null ? null : readMediaPlaylist(text, `${BASE}/v0/media.m3u8`),
      })),
    },
    dash: {
      snapshots: mpds.map((text, at) => {
        const mpd = readMpd(text, `${BASE}/manifest.mpd`);
        if (mpd === null) throw new Error('the MPD is not well-formed');
        return { mpd, exchange: exchange(`${BASE}/manifest.mpd`, START + at * 2000) };
      }),
      failures: [],
      segments: dashSegments,
      clock: { exchange: exchange('https://live.example/api/time', START), text: clockText },
    },
  };
}
