/** Whatever a broadcaster does wrong is answered as the wire says, and the server serves on. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { parseAvcC } from '../../server-reference/src/ingest/h264.ts';
import { encodeChunk } from '../../src/protocol/index.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher, type PublisherOptions, type WireReply } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { AVCC_720P, audioTrack, MICROSECONDS, opusPacket, videoFrame, videoTrack } from '../support/simulated-broadcast.ts';

let server: TestServer;
let stream = '';
let streams = 0;
const open: Publisher[] = [];

before(async () => {
  server = await startTestServer();
});
after(() => server.close());
beforeEach(() => {
  stream = `stream-${++streams}`;
});

async function connect(more: Partial<PublisherOptions> = {}): Promise<Publisher> {
  const publisher = await Publisher.connect({ server: server.url, stream, tracks: [videoTrack(), audioTrack()], ...more });
  open.push(publisher);
  return publisher;
}

after(() => {
  for (const publisher of open) publisher.drop();
});

const record = (track: number, time: number, data: Uint8Array) => ({
  track,
  key: false,
  duration: 0,
  dts: Math.round(time * MICROSECONDS),
  cts: 0,
  data,
});
const chunk = (track: number, time: number, data: Uint8Array): Uint8Array => new Uint8Array(encodeChunk([record(track, time, data)]));

/** Sends a second of pictures and sound, beginning with a key frame. */
async function send(publisher: Publisher, from: number, tracks: readonly number[]): Promise<WireReply[]> {
  const replies: Promise<WireReply>[] = [];
  for (const track of tracks) {
    replies.push(publisher.push('clock', { track, dts: from * MICROSECONDS, wall_ms: Date.now() - 1200, offset_ms: 0 }));
  }
  for (let index = 0; index < 36; index++) {
    for (const track of tracks) {
      replies.push(publisher.push('chunk', chunk(track, from + index / 30, track === 0 ? videoFrame(index === 0) : opusPacket())));
    }
  }
  return Promise.all(replies);
}

/** The pictures of the session that can be watched; null while there is none. */
async function pictures(): Promise<MediaPlaylist | null> {
  const { session } = (await (await fetch(`${server.url}/api/streams/${stream}`)).json()) as { session: string | null };
  if (session === null) return null;
  const response = await fetch(`${server.url}/live/${stream}/${session}/v0/media.m3u8`);
  assert.equal(response.status, 200);
  return parseMediaPlaylist(await response.text());
}

/** The proof: this broadcaster's frames come out at the other end. */
async function stillServes(publisher: Publisher, from = 100, tracks = [0, 1]): Promise<void> {
  const before = newest(await pictures());
  const replies = await send(publisher, from, tracks);
  assert.ok(
    replies.every(({ status }) => status === 'ok'),
    JSON.stringify(replies.find(({ status }) => status !== 'ok')),
  );
  assert.notDeepEqual(newest(await pictures()), before, 'parts have been added');
}

const newest = (playlist: MediaPlaylist | null) => playlist?.segments.at(-1)?.parts.at(-1)?.uri;

function refusedWith(reply: WireReply, reason: string, words?: RegExp): void {
  assert.equal(reply.status, 'error');
  assert.equal(reply.response['reason'], reason);
  if (words !== undefined) assert.match(JSON.stringify(reply.response['details']), words);
}

test('a second broadcaster on a live stream is refused as stream-taken', async () => {
  const first = await connect();
  await stillServes(first);
  const second = await connect();
  refusedWith(second.joinReply, 'stream-taken');
  await stillServes(first, 200);
});

test('a second broadcaster with a wrong publish key is refused as stream-taken', async () => {
  const first = await connect();
  refusedWith((await connect({ publishKey: 'x'.repeat(32) })).joinReply, 'stream-taken');
  await stillServes(first);
});

test('frames before the stream is joined are answered as an unmatched topic', async () => {
  const publisher = await connect({ container: 'frames', tracks: [] });
  refusedWith(await publisher.push('chunk', chunk(0, 1, videoFrame(true))), 'unmatched topic');
  await stillServes(await connect());
});

test('frames of a track that was not declared are refused until tracks declares it', async () => {
  const publisher = await connect({ tracks: [videoTrack()] });
  refusedWith(await publisher.push('chunk', chunk(7, 1, opusPacket())), 'invalid', /track 7/);
  const reply = await publisher.push('tracks', { tracks: [videoTrack(), audioTrack()] });
  assert.equal(reply.status, 'ok');
  await stillServes(publisher);
});

