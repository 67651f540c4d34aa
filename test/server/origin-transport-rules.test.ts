/** The rules of docs/live.md, 21 to 26 and 32, against a running origin. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { attributes, parseMediaPlaylist } from '../support/playlist.ts';
import { startOrigin } from '../support/running-origin.ts';
import { startTestServer } from '../support/server.ts';
import { AVCC_720P, audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

/** The response as it crosses the wire: `fetch` would unpack it. */
function raw(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
}

test('rule 21: there is one PRELOAD-HINT, and it names the next part', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const { hints, segments } = await origin.playlist(broadcast, 'v0');
  assert.deepEqual(hints, [{ TYPE: 'PART', URI: `part-2.${segments.at(-1)?.parts.length}.m4s` }]);
});

test('rule 21: the first part of the next segment is hinted at when the one before has its EXTINF, and held when asked for sooner', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4);
  const full = await origin.playlist(broadcast, 'v0');
  assert.equal(full.segments.at(-1)?.duration, null);
  assert.equal(full.segments.at(-1)?.parts.length, 10);
  assert.deepEqual(full.hints, []);
  const response = fetch(`${origin.base(broadcast, 'v0')}/part-2.0.m4s`);
  await origin.settle();
  broadcast.run(0.04);
  const ended = await origin.playlist(broadcast, 'v0');
  assert.equal(ended.segments.at(-1)?.duration, 2);
  assert.deepEqual(ended.hints, [{ TYPE: 'PART', URI: 'part-2.0.m4s' }]);
  broadcast.run(0.2);
  assert.equal((await response).status, 200);
});

test('rule 21: a request for the hinted part is held until the part is complete', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const [hint] = (await origin.playlist(broadcast, 'v0')).hints;
  let done = false;
  const response = fetch(`${origin.base(broadcast, 'v0')}/${hint?.['URI']}`).then((answer) => {
    done = true;
    return answer;
  });
  await origin.settle();
  assert.equal(done, false);
  broadcast.run(0.2);
  const answer = await response;
  assert.equal(answer.status, 200);
  assert.ok((await answer.arrayBuffer()).byteLength > 5000);
});

test('rule 21: a part that is neither there nor hinted at is not found', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  for (const file of ['part-2.9.m4s', 'part-7.0.m4s', 'seg-9.m4s', 'init-7.mp4']) {
    const response = await fetch(`${origin.base(broadcast, 'v0')}/${file}`);
    assert.equal(response.status, 404, file);
    assert.match(response.headers.get('content-type') ?? '', /problem\+json/);
  }
});

test('rule 21: a hinted part that never comes because the broadcaster went away is not found', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.4);
  const [hint] = (await origin.playlist(broadcast, 'v0')).hints;
  const response = fetch(`${origin.base(broadcast, 'v0')}/${hint?.['URI']}`);
  await origin.settle();
  broadcast.publication.drop();
  origin.clock.advance(4000);
  assert.equal((await response).status, 404);
});

test('rule 22: each other rendition is reported with its last segment and part', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const { reports } = await origin.playlist(broadcast, 'a0');
  const last = (await origin.playlist(broadcast, 'v0')).segments.at(-1);
  assert.deepEqual(reports, [{ URI: '../v0/media.m3u8', 'LAST-MSN': '2', 'LAST-PART': String((last?.parts.length ?? 0) - 1) }]);
});

test('rule 23: playlists are compressed for those who can read that, and short-lived; media never changes', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const base = origin.base(broadcast, 'v0');
  const zipped = await raw(`${base}/media.m3u8`, { 'accept-encoding': 'gzip' });
  const plain = await raw(`${base}/media.m3u8`);
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(zipped.body).toString(), plain.body.toString());
  assert.match(String(zipped.headers['vary']), /Accept-Encoding/);
  for (const [accepted, encoding] of [
    ['br;q=1.0, gzip;q=0.8', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip; q=0.0, br', undefined],
  ] as const) {
    const { headers } = await raw(`${base}/media.m3u8`, { 'accept-encoding': accepted });
    assert.equal(headers['content-encoding'], encoding, accepted);
  }
  assert.match(String(plain.headers['cache-control']), /max-age=0/);
  const blocked = await raw(`${base}/media.m3u8?_HLS_msn=2&_HLS_part=0`);
  assert.match(String(blocked.headers['cache-control']), /max-age=6/);
  for (const file of ['init-1.mp4', 'seg-0.m4s', 'part-1.0.m4s']) {
    assert.match(String((await raw(`${base}/${file}`)).headers['cache-control']), /immutable/, file);
  }
});

test('rule 24: the parts of a segment are the segment', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(6.5);
  for (const rendition of ['v0', 'a0'] as const) {
    const base = origin.base(broadcast, rendition);
    const segment = (await origin.playlist(broadcast, rendition)).segments.find(({ msn }) => msn === 1);
    const parts = await Promise.all((segment?.parts ?? []).map(async ({ uri }) => (await raw(`${base}/${uri}`)).body));
    assert.equal(parts.length, 10);
    assert.deepEqual(Buffer.concat(parts), (await raw(`${base}/seg-1.m4s`)).body);
  }
});

