/** The rules of docs/live.md, 27 to 31, against a running origin. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Manifest, parseManifest, seconds } from '../support/manifest.ts';
import { type RunningOrigin, startOrigin } from '../support/running-origin.ts';
import { startTestServer } from '../support/server.ts';
import { audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

async function manifest({ url }: RunningOrigin, path = '/live/demo/manifest.mpd'): Promise<Manifest> {
  const response = await fetch(url + path);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^application\/dash\+xml/);
  return parseManifest(await response.text());
}

/** Decode times of a segment's fragments, by their tfdt boxes. */
function decodeTimes(bytes: Buffer): number[] {
  const times: number[] = [];
  for (let at = bytes.indexOf('tfdt'); at >= 0; at = bytes.indexOf('tfdt', at + 1)) times.push(Number(bytes.readBigUInt64BE(at + 8)));
  return times;
}

test('rule 27: the MPD is dynamic, its availabilityStartTime stays, and it names a clock', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ latency: 150 });
  broadcast.run(5);
  const first = await manifest(origin);
  assert.equal(first.attributes['type'], 'dynamic');
  assert.match(first.text, /<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="\/api\/time\?format=iso"\/>/);
  broadcast.run(7);
  const later = await manifest(origin);
  assert.equal(later.attributes['availabilityStartTime'], first.attributes['availabilityStartTime']);
  assert.ok(Date.parse(later.attributes['publishTime'] ?? '') > Date.parse(first.attributes['publishTime'] ?? ''));
});

test('rule 27: the clock that the MPD names tells the time as an ISO date, to pages of every origin', async () => {
  await using server = await startTestServer();
  const before = Date.now();
  const response = await fetch(`${server.url}/api/time?format=iso`, { headers: { origin: 'https://elsewhere.example' } });
  const time = await response.text();
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now());
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('rule 28: the service description gives a latency with its bounds, and the rates at which players may catch up', async () => {
  await using origin = await startOrigin();
  origin.broadcast().run(5);
  const { text } = await manifest(origin);
  const [, target, min, max] = (/<Latency referenceId="0" target="(\d+)" min="(\d+)" max="(\d+)"\/>/.exec(text) ?? []).map(Number);
  assert.ok(min !== undefined && target !== undefined && max !== undefined && min < target && target < max, text);
  assert.ok(target >= 660 && target < 1500, `${target} ms`);
  assert.match(text, /<PlaybackRate min="0.96" max="1.04"\/>/);
});

test('rule 29: a segment can be asked for when its first part is there', async () => {
  await using origin = await startOrigin();
  origin.broadcast().run(5);
  for (const { availabilityTimeOffset, availabilityTimeComplete } of (await manifest(origin)).periods[0]?.representations ?? []) {
    assert.equal(Number(availabilityTimeOffset), 2 - 0.22);
    assert.equal(availabilityTimeComplete, 'false');
  }
});

test('rule 29: a part is there when availabilityStartTime, its end on the timeline and the clock say so', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ latency: 300 });
  broadcast.run(5.05);
  const { attributes } = await manifest(origin);
  const { session } = broadcast.publication;
  const segment = origin.origin.current('demo')?.packager.rendition('v0')?.last;
  const part = segment?.parts.at(-1);
  assert.ok(session !== null && part !== undefined);
  const available = Date.parse(attributes['availabilityStartTime'] ?? '') + ((part.start + part.duration) * 1000) / 90_000;
  // Parts end every 200 ms; the newest became available no longer ago than that, and not in the future.
  assert.ok(available <= origin.clock.now() + 20 && available > origin.clock.now() - 240, `${origin.clock.now() - available} ms ago`);
});

test('rule 29: a segment that grows leaves part by part as these are made, and ends with its last', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const response = await fetch(`${origin.base(broadcast, 'v0')}/seg-2.m4s`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-length'), null);
  assert.match(response.headers.get('cache-control') ?? '', /immutable/);
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  const received: Uint8Array[] = [];
  const next = async (): Promise<boolean> => {
    const { value, done } = await reader.read();
    if (value !== undefined) received.push(value);
    return !done;
  };
  const packager = origin.origin.current('demo')?.packager;
  const known = (): number => packager?.rendition('v0')?.segment(2)?.byteLength ?? 0;
  const bytes = (): number => received.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  while (bytes() < known()) assert.ok(await next());
  const before = bytes();
  broadcast.run(0.4);
  assert.ok(known() > before);
  while (bytes() < known()) assert.ok(await next());
  broadcast.run(2);
  while (await next());
  const whole = Buffer.from(await (await fetch(`${origin.base(broadcast, 'v0')}/seg-2.m4s`)).arrayBuffer());
  assert.deepEqual(Buffer.concat(received), whole);
});

