/** Ways to break one rule at a time, each a small change of the recording that keeps them all. */
import type { Fragment } from '../../../server-reference/src/check/fragment-reader.ts';
import type { Authority } from '../../../server-reference/src/check/verdict.ts';
import { AUDIO_TRACK, BASE, exchange, IDS, type Id, PLAYLIST_HEADERS, type RecordedProbe, type Recording, START } from './recorded-log.ts';

export interface Break {
  readonly rule: string;
  readonly says: string;
  readonly authority: Authority;
  readonly change: (recording: Recording) => void;
  /** Rules that the same change cannot but break as well. */
  readonly also?: readonly string[];
}

function everywhere(recording: Recording, from: string | RegExp, to: string, first = 0): void {
  for (const id of IDS) edit(recording, id, from, to, first);
}

/** In each playlist of one rendition, its delta update included; or in those from one on. */
function edit(recording: Recording, id: Id, from: string | RegExp, to: string, first = 0): void {
  const rendition = recording.renditions[id];
  rendition.playlists = rendition.playlists.map((text, index) => (index < first ? text : text.replaceAll(from, to)));
  rendition.delta = rendition.delta.replaceAll(from, to);
}

function probeOf(recording: Recording, kind: RecordedProbe['kind']): RecordedProbe {
  const found = recording.probes.find((probe) => probe.kind === kind);
  if (found === undefined) throw new Error(`the recording has no probe ${kind}`);
  return found;
}

const answer =
  (kind: RecordedProbe['kind'], status: number, took = 150) =>
  (recording: Recording) => {
    const probe = probeOf(recording, kind);
    probe.exchange = { ...probe.exchange, status, answeredAt: probe.exchange.requestedAt + took };
  };

const delta = (from: string, to: string) => (recording: Recording) => {
  recording.renditions.v0.delta = recording.renditions.v0.delta.replace(from, to);
};

const mpds = (from: string | RegExp, to: string) => (recording: Recording) => {
  recording.mpds = recording.mpds.map((text) => text.replace(from, to));
};

function fragments(recording: Recording, id: Id, part: number | null, change: (fragment: Fragment) => Fragment, msn = 22): void {
  const fetch = recording.renditions[id].media.find((one) => one.msn === msn && one.part === part);
  if (fetch?.reading.kind !== 'fragments') throw new Error('the recording has no such part');
  fetch.reading = { kind: 'fragments', fragments: fetch.reading.fragments.map(change) };
}

const later =
  (by: number) =>
  (fragment: Fragment): Fragment => ({ ...fragment, time: fragment.time + by });
const resampled =
  (change: Partial<Fragment['samples'][number]>) =>
  (fragment: Fragment): Fragment => ({
    ...fragment,
    samples: fragment.samples.map((sample) => ({ ...sample, ...change })),
  });

