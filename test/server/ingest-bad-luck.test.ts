/** What broadcasters do when luck is bad, and that playlists stay legal all the same. In simulated time. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ContainerIngest } from '../../server-reference/src/ingest/container-ingest.ts';
import { sourceTracks } from '../../server-reference/src/ingest/source-tracks.ts';
import type { TrackDescription } from '../../src/protocol/index.ts';
import { findFfmpeg } from '../../tools/find-program.ts';
import { SeededRandom } from '../fuzz/seeded-random.ts';
import type { MediaPlaylist } from '../support/playlist.ts';
import { type RunningOrigin, startOrigin } from '../support/running-origin.ts';
import {
  AVCC_720P,
  audioTrack,
  MICROSECONDS,
  opusPacket,
  type SimulatedBroadcast,
  videoFrame,
  videoTrack,
} from '../support/simulated-broadcast.ts';

const run = promisify(execFile);

/** What every live playlist keeps, whatever was sent. */
function assertLegal({ segments, targetDuration, partTarget, mediaSequence, text }: MediaPlaylist): void {
  segments.forEach(({ msn, duration, parts, date }, index) => {
    assert.equal(msn, mediaSequence + index, text);
    assert.ok(duration === null || Math.round(duration) <= targetDuration, `a segment of ${duration} s\n${text}`);
    for (const part of parts) assert.ok(part.duration <= (partTarget ?? 0) + 1e-5, `a part of ${part.duration} s\n${text}`);
    const previous = segments[index - 1];
    if (date === null || previous === undefined || previous.date === null || previous.duration === null) return;
    assert.ok(Math.abs(previous.date + previous.duration * 1000 - date) < 50, `${new Date(date).toISOString()} does not follow\n${text}`);
  });
}

async function assertAllLegal(origin: RunningOrigin, broadcast: SimulatedBroadcast): Promise<MediaPlaylist[]> {
  const playlists: MediaPlaylist[] = [];
  for (const rendition of ['v0', 'a0'] as const) {
    const playlist = await origin.playlist(broadcast, rendition);
    assertLegal(playlist);
    playlists.push(playlist);
  }
  return playlists;
}

/** When the newest media of a playlist ends, in seconds after now. */
function aheadOf({ segments }: MediaPlaylist, now: number): number {
  const last = segments.findLast(({ date }) => date !== null);
  const listed = last?.duration ?? last?.parts.reduce((sum, { duration }) => sum + duration, 0) ?? 0;
  return ((last?.date ?? 0) - now) / 1000 + listed;
}

/** Pictures and sound whose times stand anywhere, sent as time passes. */
function sendShifted(origin: RunningOrigin, broadcast: SimulatedBroadcast, seconds: number, from: number, timescale = MICROSECONDS): void {
  const start = origin.clock.now();
  for (let index = 0; index < seconds * 50; index++) {
    const time = index / 50;
    origin.clock.advanceTo(start + time * 1000);
    const scaled = ((from + time) * timescale) / MICROSECONDS;
    broadcast.send(1, scaled, opusPacket());
    if (index % 2 === 0) broadcast.send(0, scaled, videoFrame(index % 50 === 0));
  }
}

test('key frames ten seconds apart lose no picture', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(25, { keyframeInterval: 10 });
  const [pictures] = await assertAllLegal(origin, broadcast);
  assert.ok(pictures?.segments.every(({ gap }) => !gap));
});

test('pictures whose rate changes all the time stay in legal parts', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  const random = new SeededRandom(11);
  function* camera(): Generator<number> {
    for (let time = 0; ; time += (8 + random.below(120)) / 1000) yield time;
  }
  const times = camera();
  times.next();
  broadcast.run(30, { camera: times, keyframeInterval: 1.5 });
  await assertAllLegal(origin, broadcast);
});

test('120 pictures a second are carried', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ tracks: [videoTrack({ frame_rate: 120 }), audioTrack()] });
  broadcast.run(8, { frameRate: 120, frameBytes: 200 });
  const [pictures] = await assertAllLegal(origin, broadcast);
  assert.ok(pictures?.segments.every(({ gap }) => !gap));
});