test('rule 29: the segment that comes next is held until its first part is there', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5.5);
  let answered = false;
  const response = fetch(`${origin.base(broadcast, 'v0')}/seg-3.m4s`).then((answer) => {
    answered = true;
    return answer;
  });
  await origin.settle();
  assert.equal(answered, false);
  broadcast.run(0.9);
  assert.equal((await response).status, 200);
  broadcast.run(2);
  assert.ok((await (await response).arrayBuffer()).byteLength > 50_000);
});

test('rule 29: a client that leaves while its segment grows leaves nothing behind', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const abort = new AbortController();
  const response = await fetch(`${origin.base(broadcast, 'v0')}/seg-2.m4s`, { signal: abort.signal });
  await response.body?.getReader().read();
  const held = (): number => origin.origin.current('demo')?.waiting ?? -1;
  assert.equal(held(), 1);
  abort.abort();
  while (held() !== 0) await origin.settle();
});

test('rule 29: a growing segment whose broadcaster goes away ends with what there is', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const response = await fetch(`${origin.base(broadcast, 'v0')}/seg-2.m4s`);
  broadcast.publication.drop();
  origin.clock.advance(4000);
  assert.equal(decodeTimes(Buffer.from(await response.arrayBuffer()))[0], 5 * 90_000);
});

test('rule 29: a segment that stops growing breaks off, so that no cache keeps its beginning for the whole', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  const response = await fetch(`${origin.base(broadcast, 'v0')}/seg-2.m4s`);
  const broken = assert.rejects(response.arrayBuffer());
  while (origin.origin.current('demo')?.waiting !== 1) await origin.settle();
  // An uplink that brings one picture a second never falls silent, and never gets there.
  for (let second = 0; second < 6; second++) {
    origin.clock.advance(1000);
    broadcast.picture(5 + second / 60, false);
  }
  await broken;
});

test("rule 30: the times of the SegmentTimeline are the media's, also where segments are not as long as they should be", async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ tracks: [videoTrack({ frame_rate: 24 }), audioTrack()] });
  broadcast.run(7.7, { frameRate: 23.5 });
  broadcast.forceKey();
  broadcast.run(6.3, { frameRate: 23.5 });
  const { periods } = await manifest(origin);
  const [period] = periods;
  assert.equal(periods.length, 1);
  assert.deepEqual(
    period?.representations.map(({ id }) => id),
    ['v0', 'a0'],
  );
  for (const { id, segments, startNumber, timescale, presentationTimeOffset } of period?.representations ?? []) {
    assert.equal(presentationTimeOffset / timescale, period?.start);
    const rendition = origin.origin.current('demo')?.packager.rendition(id);
    const complete = rendition?.segments.filter((segment) => segment.complete) ?? [];
    assert.ok(complete.length >= 6);
    // Those that are complete, the one that grows, and the next.
    assert.ok(segments.length >= complete.length + 1 && segments.length <= complete.length + 2);
    for (const { msn, duration } of complete) {
      const listed = segments[msn - startNumber];
      const bytes = Buffer.from(await (await fetch(`${origin.base(broadcast, id === 'v0' ? 'v0' : 'a0')}/seg-${msn}.m4s`)).arrayBuffer());
      assert.equal(listed?.start, decodeTimes(bytes)[0]);
      assert.equal(listed?.duration, duration);
    }
    assert.ok(new Set(complete.map(({ duration }) => duration)).size > 1, 'all segments were equally long');
  }
});