test('rule 24: a token in the address reaches every URI by a variable, in playlists that are the same for all', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const base = origin.base(broadcast, 'v0');
  const index = (await raw(`${origin.url}/live/demo/index.m3u8?token=secret`)).body.toString();
  assert.match(index, /#EXT-X-DEFINE:QUERYPARAM="token"/);
  assert.match(index, /v0\/media\.m3u8\?token=\{\$token\}/);
  const [first, second] = await Promise.all(
    ['one', 'two'].map(async (token) => (await raw(`${base}/media.m3u8?token=${token}`)).body.toString()),
  );
  assert.equal(first, second);
  const playlist = parseMediaPlaylist(first ?? '');
  assert.ok(playlist.version >= 11);
  for (const uri of [
    ...playlist.segments.flatMap(({ uri, parts, map }) => [uri, map, ...parts.map((part) => part.uri)]),
    playlist.hints[0]?.['URI'],
  ]) {
    if (uri !== null && uri !== undefined) assert.ok(uri.endsWith('?token={$token}'), uri);
  }
  const { headers } = await raw(`${base}/seg-0.m4s?token=one`);
  assert.match(String(headers['cache-control']), /^private/);
  assert.doesNotMatch((await raw(`${base}/media.m3u8`)).body.toString(), /DEFINE|token/);
});

test('rule 25: pages of the configured origins may read it, errors included, and others may not', async () => {
  await using server = await startTestServer({ origins: ['https://app.example'] });
  for (const [origin, allowed] of [
    ['https://app.example', 'https://app.example'],
    ['https://evil.example', undefined],
  ] as const) {
    const { headers, status } = await raw(`${server.url}/live/nobody/index.m3u8`, { origin });
    assert.equal(status, 404);
    assert.equal(headers['access-control-allow-origin'], allowed);
    assert.match(String(headers['vary']), /Origin/);
  }
});

test('rule 26: bandwidths, codecs, resolution and frame rate are what was measured, not what was announced', async () => {
  await using origin = await startOrigin();
  const announced = { codec: 'avc1.640028', width: 1920, height: 1080, frame_rate: 30, bitrate: 9_000_000, description: AVCC_720P };
  const broadcast = origin.broadcast({ tracks: [videoTrack(announced), audioTrack()] });
  broadcast.run(6.02, { frameRate: 25, frameBytes: 4000 });
  const index = (await raw(`${origin.url}/live/demo/index.m3u8`)).body.toString();
  const variant = attributes(/#EXT-X-STREAM-INF:(.*)/.exec(index)?.[1] ?? '');
  assert.equal(variant['CODECS'], 'avc1.42c01f,opus');
  assert.equal(variant['RESOLUTION'], '1280x720');
  assert.ok(Math.abs(Number(variant['FRAME-RATE']) - 25) < 0.3, variant['FRAME-RATE']);
  // 25 frames of 4000 bytes and 50 packets of 160, and what fMP4 adds.
  const bits = (25 * 4000 + 50 * 160) * 8;
  assert.ok(Number(variant['AVERAGE-BANDWIDTH']) > bits && Number(variant['AVERAGE-BANDWIDTH']) < bits * 1.1);
  assert.ok(Number(variant['BANDWIDTH']) >= Number(variant['AVERAGE-BANDWIDTH']));
  assert.match(index, /#EXT-X-MEDIA:TYPE=AUDIO,.*CHANNELS="2"/);
});

test('rule 26: a multivariant playlist that cannot be measured yet waits until it can', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(0.6);
  let done = false;
  const response = raw(`${origin.url}/live/demo/index.m3u8`).then((answer) => {
    done = true;
    return answer;
  });
  await origin.settle();
  assert.equal(done, false);
  broadcast.run(0.6);
  assert.match((await response).body.toString(), /BANDWIDTH=\d{4,}/);
});

test("rule 32: PROGRAM-DATE-TIME is the capture time by the broadcaster's clock, corrected to the server's", async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ latency: 350 });
  broadcast.run(4.5);
  const [first] = (await origin.playlist(broadcast, 'v0')).segments;
  assert.equal(first?.date, broadcast.wall(0));
});

test("rule 32: dOps carries the encoder's pre-skip, the sample entry is Opus and the codec string opus", async () => {
  await using origin = await startOrigin();
  const head = Buffer.concat([Buffer.from('OpusHead'), Buffer.from([1, 2, 0x90, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
  const broadcast = origin.broadcast({ tracks: [videoTrack(), audioTrack({ description: head.toString('base64') })] });
  broadcast.run(3);
  const { body } = await raw(`${origin.base(broadcast, 'a0')}/init-1.mp4`);
  const entry = body.indexOf('Opus');
  const dOps = body.indexOf('dOps');
  assert.ok(entry > 0 && dOps > entry);
  assert.equal(body.readUInt8(dOps + 4), 0);
  assert.equal(body.readUInt8(dOps + 5), 2);
  assert.equal(body.readUInt16BE(dOps + 6), 400);
  assert.equal(body.readUInt32BE(dOps + 8), 48_000);
});

test('rule 32: AAC has an edit list that takes its priming away', async () => {
  await using origin = await startOrigin();
  const tracks = [videoTrack(), audioTrack({ codec: 'mp4a.40.2', description: Buffer.from([0x11, 0x90]).toString('base64') })];
  const broadcast = origin.broadcast({ tracks });
  broadcast.run(3);
  const { body } = await raw(`${origin.base(broadcast, 'a0')}/init-1.mp4`);
  const elst = body.indexOf('elst');
  assert.ok(elst > 0);
  assert.equal(Number(body.readBigInt64BE(elst + 4 + 4 + 4 + 8)), 1024);
  assert.ok(body.includes('esds'));
});