for (const [what, before, after] of [
  ['jump forwards by an hour', 100, 3700],
  ['jump backwards by an hour', 3700, 100],
  ['begin anew at 2^32', (2 ** 32 - 4 * 90_000) / 90_000, 0],
] as const) {
  test(`times that ${what} begin an epoch, and the playlist stays at the present`, async () => {
    await using origin = await startOrigin();
    const broadcast = origin.broadcast({ clocks: false });
    sendShifted(origin, broadcast, 4, before);
    sendShifted(origin, broadcast, 12, after);
    const playlists = await assertAllLegal(origin, broadcast);
    for (const playlist of playlists) {
      assert.equal(playlist.segments.filter(({ discontinuity }) => discontinuity).length, 1, playlist.text);
      const ahead = aheadOf(playlist, origin.clock.now());
      assert.ok(ahead < 1 && ahead > -2, `${ahead} s ahead of the present\n${playlist.text}`);
    }
  });
}

test('sound that stops becomes gaps beside pictures that go on', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(6);
  broadcast.run(10, { audio: false });
  const [pictures, sound] = await assertAllLegal(origin, broadcast);
  assert.ok(pictures?.segments.every(({ gap }) => !gap));
  assert.ok(sound?.segments.some(({ gap }) => gap));
});

test('pictures that come five seconds after the sound are shown from their first key frame on', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5, { video: false });
  broadcast.run(10);
  const [pictures] = await assertAllLegal(origin, broadcast);
  assert.ok(
    pictures?.segments.slice(-2).every(({ gap }) => !gap),
    pictures?.text,
  );
});

test('another picture size is another epoch, with an init section of its own', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  declare(broadcast, [videoTrack({ description: AVCC_720P }), audioTrack()]);
  broadcast.forceKey();
  broadcast.run(5);
  const [pictures] = await assertAllLegal(origin, broadcast);
  assert.deepEqual([...new Set(pictures?.segments.map(({ map }) => map))], ['init-1.mp4', 'init-2.mp4']);
});

function declare(broadcast: SimulatedBroadcast, descriptions: readonly TrackDescription[]): void {
  const declared = sourceTracks(descriptions);
  assert.ok(declared.ok);
  broadcast.publication.tracks(declared.tracks);
  broadcast.ingest.setTracks(declared.tracks);
}

test('two epochs a second for a minute hold no more than one epoch does, and the playlist stays legal', { timeout: 60_000 }, async () => {
  await using origin = await startOrigin();
  const calm = origin.broadcast({ stream: 'calm' });
  calm.run(60);
  const usual = origin.origin.heldBytes;
  const broadcast = origin.broadcast();
  for (let epoch = 0; epoch < 120; epoch++) {
    declare(broadcast, [videoTrack(), audioTrack()]);
    broadcast.forceKey();
    broadcast.run(0.5);
  }
  await assertAllLegal(origin, broadcast);
  const held = origin.origin.heldBytes - usual;
  assert.ok(held < 1.5 * usual, `${held} bytes beside ${usual}`);
});

test('who sends faster than time passes is carried for a minute of media, and then told to wait', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ clocks: false });
  const sent = (seconds: number) => broadcast.send(1, seconds, opusPacket());
  let outcome = sent(0);
  let seconds = 0;
  for (; outcome.ok && seconds < 100; seconds += 0.02) {
    if (Math.round(seconds * 50) % 2 === 0) broadcast.send(0, 1000 + seconds, videoFrame(Math.round(seconds * 50) % 50 === 0, 200));
    outcome = sent(5 + seconds);
  }
  assert.ok(seconds > 30 && seconds < 70, `${seconds} s were taken`);
  assert.ok(!outcome.ok);
  assert.equal(outcome.reason, 'limit');
  await assertAllLegal(origin, broadcast);
});

test('what an uplink held back for three minutes is dropped, and what is captured now goes on at the present', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ clocks: false });
  const begun = origin.clock.now();
  sendShifted(origin, broadcast, 6, 100);
  for (let second = 0; second < 180; second++) origin.clock.advance(1000);
  // What was captured while nothing went through, all at once.
  for (let index = 0; index < 50; index++) {
    assert.ok(broadcast.send(1, 106 + index / 50, opusPacket()).ok);
    if (index % 2 === 0) assert.ok(broadcast.send(0, 106 + index / 50, videoFrame(index === 0)).ok);
  }
  const late = await assertAllLegal(origin, broadcast);
  for (const { segments, text } of late)
    assert.ok(
      segments.slice(-5).every(({ gap, parts }) => gap || parts.every((part) => part.gap)),
      text,
    );
  sendShifted(origin, broadcast, 8, 100 + (origin.clock.now() - begun) / 1000);
  for (const playlist of await assertAllLegal(origin, broadcast)) {
    const ahead = aheadOf(playlist, origin.clock.now());
    assert.ok(ahead < 1 && ahead > -2, `${ahead} s ahead of the present\n${playlist.text}`);
    assert.ok(
      playlist.segments.slice(-2).every(({ gap }) => !gap),
      playlist.text,
    );
  }
});