test('backwards timestamps are refused, and so are equal ones', async () => {
  const publisher = await connect();
  await stillServes(publisher, 50);
  refusedWith(await publisher.push('chunk', chunk(0, 49, videoFrame(false))), 'invalid', /backwards/);
  refusedWith(
    await publisher.push('chunk', new Uint8Array(encodeChunk([record(1, 60, opusPacket()), record(1, 60, opusPacket())]))),
    'invalid',
    /backwards/,
  );
  await stillServes(publisher, 60);
});

test('a pause between the first frames makes neither parts nor segments longer', async () => {
  const publisher = await connect();
  for (const [index, time] of [1, 50, 99].entries()) await publisher.push('chunk', chunk(0, time, videoFrame(index === 0)));
  await stillServes(publisher);
  const { partTarget, targetDuration, segments } = (await pictures()) ?? {};
  assert.deepEqual([partTarget, targetDuration], [0.22, 2]);
  assert.ok(segments?.every(({ duration }) => duration === null || Math.round(duration) <= 2));
});

test('without a key frame nothing is shown, one is asked for, and with it the stream begins', async () => {
  const publisher = await connect({ tracks: [videoTrack()] });
  for (let index = 0; index < 15; index++) {
    assert.equal((await publisher.push('chunk', chunk(0, 10 + index / 30, videoFrame(false)))).status, 'ok');
  }
  assert.ok(publisher.pushes.some(({ event }) => event === 'keyframe'));
  assert.equal((await fetch(`${server.url}/live/${stream}/index.m3u8`)).status, 404);
  await publisher.push('clock', { track: 0, dts: 11 * MICROSECONDS, wall_ms: Date.now(), offset_ms: 0 });
  for (let index = 0; index < 40; index++) await publisher.push('chunk', chunk(0, 11 + index / 30, videoFrame(index === 0)));
  const response = await fetch(`${server.url}/live/${stream}/index.m3u8`);
  assert.equal(response.status, 200);
  await stillServes(publisher, 100, [0]);
});

test('the key flag of a record does not make a key frame, neither at the start nor later: the bitstream does', async () => {
  const publisher = await connect({ tracks: [videoTrack()] });
  const forged = (time: number) => new Uint8Array(encodeChunk([{ ...record(0, time, videoFrame(false)), key: true }]));
  assert.equal((await publisher.push('chunk', forged(1))).status, 'ok');
  assert.ok(publisher.pushes.some(({ event }) => event === 'keyframe'));
  assert.equal((await fetch(`${server.url}/live/${stream}/index.m3u8`)).status, 404, 'nothing has begun');
  await publisher.push('clock', { track: 0, dts: 10 * MICROSECONDS, wall_ms: Date.now() - 2000, offset_ms: 0 });
  for (let index = 0; index < 60; index++) {
    const time = 10 + index / 30;
    await publisher.push('chunk', index % 10 === 9 ? forged(time) : chunk(0, time, videoFrame(index === 0)));
  }
  const parts = (await pictures())?.segments.flatMap((segment) => segment.parts) ?? [];
  assert.ok(parts.length >= 8);
  assert.deepEqual(
    parts.map(({ independent }) => independent),
    parts.map((_, index) => index === 0),
    'the first part alone begins with a key frame',
  );
  await stillServes(publisher, 100, [0]);
});

for (const [what, track] of [
  ['VP8', videoTrack({ codec: 'vp8' })],
  ['AV1', videoTrack({ codec: 'av01.0.04M.08' })],
  ['HE-AAC', audioTrack({ codec: 'mp4a.40.5' })],
  ['FLAC', audioTrack({ codec: 'flac' })],
  ['a picture codec on a sound track', audioTrack({ codec: 'avc1.42001f' })],
] as const) {
  test(`${what} is refused as codec-unsupported, in words that say what is taken`, async () => {
    refusedWith((await connect({ tracks: [track] })).joinReply, 'codec-unsupported', /H\.264.*Opus.*AAC/);
    const publisher = await connect();
    refusedWith(await publisher.push('tracks', { tracks: [track] }), 'codec-unsupported');
    await stillServes(publisher);
  });
}

test('H.264 without its avcC, and with a broken one, is refused as invalid', async () => {
  const { description: _, ...bare } = videoTrack();
  refusedWith((await connect({ tracks: [bare] })).joinReply, 'invalid', /avcC/);
  refusedWith((await connect({ tracks: [videoTrack({ description: 'AULAHv/hABln' })] })).joinReply, 'invalid', /avcC/);
  await stillServes(await connect());
});

/** An avcC, with the level in its head and in its parameter sets. */
function ofLevel(description: string, level: number): Buffer {
  const avcC = Buffer.from(description, 'base64');
  avcC[3] = level;
  avcC[avcC.indexOf(0x67, 8) + 3] = level;
  return avcC;
}

