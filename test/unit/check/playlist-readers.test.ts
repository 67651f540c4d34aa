import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstDifference, mergeDelta } from '../../../server-reference/src/check/delta-update.ts';
import { elsewhere } from '../../../server-reference/src/check/hls-probes.ts';
import { readMediaPlaylist } from '../../../server-reference/src/check/media-playlist.ts';
import { isMultivariant, readMultivariantPlaylist } from '../../../server-reference/src/check/multivariant-playlist.ts';

const URL_OF = 'https://cdn.example/a/b/media.m3u8';
const read = (lines: readonly string[], url = URL_OF) => readMediaPlaylist(`#EXTM3U\n${lines.join('\r\n')}\n`, url);

describe('a media playlist', () => {
  test('has its addresses made absolute, whatever they are relative to', () => {
    const { segments } = read([
      '#EXTINF:4,',
      'one.ts',
      '#EXTINF:4,',
      '/two.ts',
      '#EXTINF:4,',
      '//other.example/three.ts',
      '#EXTINF:4,',
      '../four.ts',
    ]);
    assert.deepEqual(
      segments.map(({ resource }) => resource?.url),
      ['https://cdn.example/a/b/one.ts', 'https://cdn.example/two.ts', 'https://other.example/three.ts', 'https://cdn.example/a/four.ts'],
    );
  });

  test('has byte ranges that go on where the one before ended, parts and segments each for themselves', () => {
    const { segments } = read([
      '#EXT-X-MAP:URI="all.mp4",BYTERANGE="700@0"',
      '#EXT-X-PART:DURATION=1,URI="all.mp4",BYTERANGE="100@700"',
      '#EXT-X-PART:DURATION=1,URI="all.mp4",BYTERANGE="50"',
      '#EXTINF:2,',
      '#EXT-X-BYTERANGE:150@700',
      'all.mp4',
      '#EXTINF:2,',
      '#EXT-X-BYTERANGE:30',
      'all.mp4',
    ]);
    assert.deepEqual(segments[0]?.map?.range, { offset: 0, length: 700 });
    assert.deepEqual(
      segments[0]?.parts.map(({ range }) => range),
      [
        { offset: 700, length: 100 },
        { offset: 800, length: 50 },
      ],
    );
    assert.deepEqual(
      segments.map(({ resource }) => resource?.range),
      [
        { offset: 700, length: 150 },
        { offset: 850, length: 30 },
      ],
    );
  });

  test('counts its segments from MEDIA-SEQUENCE and what is skipped, and discontinuities from their own number', () => {
    const { segments } = read([
      '#EXT-X-MEDIA-SEQUENCE:10',
      '#EXT-X-DISCONTINUITY-SEQUENCE:3',
      '#EXT-X-SKIP:SKIPPED-SEGMENTS=5',
      '#EXTINF:2,',
      'a',
      '#EXT-X-DISCONTINUITY',
      '#EXTINF:2,',
      'b',
    ]);
    assert.deepEqual(
      segments.map(({ msn, discontinuitySequence }) => [msn, discontinuitySequence]),
      [
        [15, 3],
        [16, 4],
      ],
    );
  });

  test('replaces variables by value, by the query of its address, and by those of the multivariant playlist', () => {
    const text =
      '#EXTM3U\n#EXT-X-DEFINE:NAME="host",VALUE="x.example"\n#EXT-X-DEFINE:QUERYPARAM="token"\n#EXT-X-DEFINE:IMPORT="path"\n#EXTINF:1,\nhttps://{$host}/{$path}/s?token={$token}&{$unknown}\n';
    const playlist = readMediaPlaylist(text, `${URL_OF}?token=abc`, new Map([['path', 'deep']]));
    assert.equal(playlist.segments[0]?.resource?.url, 'https://x.example/deep/s?token=abc&{$unknown}');
    assert.deepEqual(playlist.writtenUris, ['https://{$host}/{$path}/s?token={$token}&{$unknown}']);
  });

  test('reads dates with any offset, and none where there is none', () => {
    const { segments } = read([
      '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T02:00:00.500+0200',
      '#EXTINF:1,',
      'a',
      '#EXT-X-PROGRAM-DATE-TIME:soon',
      '#EXTINF:1,',
      'b',
    ]);
    assert.deepEqual(
      segments.map(({ date }) => date),
      [Date.parse('2026-01-01T00:00:00.500Z'), null],
    );
  });

  test('takes commas inside quotes as they are', () => {
    const { hints } = read(['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p,1.m4s",BYTERANGE-START=12']);
    assert.deepEqual([hints[0]?.url, hints[0]?.start, hints[0]?.length], ['https://cdn.example/a/b/p,1.m4s', 12, null]);
  });

  test('knows what is encrypted, and what is not any more', () => {
    const { segments } = read(['#EXT-X-KEY:METHOD=AES-128,URI="k"', '#EXTINF:1,', 'a', '#EXT-X-KEY:METHOD=NONE', '#EXTINF:1,', 'b']);
    assert.deepEqual(
      segments.map(({ encrypted }) => encrypted),
      [true, false],
    );
  });
});

test('a multivariant playlist lists variants and alternatives, and is told from a media playlist', () => {
  const text =
    '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",URI="de.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nlow.m3u8\n';
  const { variants, alternatives } = readMultivariantPlaylist(text, URL_OF);
  assert.deepEqual([variants[0]?.url, variants[0]?.attributes.get('AUDIO')], ['https://cdn.example/a/b/low.m3u8', 'a']);
  assert.deepEqual([alternatives[0]?.name, alternatives[0]?.url], ['Deutsch', 'https://cdn.example/a/b/de.m3u8']);
  assert.equal(isMultivariant(text), true);
  assert.equal(isMultivariant('#EXTM3U\n#EXTINF:1,\na\n'), false);
});

describe('a delta update', () => {
  const segments = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, index) => [`#EXTINF:2,`, `s${from + index}`]).flat();
  const base = read(['#EXT-X-MEDIA-SEQUENCE:4', ...segments(4, 10)]);

  test('takes what it skips from the playlist before', () => {
    const merged = mergeDelta(base, read(['#EXT-X-MEDIA-SEQUENCE:5', '#EXT-X-SKIP:SKIPPED-SEGMENTS=3', ...segments(8, 11)]));
    assert.ok(merged.ok);
    assert.deepEqual(
      merged.segments.map(({ msn }) => msn),
      [5, 6, 7, 8, 9, 10],
    );
    assert.equal(firstDifference(merged.segments, read(['#EXT-X-MEDIA-SEQUENCE:5', ...segments(5, 11)])), null);
    assert.equal(firstDifference(merged.segments, read(['#EXT-X-MEDIA-SEQUENCE:5', ...segments(5, 9), '#EXTINF:2,', 'other']))?.msn, 9);
  });

  test('cannot be put together where that playlist is too old', () => {
    const merged = mergeDelta(base, read(['#EXT-X-MEDIA-SEQUENCE:8', '#EXT-X-SKIP:SKIPPED-SEGMENTS=4', ...segments(12, 14)]));
    assert.deepEqual(merged, { ok: false, missing: 10 });
  });
});

test('an address at which nothing can be keeps its folder, ending and query', () => {
  assert.equal(elsewhere('https://a.example/x/seg-1.m4s?token=t'), 'https://a.example/x/seg-1-none-such.m4s?token=t');
  assert.equal(elsewhere('https://a.example/x/segment'), 'https://a.example/x/segment-none-such');
});