/** A container that goes to a stream called `demo`. */
function openContainer({ hub, clock }: RunningOrigin, container: 'matroska' | 'fmp4'): { ingest: ContainerIngest; base: string } {
  const outcome = hub.publish('demo', {
    tracks: [],
    sharedTimeline: true,
    bursty: container === 'fmp4',
    publishKey: null,
    subject: null,
    title: null,
    description: null,
    broadcaster: { keyframe() {}, bitrate() {}, stopped() {}, recording() {} },
  });
  assert.ok(outcome.ok);
  const { publication } = outcome;
  const ingest = new ContainerIngest(publication, { container, maxBitrate: 20_000_000, now: () => clock.now(), transcode: () => null });
  return { ingest, base: `/live/demo/${publication.sessionId}` };
}

const MATROSKA = new Uint8Array(readFileSync(new URL('../fixtures/chromium-avc1-opus.mkv', import.meta.url)));

test('pieces of a recording that changed places are refused in words, and the next recording is read', async () => {
  await using origin = await startOrigin();
  const { ingest } = openContainer(origin, 'matroska');
  const swapped = [MATROSKA.slice(0, 10_000), MATROSKA.slice(20_000, 30_000), MATROSKA.slice(10_000, 20_000), MATROSKA.slice(30_000)];
  const outcomes = swapped.map((piece) => ingest.chunk(piece));
  const refused = outcomes.at(-1);
  assert.ok(refused !== undefined && !refused.ok);
  assert.equal(refused.reason, 'invalid');
  assert.ok(ingest.chunk(MATROSKA).ok);
});

test('a container that lies about its codec is refused in words', async () => {
  const text = Buffer.from(MATROSKA).toString('latin1');
  for (const [says, reason, words] of [
    ['A_AAC\0', 'invalid', /AAC/],
    ['A_FLAC', 'codec-unsupported', /A_FLAC/],
  ] as const) {
    await using origin = await startOrigin();
    const { ingest } = openContainer(origin, 'matroska');
    const outcome = ingest.chunk(new Uint8Array(Buffer.from(text.replace('A_OPUS', says), 'latin1')));
    assert.ok(!outcome.ok);
    assert.equal(outcome.reason, reason);
    assert.match(outcome.details, words);
  }
});

test('an MP4 whose fragments come every four seconds has no gaps', { timeout: 60_000 }, async () => {
  await using origin = await startOrigin();
  const { stdout } = await run(
    findFfmpeg(),
    [
      ...[
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        'testsrc2=size=160x90:rate=15:duration=20',
        '-f',
        'lavfi',
        '-i',
        'sine=sample_rate=48000:duration=20',
      ],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-keyint_min', '60', '-c:a', 'aac'],
      ...['-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 1 << 26 },
  );
  const { ingest, base } = openContainer(origin, 'fmp4');
  const [header, ...fragments] = cutAtFragments(stdout);
  assert.ok(header !== undefined && ingest.chunk(header).ok);
  const { clock } = origin;
  for (const fragment of fragments) {
    // The movie header is read in real time, beside which simulated time does not count.
    while (!ingest.opened) await new Promise((resolve) => setImmediate(resolve));
    for (let part = 0; part < 20; part++) clock.advance(200);
    assert.ok(ingest.chunk(fragment).ok);
  }
  clock.advance(1000);
  for (const rendition of ['v0', 'a0']) {
    const text = await (await fetch(`${origin.url}${base}/${rendition}/media.m3u8`)).text();
    assert.doesNotMatch(text, /GAP/);
    assert.match(text, /#EXTINF/);
  }
});

function cutAtFragments(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let offset = 0; offset < bytes.byteLength; offset += bytes.readUInt32BE(offset)) {
    if (bytes.toString('latin1', offset + 4, offset + 8) !== 'moof') continue;
    pieces.push(bytes.subarray(start, offset));
    start = offset;
  }
  return [...pieces, bytes.subarray(start)];
}