test('rule 30: prft and ProducerReferenceTime say when a frame was captured', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ latency: 250 });
  broadcast.run(5);
  const { text, periods } = await manifest(origin);
  const [, wallClock = '', presentation = ''] =
    /<ProducerReferenceTime id="0" inband="true" type="captured" wallClockTime="([^"]*)" presentationTime="(\d+)">/.exec(text) ?? [];
  assert.equal(Date.parse(wallClock), broadcast.wall(0));
  assert.equal(Number(presentation), periods[0]?.representations[0]?.presentationTimeOffset);
  const bytes = Buffer.from(await (await fetch(`${origin.base(broadcast, 'v0')}/part-1.0.m4s`)).arrayBuffer());
  assert.equal(bytes.subarray(4, 8).toString(), 'prft');
  assert.equal(bytes.readUInt32BE(8), 0x01000018);
  const captured = (bytes.readUInt32BE(16) - 2_208_988_800) * 1000 + (bytes.readUInt32BE(20) * 1000) / 2 ** 32;
  assert.ok(Math.abs(captured - broadcast.wall(2)) < 2, `${captured - broadcast.wall(2)} ms off`);
  assert.equal(Number(bytes.readBigUInt64BE(24)), decodeTimes(bytes)[0]);
  assert.match(text, /<Resync type="0" dT="19800"/);
});

test('rule 30: each epoch is a Period of its own, with its init section, and what is missing between them is not listed', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(7.3);
  broadcast.publication.drop();
  broadcast.pause(6);
  const again = origin.broadcast({ publishKey: broadcast.publication.publishKey });
  again.run(5.1);
  const { periods } = await manifest(origin);
  assert.equal(periods.length, 2);
  const [before, after] = periods;
  for (const [index, { id, segments, timescale, startNumber, initialization }] of (after?.representations ?? []).entries()) {
    const earlier = before?.representations[index];
    assert.equal(earlier?.id, id);
    assert.match(earlier?.initialization ?? '', /init-1\.mp4$/);
    assert.match(initialization, /init-2\.mp4$/);
    assert.ok(Math.abs((segments[0]?.start ?? 0) / timescale - (after?.start ?? 0)) < 0.03);
    const last = earlier?.segments.at(-1);
    const end = ((last?.start ?? 0) + (last?.duration ?? 0)) / timescale;
    // One second before the first frame, 7.3 s of frames, and then nothing.
    assert.ok(Math.abs(end - 8.3) < 0.05, `${id} ends at ${end}`);
    assert.equal(
      startNumber,
      origin.origin
        .current('demo')
        ?.packager.rendition(id)
        ?.segments.find(({ epoch }) => epoch === 2)?.msn,
    );
  }
});

test('rule 30: while the broadcaster is away, an MPD names nothing that is not there', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(7.3);
  broadcast.publication.drop();
  for (const away of [2, 4]) {
    broadcast.pause(away);
    for (const { id, media, segments, startNumber } of (await manifest(origin)).periods.flatMap(({ representations }) => representations)) {
      assert.ok(segments.length > 0);
      for (const index of segments.keys()) {
        const address = media.replace('$Number$', String(startNumber + index));
        const { status } = await fetch(new URL(address, `${origin.base(broadcast, 'v0')}/..`));
        assert.equal(status, 200, `${id} ${address}, ${away} s`);
      }
    }
  }
});

test('rule 30: a rendition that comes back from a gap begins a Period, since numbers count on without holes', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  assert.equal((await manifest(origin)).periods.length, 1);
  broadcast.run(4, { audio: false });
  broadcast.run(5);
  const { periods } = await manifest(origin);
  const rendition = origin.origin.current('demo')?.packager.rendition('a0');
  for (const { representations } of periods) {
    const sound = representations.find(({ id }) => id === 'a0');
    for (const [index, { start }] of (sound?.segments ?? []).entries()) {
      const segment = rendition?.segment((sound?.startNumber ?? 0) + index);
      if (segment !== undefined) assert.deepEqual([segment.start, segment.gap], [start, false]);
    }
  }
  assert.ok(periods.length > 1);
  assert.ok(periods.at(-1)?.representations.some(({ id }) => id === 'a0'));
});