test('pictures of a level that phones do not decode are refused, at the join and where they begin later', async () => {
  const avcC = ofLevel(AVCC_720P, 60);
  refusedWith(
    (await connect({ tracks: [videoTrack({ description: avcC.toString('base64') })] })).joinReply,
    'codec-unsupported',
    /level 6;/,
  );
  const publisher = await connect();
  assert.equal((await publisher.push('chunk', chunk(0, 1, videoFrame(true)))).status, 'ok');
  const sets = parseAvcC(avcC);
  const nal = (bytes: Uint8Array): Uint8Array[] => [Uint8Array.of(0, 0, bytes.byteLength >> 8, bytes.byteLength & 0xff), bytes];
  const unit = Buffer.concat([...[...sets.sps, ...sets.pps].flatMap(nal), videoFrame(true)]);
  refusedWith(await publisher.push('chunk', chunk(0, 2, unit)), 'invalid', /level 6;/);
  await stillServes(publisher);
});

test('names that are none are refused as invalid', async () => {
  for (const name of ['Capitals', '-dash', 'a/b', '..', 'x'.repeat(64), 'é', '']) {
    refusedWith((await connect({ stream: name })).joinReply, 'invalid');
  }
  await stillServes(await connect());
});

test('chunks that are cut off, empty, or of another version are refused as invalid', async () => {
  const publisher = await connect();
  const whole = chunk(0, 1, videoFrame(true));
  for (const bytes of [
    new Uint8Array(0),
    whole.subarray(0, 10),
    whole.subarray(0, -1),
    Uint8Array.from(whole, (byte, index) => (index === 0 ? 9 : byte)),
  ]) {
    refusedWith(await publisher.push('chunk', bytes), 'invalid');
  }
  await stillServes(publisher);
});

test('frames whose NAL units do not add up are refused as invalid', async () => {
  const publisher = await connect();
  const annexB = Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 3);
  refusedWith(await publisher.push('chunk', chunk(0, 1, annexB)), 'invalid', /length-prefixed/);
  await stillServes(publisher);
});

test('chunks as JSON with base64 are read, and what is no base64 is refused', async () => {
  const publisher = await connect();
  const data = Buffer.from(chunk(1, 1, opusPacket())).toString('base64');
  assert.equal((await publisher.push('chunk', { data })).status, 'ok');
  refusedWith(await publisher.push('chunk', { data: '%%%' }), 'invalid');
  refusedWith(await publisher.push('chunk', {}), 'invalid');
  await stillServes(publisher);
});

test('an event that a stream does not know is refused as invalid', async () => {
  const publisher = await connect();
  refusedWith(await publisher.push('dance', {}), 'invalid', /chunk, clock/);
  await stillServes(publisher);
});

test('a clock for a track that was not declared is refused as invalid', async () => {
  const publisher = await connect();
  refusedWith(await publisher.push('clock', { track: 9, dts: 1, wall_ms: 1 }), 'invalid', /track 9/);
  await stillServes(publisher);
});

test('credit is cumulative: what was received and a window more, refused bytes included', async () => {
  const publisher = await connect();
  const window = publisher.session.credit;
  const bytes = chunk(0, 1, videoFrame(true));
  const { response } = await publisher.push('chunk', bytes);
  assert.deepEqual(response, { credit: window + bytes.byteLength, received: bytes.byteLength });
  await publisher.push('chunk', bytes.subarray(0, 10));
  const last = await publisher.push('chunk', chunk(0, 2, videoFrame(false)));
  assert.equal(last.response['received'], 2 * bytes.byteLength + 10);
  assert.equal(last.response['credit'], window + 2 * bytes.byteLength + 10);
  await stillServes(publisher);
});

/** A path as it is written, without the client's tidying. */
function status(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

test('no path under /live leads out of it', async () => {
  const publisher = await connect();
  await stillServes(publisher);
  const base = `/live/${stream}/${publisher.session.session}/v0`;
  const paths = [
    '/live/../package.json',
    '/live/..%2f..%2fpackage.json',
    '/live/%2e%2e/%2e%2e/etc/passwd',
    `${base}/../../../../package.json`,
    `${base}/..%2f..%2f..%2f..%2fetc%2fpasswd`,
    `${base}/....//....//etc/passwd`,
    `${base}/seg-0.m4s%00.mp4`,
    `${base}/seg-0.m4s/../../../../../etc/passwd`,
    `${base}/%5c..%5c..%5cpackage.json`,
    `${base}/init-1.mp4.bak`,
    `/live/${stream}/..%2f${publisher.session.session}/v0/media.m3u8`,
  ];
  for (const path of paths) {
    const code = await status(path);
    assert.ok(code === 404 || code === 400, `${path}: ${code}`);
  }
  await stillServes(publisher, 300);
});