export const BREAKS: readonly Break[] = [
  {
    rule: '1',
    says: 'a segment longer than the target duration',
    authority: 'must',
    change: (r) => edit(r, 'v0', /#EXTINF:2\.00000,\nseg-15/g, '#EXTINF:2.60000,\nseg-15'),
    also: ['32'],
  },
  {
    rule: '1',
    says: 'a target duration that changes',
    authority: 'must',
    change: (r) => everywhere(r, 'DURATION:2\n', 'DURATION:1\n', 3),
  },
  {
    rule: '1',
    says: 'renditions with different target durations',
    authority: 'must',
    change: (r) => edit(r, 'a0', 'DURATION:2\n', 'DURATION:3\n'),
    also: ['6'],
  },
  { rule: '2', says: 'parts without EXT-X-PART-INF', authority: 'must', change: (r) => everywhere(r, /#EXT-X-PART-INF.*\n/g, '') },
  { rule: '2', says: 'parts without PART-HOLD-BACK', authority: 'must', change: (r) => everywhere(r, ',PART-HOLD-BACK=0.6', '') },
  {
    rule: '3',
    says: 'a part longer than PART-TARGET',
    authority: 'must',
    change: (r) => edit(r, 'v0', '0.20000,URI="part-22.4', '0.21000,URI="part-22.4'),
  },
  {
    rule: '3',
    says: 'a part shorter than 85 % of PART-TARGET',
    authority: 'must',
    change: (r) => edit(r, 'v0', '0.20000,URI="part-22.4', '0.16600,URI="part-22.4'),
  },
  {
    rule: '4',
    says: 'PART-HOLD-BACK below twice PART-TARGET',
    authority: 'must',
    change: (r) => everywhere(r, 'PART-HOLD-BACK=0.6', 'PART-HOLD-BACK=0.3'),
  },
  {
    rule: '4',
    says: 'PART-HOLD-BACK below three times PART-TARGET, by the RFC',
    authority: 'should',
    change: (r) => everywhere(r, 'PART-HOLD-BACK=0.6', 'PART-HOLD-BACK=0.5'),
  },
  {
    rule: '4',
    says: 'PART-HOLD-BACK below three times PART-TARGET, by Apple',
    authority: 'apple',
    change: (r) => everywhere(r, 'PART-HOLD-BACK=0.6', 'PART-HOLD-BACK=0.5'),
  },
  {
    rule: '5',
    says: 'a PART-TARGET that changes',
    authority: 'must',
    change: (r) => everywhere(r, 'PART-TARGET=0.2', 'PART-TARGET=0.1999', 2),
    also: ['3'],
  },
  {
    rule: '5',
    says: 'a hold-back that changes',
    authority: 'must',
    change: (r) => everywhere(r, 'HOLD-BACK=6', 'HOLD-BACK=7', 2),
  },
  {
    rule: '6',
    says: 'HOLD-BACK below three target durations',
    authority: 'must',
    change: (r) => everywhere(r, 'HOLD-BACK=6', 'HOLD-BACK=5'),
  },
  {
    rule: '6',
    says: 'CAN-SKIP-UNTIL below six target durations',
    authority: 'must',
    change: (r) => everywhere(r, 'SKIP-UNTIL=12', 'SKIP-UNTIL=11.9'),
  },
  {
    rule: '7',
    says: 'a part that begins with a key frame and does not say so',
    authority: 'should',
    change: (r) => edit(r, 'v0', 'part-22.0.m4s",INDEPENDENT=YES', 'part-22.0.m4s"'),
  },
  {
    rule: '7',
    says: 'a part that claims a key frame and has none',
    authority: 'must',
    change: (r) => edit(r, 'v0', 'part-22.3.m4s"', 'part-22.3.m4s",INDEPENDENT=YES'),
  },
  {
    rule: '8',
    says: 'a date behind the first part',
    authority: 'must',
    change: (r) => edit(r, 'v0', /(#EXT-X-PROGRAM-DATE-TIME:[^\n]*\n)(#EXT-X-PART:[^\n]*part-22\.0[^\n]*\n)/g, '$2$1'),
  },
  {
    rule: '9',
    says: 'EXT-X-MEDIA-SEQUENCE that does not count a removal',
    authority: 'must',
    change: (r) => edit(r, 'v0', 'MEDIA-SEQUENCE:13', 'MEDIA-SEQUENCE:12', 1),
    also: ['14', '22', '32'],
  },
  {
    rule: '9',
    says: 'EXT-X-MEDIA-SEQUENCE that falls',
    authority: 'must',
    change: (r) => edit(r, 'a0', 'MEDIA-SEQUENCE:13', 'MEDIA-SEQUENCE:11', 3),
    also: ['13', '14', '20', '22', '32'],
  },
  {
    rule: '9',
    says: 'a discontinuity number that changes under a segment',
    authority: 'must',
    change: (r) => edit(r, 'v0', 'DISCONTINUITY-SEQUENCE:0', 'DISCONTINUITY-SEQUENCE:1', 2),
    also: ['13'],
  },
  {
    rule: '10',
    says: 'a window below three target durations',
    authority: 'must',
    change: (r) =>
      everywhere(
        r,
        /#EXT-X-MEDIA-SEQUENCE:13[\s\S]*?(?=#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:00)/g,
        '#EXT-X-MEDIA-SEQUENCE:22\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP:URI="init-2.mp4"\n',
        1,
      ),
  },
  {
    rule: '10',
    says: 'parts that are listed for too long',
    authority: 'should',
    change: (r) =>
      edit(r, 'v0', '#EXTINF:2.00000,\nseg-15.m4s', '#EXT-X-PART:DURATION=0.2,URI="part-15.0.m4s"\n#EXTINF:2.00000,\nseg-15.m4s'),
  },
  { rule: '10', says: 'a part that is gone as soon as its line is', authority: 'must', change: answer('dropped-part', 404) },
  { rule: '11', says: 'a rendition without dates', authority: 'must', change: (r) => edit(r, 'a0', /#EXT-X-PROGRAM-DATE-TIME:.*\n/g, '') },
  { rule: '11', says: 'no dates at all', authority: 'apple', change: (r) => everywhere(r, /#EXT-X-PROGRAM-DATE-TIME:.*\n/g, '') },
  {
    rule: '11',
    says: 'renditions with different EXT-X-SERVER-CONTROL',
    authority: 'must',
    change: (r) => edit(r, 'a0', 'HOLD-BACK=6', 'HOLD-BACK=8'),
  },
  {
    rule: '11',
    says: 'renditions whose dates run on different clocks',
    authority: 'must',
    change: (r) => edit(r, 'a0', /(PROGRAM-DATE-TIME:\S+:\d\d)\.000Z/g, '$1.200Z'),
  },
  {
    rule: '12',
    says: 'an EVENT from which segments are removed',
    authority: 'must',
    change: (r) => everywhere(r, '#EXT-X-PART-INF', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-PART-INF'),
  },
  {
    rule: '13',
    says: 'media time that jumps without a discontinuity',
    authority: 'must',
    change: (r) => fragments(r, 'a0', 1, later(48_000), 23),
  },
  {
    rule: '13',
    says: 'a discontinuity without a new init section',
    authority: 'own',
    change: (r) => edit(r, 'v0', '#EXT-X-MAP:URI="init-2.mp4"\n', ''),
  },
  {
    rule: '13',
    says: 'a discontinuity in one rendition alone',
    authority: 'must',
    change: (r) => edit(r, 'a0', '#EXT-X-DISCONTINUITY\n', ''),
  },
  {
    rule: '13',
    says: 'a set of renditions that changes',
    authority: 'own',
    change: (r) => {
      r.indexAfter = r.index.replace('avc1.42c01f', 'hvc1.1.6.L93.B0');
    },
  },
  {
    rule: '13b',
    says: 'segments called independent that begin without a key frame',
    authority: 'must',
    change: (r) => {
      edit(r, 'v0', 'part-22.0.m4s",INDEPENDENT=YES', 'part-22.0.m4s"');
      fragments(r, 'v0', 0, resampled({ sync: false }));
      fragments(r, 'v0', null, resampled({ sync: false }));
    },
  },
  {
    rule: '14',
    says: 'an answer before the part is there',
    authority: 'must',
    change: (r) => r.renditions.v0.playlists.splice(3, 1, r.renditions.v0.playlists[2] ?? ''),
  },
  {
    rule: '15',
    says: 'an answer before anything of the segment is there',
    authority: 'must',
    change: (r) => {
      probeOf(r, 'msn-alone').text = r.renditions.v0.playlists[1] ?? null;
    },
  },
  { rule: '16', says: '_HLS_part alone that is answered', authority: 'must', change: answer('part-without-msn', 200) },
  { rule: '16', says: 'a segment far ahead that is waited for', authority: 'should', change: answer('far-msn', 503, 6000) },
  { rule: '16', says: 'a part far ahead that is answered', authority: 'should', change: answer('far-part', 200) },
  { rule: '17', says: 'a segment that is gone and is refused', authority: 'must', change: answer('old-msn', 400) },
  { rule: '17', says: 'a segment that is gone and is waited for', authority: 'must', change: answer('old-msn', 200, 1500) },
  {
    rule: '17',
    says: 'an answer other than 503 to what never came',
    authority: 'should',
    change: (r) => r.renditions.v0.failures.push(exchange(`${BASE}/v0/media.m3u8`, START, { status: 500, requestedAt: START - 6100 })),
  },
  { rule: '18', says: 'directives that count after the end', authority: 'must', change: answer('after-end', 400) },
  {
    rule: '19',
    says: 'a part that comes late',
    authority: 'must',
    change: (r) => {
      for (const id of IDS) {
        r.renditions[id].exchanges.splice(3, 1, exchange(`${BASE}/${id}/media.m3u8`, START + 900, { headers: PLAYLIST_HEADERS }));
      }
    },
  },
  {
    rule: '19',
    says: 'a segment that comes late',
    authority: 'must',
    change: (r) => {
      for (const id of IDS) {
        const rendition = r.renditions[id];
        edit(r, id, /#EXT-X-PART.*\n/g, '');
        edit(r, id, /#EXT-X-PRELOAD.*\n/g, '');
        rendition.exchanges = rendition.exchanges.map((one, index) => ({
          ...one,
          answeredAt: START + index * 4000,
          requestedAt: START + index * 4000 - 100,
        }));
      }
    },
    also: ['14'],
  },
  {
    rule: '20',
    says: 'EXT-X-SKIP twice',
    authority: 'must',
    change: delta('SKIPPED-SEGMENTS=4', 'SKIPPED-SEGMENTS=2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2'),
  },
  {
    rule: '20',
    says: 'EXT-X-SKIP below version 9',
    authority: 'must',
    change: delta('VERSION:9', 'VERSION:8'),
  },
  {
    rule: '20',
    says: 'a delta update that adds up to something else',
    authority: 'must',
    change: delta('seg-18.', 'seg-19.'),
  },
  {
    rule: '20',
    says: 'a delta update that skips what is not old',
    authority: 'must',
    change: delta('SEGMENTS=4', 'SEGMENTS=7'),
  },
  { rule: '21', says: 'two hints of one type', authority: 'should', change: (r) => edit(r, 'v0', /(#EXT-X-PRELOAD-HINT.*\n)/g, '$1$1') },
  {
    rule: '21',
    says: 'a hint at something else than the next part',
    authority: 'own',
    change: (r) => edit(r, 'v0', 'HINT:TYPE=PART,URI="part-23.1', 'HINT:TYPE=PART,URI="part-24.0'),
  },
  {
    rule: '21',
    says: 'a hinted part that is not found',
    authority: 'must',
    change: (r) => {
      for (const hint of r.renditions.v0.hints) hint.exchange = { ...hint.exchange, status: 404 };
    },
  },
  {
    rule: '21',
    says: 'a hinted part that trickles',
    authority: 'must',
    change: (r) => {
      for (const hint of r.renditions.v0.hints) hint.firstByteAt = hint.exchange.answeredAt - 180;
    },
  },
  {
    rule: '21',
    says: 'a hinted part with other samples than the part',
    authority: 'must',
    change: (r) => {
      for (const hint of r.renditions.v0.hints) hint.fragments = hint.fragments.map(resampled({ digest: 'another' }));
    },
  },
  { rule: '21', says: 'an unknown resource that is there', authority: 'should', change: answer('unknown-resource', 200) },
  {
    rule: '22',
    says: 'a rendition that is not reported',
    authority: 'apple',
    change: (r) => edit(r, 'a0', /#EXT-X-RENDITION-REPORT.*\n/g, ''),
  },
  {
    rule: '22',
    says: 'a report that is ahead',
    authority: 'must',
    change: (r) => edit(r, 'v0', /LAST-MSN=22,LAST-PART=8/g, 'LAST-MSN=29,LAST-PART=0'),
  },
  {
    rule: '22',
    says: 'a report with an absolute address',
    authority: 'must',
    change: (r) => edit(r, 'v0', '../a0/media.m3u8', `${BASE}/a0/media.m3u8`),
  },
  {
    rule: '23',
    says: 'playlists that are not compressed',
    authority: 'apple',
    change: (r) => {
      for (const id of IDS) for (const one of r.renditions[id].exchanges) one.headers = { 'cache-control': 'max-age=0' };
    },
  },
  {
    rule: '23',
    says: 'a live playlist that caches keep',
    authority: 'own',
    change: (r) => {
      for (const one of r.renditions.v0.exchanges) one.headers = { ...one.headers, 'cache-control': 'max-age=3600' };
    },
  },
  {
    rule: '23',
    says: 'media that caches do not keep',
    authority: 'own',
    change: (r) => {
      for (const one of r.renditions.v0.media) one.exchange = { ...one.exchange, headers: { 'cache-control': 'no-store' } };
    },
  },
  {
    rule: '24',
    says: 'a segment with other samples than its parts',
    authority: 'must',
    change: (r) => fragments(r, 'a0', 4, resampled({ digest: 'another' })),
  },
  {
    rule: '24',
    says: 'a token that does not reach the media',
    authority: 'own',
    change: (r) => {
      r.token = 'secret';
    },
  },
  {
    rule: '25',
    says: 'pages of other origins shut out',
    authority: 'own',
    change: (r) => {
      probeOf(r, 'cors').exchange = { ...probeOf(r, 'cors').exchange, headers: {} };
    },
  },
  {
    rule: '25',
    says: 'TLS without HTTP/2',
    authority: 'apple',
    change: (r) => {
      probeOf(r, 'alpn').detail = 'http/1.1';
    },
  },
  {
    rule: '26',
    says: 'no BANDWIDTH',
    authority: 'must',
    change: (r) => {
      r.index = r.index.replace('BANDWIDTH=250000,', '');
    },
  },
  {
    rule: '26',
    says: 'no AVERAGE-BANDWIDTH',
    authority: 'apple',
    change: (r) => {
      r.index = r.index.replace('AVERAGE-BANDWIDTH=240000,', '');
    },
  },
  {
    rule: '26',
    says: 'no CODECS',
    authority: 'should',
    change: (r) => {
      r.index = r.indexAfter = r.index.replace('CODECS="avc1.42c01f,opus",', '');
    },
  },
  {
    rule: '26',
    says: 'a BANDWIDTH that is too low',
    authority: 'should',
    change: (r) => {
      r.index = r.index.replace('=250000', '=150000');
    },
  },
  {
    rule: '26',
    says: 'CODECS without the sound',
    authority: 'must',
    change: (r) => {
      r.index = r.indexAfter = r.index.replace('avc1.42c01f,opus', 'avc1.42c01f');
    },
  },
  {
    rule: '26',
    says: 'another RESOLUTION than the media has',
    authority: 'own',
    change: (r) => {
      r.index = r.index.replace('640x360', '1280x720');
    },
  },
  {
    rule: '26',
    says: 'another FRAME-RATE than the media has',
    authority: 'own',
    change: (r) => {
      r.index = r.index.replace('RATE=30.000', 'RATE=25.000');
    },
  },
  {
    rule: '27',
    says: 'an availabilityStartTime that changes',
    authority: 'must',
    change: (r) => {
      r.mpds = r.mpds.map((text, index) =>
        index === 1 ? text.replace('StartTime="2026-01-01T00:00:00Z"', 'StartTime="2026-01-01T00:00:01Z"') : text,
      );
    },
  },
  { rule: '27', says: 'no UTCTiming', authority: 'dash-if', change: mpds(/<UTCTiming[^>]*>/, '') },
  { rule: '27', says: 'UTCTiming of another scheme', authority: 'own', change: mpds('http-iso', 'http-head') },
  {
    rule: '27',
    says: 'a clock that does not tell the time',
    authority: 'must',
    change: (r) => {
      r.clockText = '<html>';
    },
  },
  { rule: '28', says: 'no ServiceDescription', authority: 'dash-if', change: mpds(/<ServiceDescription[\s\S]*<\/ServiceDescription>/, '') },
  { rule: '28', says: 'latencies out of order', authority: 'must', change: mpds('max="2000"', 'max="500"') },
  { rule: '28', says: 'another playback rate', authority: 'own', change: mpds('max="1.04"', 'max="1.5"') },
  { rule: '29', says: 'no availabilityTimeOffset', authority: 'dash-if', change: mpds('availabilityTimeOffset="1.8"', '') },
  { rule: '29', says: 'segments that are said to be complete', authority: 'dash-if', change: mpds('availabilityTimeComplete="false"', '') },
  { rule: '29', says: 'an offset beyond segment minus chunk', authority: 'own', change: mpds('Offset="1.8"', 'Offset="2"') },
  {
    rule: '29',
    says: 'a growing segment that comes in one piece',
    authority: 'dash-if',
    change: (r) => {
      for (const segment of r.dashSegments) segment.progress = segment.progress.slice(-1);
    },
  },
  { rule: '30', says: 'no ProducerReferenceTime', authority: 'dash-if', change: mpds(/<ProducerReferenceTime[^>]*>/, '') },
  { rule: '30', says: 'no Resync', authority: 'dash-if', change: mpds(/<Resync[^>]*>/, '') },
  {
    rule: '30',
    says: 'no prft boxes',
    authority: 'dash-if',
    change: (r) => {
      for (const segment of r.dashSegments) segment.fragments = segment.fragments.map((one) => ({ ...one, producerTime: false }));
    },
  },
  {
    rule: '30',
    says: 'media at another time than the MPD says',
    authority: 'must',
    change: (r) => {
      for (const segment of r.dashSegments) segment.mpdTime += 1.5;
    },
  },
  { rule: '31', says: 'a static MPD without a duration', authority: 'must', change: mpds('mediaPresentationDuration="PT48S"', '') },
  {
    rule: '31',
    says: 'an MPD that stays dynamic when HLS has ended',
    authority: 'own',
    change: (r) => {
      r.mpds.pop();
      for (const id of IDS) {
        edit(r, id, /#EXT-X-PRELOAD-HINT.*\n/g, '', 3);
        r.renditions[id].playlists[3] += '#EXT-X-ENDLIST\n';
      }
    },
  },
  {
    rule: '32',
    says: 'Opus without dOps',
    authority: 'must',
    change: (r) => {
      r.renditions.a0.tracks = [{ ...AUDIO_TRACK, preSkip: null }];
    },
  },
  {
    rule: '32',
    says: 'AAC without an edit list',
    authority: 'own',
    change: (r) => {
      r.renditions.a0.tracks = [{ ...AUDIO_TRACK, entry: 'mp4a', codec: 'mp4a.40.2', preSkip: null }];
      r.index = r.indexAfter = r.index.replace('opus', 'mp4a.40.2');
    },
  },
  {
    rule: '32',
    says: 'a codec string that the avcC does not say',
    authority: 'must',
    change: (r) => {
      r.index = r.index.replace('avc1.42c01f', 'avc1.640028');
    },
  },
  { rule: '32', says: 'dates that go back', authority: 'must', change: (r) => edit(r, 'v0', '00:00:48.000Z', '00:00:45.000Z') },
];
