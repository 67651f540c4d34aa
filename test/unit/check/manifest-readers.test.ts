import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { duration, readMpd, segmentUrl } from '../../../server-reference/src/check/mpd.ts';
import { readXml } from '../../../server-reference/src/check/xml.ts';

describe('XML', () => {
  test('has elements, attributes in either quotes, entities, comments and CDATA', () => {
    const root = readXml(`<?xml version="1.0"?><!-- <no/> --><p:a x='1 &amp; 2' p:y="&#x41;&lt;"><b/>t<![CDATA[<raw>]]></p:a>`);
    assert.equal(root?.name, 'a');
    assert.deepEqual([root?.attributes.get('x'), root?.attributes.get('y')], ['1 & 2', 'A<']);
    assert.deepEqual(
      root?.children.map(({ name }) => name),
      ['b'],
    );
    assert.equal(root?.text, 't<raw>');
  });

  for (const wrong of ['', '<a>', '<a></b>', '<a/><b/>', '<a x=1/>', '</a>', '<a><b></a></b>']) {
    test(`${JSON.stringify(wrong)} is not well-formed`, () => assert.equal(readXml(wrong), null));
  }
});

test('durations are read in days, hours, minutes and seconds', () => {
  assert.equal(duration('PT1H2M3.5S'), 3723.5);
  assert.equal(duration('P1DT1S'), 86_401);
  assert.equal(duration('soon'), null);
});

const MPD = `<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"><BaseURL>media/</BaseURL>
<Period id="p" start="PT10S"><AdaptationSet mimeType="audio/mp4" startWithSAP="1"><SegmentTemplate timescale="1000" startNumber="5"
 media="$RepresentationID$/$Number%03d$-$Time$-$$.m4s" presentationTimeOffset="4000"/>
<Representation id="a" bandwidth="1"><SegmentTemplate availabilityTimeOffset="INF" initialization="i.mp4">
<SegmentTimeline><S t="4000" d="2000" r="2"/><S d="500"/></SegmentTimeline></SegmentTemplate></Representation></AdaptationSet></Period></MPD>`;

describe('an MPD', () => {
  const mpd = readMpd(MPD, 'https://cdn.example/x/manifest.mpd');
  const representation = mpd?.periods[0]?.representations[0];

  test('has templates whose inner attributes win, and whose outer ones count', () => {
    const { template } = representation ?? { template: null };
    assert.deepEqual([template?.startNumber, template?.initialization, template?.presentationTimeOffset], [5, 'i.mp4', 4]);
    assert.equal(template?.availabilityTimeOffset, Number.POSITIVE_INFINITY);
    assert.equal(representation?.contentType, 'audio');
    assert.equal(representation?.startWithSap, true);
  });

  test('has timelines with their repetitions', () => {
    assert.deepEqual(representation?.template?.timeline, [
      { time: 4000, duration: 2000 },
      { time: 6000, duration: 2000 },
      { time: 8000, duration: 2000 },
      { time: 10_000, duration: 500 },
    ]);
  });

  test('makes addresses of templates', () => {
    assert.ok(representation?.template);
    assert.equal(segmentUrl(representation.template.media, representation, 7, 8000), 'https://cdn.example/x/media/a/007-8000-$.m4s');
  });

  test('is none where the document is another, or broken', () => {
    assert.equal(readMpd('<html></html>', 'https://a.example/'), null);
    assert.equal(readMpd('<MPD>', 'https://a.example/'), null);
  });
});