test('rule 31: the end of a stream turns the MPD static, with its duration', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(7);
  await manifest(origin);
  broadcast.publication.end();
  const { attributes, text, periods } = await manifest(origin);
  assert.equal(attributes['type'], 'static');
  assert.equal(attributes['minimumUpdatePeriod'], undefined);
  assert.ok(Math.abs(seconds(attributes['mediaPresentationDuration']) - 8) < 0.05, attributes['mediaPresentationDuration']);
  assert.doesNotMatch(text, /availabilityTimeOffset|ServiceDescription/);
  for (const { segments, timescale } of periods[0]?.representations ?? []) {
    const last = segments.at(-1);
    assert.ok(Math.abs(((last?.start ?? 0) + (last?.duration ?? 0)) / timescale - 8) < 0.05);
  }
});

test('layers of a simulcast are Representations of one set, and what one Period says of them stays', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ tracks: [videoTrack(), audioTrack(), videoTrack({ id: 2, layer: 1 })] });
  broadcast.run(5, { layers: [2] });
  const first = await manifest(origin);
  assert.deepEqual(
    first.periods[0]?.representations.map(({ id }) => id),
    ['v0', 'v1', 'a0'],
  );
  assert.equal(first.text.match(/<AdaptationSet /g)?.length, 2);
  broadcast.run(8, { layers: [2], frameBytes: 9000 });
  const later = await manifest(origin);
  assert.deepEqual(
    later.periods[0]?.representations.map(({ bandwidth }) => bandwidth),
    first.periods[0]?.representations.map(({ bandwidth }) => bandwidth),
  );
});

test('a player that counts finds the media of each moment under its number, after the window has slid and after an absence', async () => {
  await using origin = await startOrigin({ window: 12_000 });
  const broadcast = origin.broadcast();
  broadcast.run(40);
  broadcast.pause(6);
  broadcast.run(10);
  const { text } = await manifest(origin, '/live/demo/manifest.mpd?addressing=numbers');
  assert.doesNotMatch(text, /SegmentTimeline/);
  const [, location = ''] = /<Location>([^<]*)</.exec(text) ?? [];
  assert.equal((await fetch(new URL(location, origin.url))).status, 200);
  const latest = text.slice(text.lastIndexOf('<Period'));
  const [offset = 0, first = 0] = (/presentationTimeOffset="(\d+)" startNumber="(\d+)"/.exec(latest) ?? []).slice(1).map(Number);
  const segments =
    origin.origin
      .current('demo')
      ?.packager.rendition('v0')
      ?.segments.filter(({ gap }) => !gap) ?? [];
  assert.ok(segments.length >= 5);
  for (const { msn, start } of segments.slice(-5)) assert.equal(first + Math.round((start - offset) / 180_000), msn);
  assert.equal((await fetch(`${origin.url}/live/demo/manifest.mpd?addressing=names`)).status, 400);
});

test('a player stays with the session that it began with, by Location', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  const [, location = ''] = /<Location>([^<]*)<\/Location>/.exec((await manifest(origin)).text) ?? [];
  broadcast.publication.end();
  origin.broadcast({ tracks: [audioTrack({ id: 1 })] }).run(4);
  assert.equal((await manifest(origin, location)).attributes['type'], 'static');
  assert.equal((await manifest(origin)).attributes['type'], 'dynamic');
});

test('a token in the address of the MPD is in the address of all that it names', async () => {
  await using origin = await startOrigin();
  origin.broadcast().run(5);
  const { text, periods } = await manifest(origin, '/live/demo/manifest.mpd?token=a%26%22b');
  for (const { media, initialization } of periods.flatMap(({ representations }) => representations)) {
    assert.ok(media.endsWith('?token=a%26%22b'), media);
    assert.ok(initialization.endsWith('?token=a%26%22b'), initialization);
  }
  assert.match(text, /manifest\.mpd\?token=a%26%22b<\/Location>/);
  assert.doesNotMatch((await manifest(origin)).text, /token/);
});

test('an MPD is compressed for those who can read that, is not kept by caches, and is private with a token', async () => {
  await using origin = await startOrigin();
  origin.broadcast().run(5);
  const { headers, body } = await new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    request(`${origin.url}/live/demo/manifest.mpd?token=x`, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
  assert.equal(headers['content-encoding'], 'gzip');
  assert.match(gunzipSync(body).toString(), /<MPD /);
  assert.match(String(headers['cache-control']), /^private, max-age=0/);
  assert.match(String(headers['vary']), /Accept-Encoding/);
});
