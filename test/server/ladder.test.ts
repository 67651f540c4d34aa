/** The ladder of a real broadcast, made by a real ffmpeg. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import type { MediaPlaylist } from '../support/playlist.ts';
import { startTestServer } from '../support/server.ts';
import { Stopwatch } from '../support/stopwatch.ts';
import { broadcast, download, ffmpegsOf, isGone } from '../support/transcoding.ts';

const run = promisify(execFile);
const clip = await encodeClip({ width: 640, height: 360 });
const complete = ({ segments }: MediaPlaylist): number => segments.filter(({ duration, gap }) => duration !== null && !gap).length;

test('a rung has the segments of its source: numbers, durations, key frames, and the time of every picture', {
  timeout: 60_000,
}, async () => {
  await using server = await startTestServer({ ladder: [240, 144] });
  await using live = await broadcast(server, clip, 40);
  await live.until('v0', ({ segments }) => segments.length > 0);
  const index = await (await fetch(`${server.url}/live/demo/index.m3u8`)).text();
  assert.match(index, /RESOLUTION=640x360/);
  assert.match(index, /RESOLUTION=426x240/);
  assert.match(index, /RESOLUTION=256x144/);
  await live.until('v1', (playlist) => complete(playlist) >= 3);
  const [source, rung] = await Promise.all([live.playlist('v0'), live.playlist('v1')]);
  const listed = rung.segments.filter(({ duration }) => duration !== null);
  assert.equal(listed[0]?.gap, false, 'it is there from the first segment on');
  for (const segment of listed) {
    const other = source.segments.find(({ msn }) => msn === segment.msn);
    assert.ok(Math.abs((segment.duration ?? 0) - (other?.duration ?? 0)) < 1 / 30 + 1e-6, `segment ${segment.msn}`);
    assert.equal(segment.date, other?.date);
    for (const [at, part] of segment.parts.entries()) assert.equal(part.independent, at === 0, `part ${segment.msn}.${at}`);
  }
  assert.equal(rung.partTarget, source.partTarget);
  assert.deepEqual(rung.serverControl, source.serverControl);

  await using original = await download(live, 'v0');
  const { packets } = await original.probe();
  for (const [rendition, width, height] of [
    ['v1', 426, 240],
    ['v2', 256, 144],
  ] as const) {
    await using file = await download(live, rendition);
    const probed = await file.probe();
    assert.deepEqual([probed.codec, probed.width, probed.height], ['h264', width, height]);
    assert.equal(probed.decoded, probed.packets.length, 'every picture decodes');
    const those = packets.slice(0, probed.packets.length).map(({ dts_time, pts_time, flags }) => [dts_time, pts_time, flags[0]]);
    assert.deepEqual(
      probed.packets.slice(0, those.length).map(({ dts_time, pts_time, flags }) => [dts_time, pts_time, flags[0]]),
      those,
    );
  }
});

test('ffmpeg plays every rendition from its playlist', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240] });
  await using live = await broadcast(server, clip, 40);
  await live.until('v1', (playlist) => complete(playlist) >= 2);
  await live.end();
  for (const rendition of ['v0', 'v1', 'a0']) {
    const args = ['-v', 'error', '-i', `${live.base(rendition)}/media.m3u8`, '-f', 'null', '-'];
    const { stderr } = await run(findFfmpeg(), args);
    assert.equal(stderr, '', rendition);
  }
});

test('a broadcast with a portrait picture has rungs by its shorter side', { timeout: 60_000 }, async () => {
  const portrait = await encodeClip({ width: 360, height: 640, audio: null, duration: 2 });
  await using server = await startTestServer({ ladder: [480, 360, 240] });
  await using live = await broadcast(server, portrait, 20);
  await live.until('v1', (playlist) => complete(playlist) >= 1);
  await using file = await download(live, 'v1');
  const { width, height } = await file.probe();
  assert.deepEqual([width, height], [240, 426]);
  assert.equal((await fetch(`${live.base('v2')}/media.m3u8`)).status, 404, 'none above the source, or like it');
});

test('ffmpeg that is killed leaves a gap in its rungs and none in the source, and another one ends it', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240] });
  await using live = await broadcast(server, clip, 40);
  await live.until('v1', (playlist) => complete(playlist) >= 1);
  const [pid = 0] = ffmpegsOf(process.pid);
  process.kill(pid, 'SIGKILL');
  const after = await live.until('v1', ({ segments }) => {
    const gap = segments.findIndex((segment) => segment.gap);
    return gap >= 0 && segments.slice(gap).some((segment) => !segment.gap && segment.duration !== null);
  });
  assert.notDeepEqual(ffmpegsOf(process.pid), [pid]);
  const resumed = after.segments.findLast(({ gap, duration }) => !gap && duration !== null);
  assert.ok(resumed?.parts[0]?.independent, 'it comes back with a key frame');
  const source = await live.playlist('v0');
  assert.ok(source.segments.every(({ gap, discontinuity }) => !gap && !discontinuity));
  assert.equal(source.segments.find(({ msn }) => msn === resumed.msn)?.date, resumed.date);
  await using file = await download(live, 'v1');
  const { decoded, packets } = await file.probe();
  assert.equal(decoded, packets.length);
});

test('ffmpeg that hangs is killed after five seconds and replaced', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240] });
  await using live = await broadcast(server, clip, 50);
  const { segments } = await live.until('v1', (playlist) => complete(playlist) >= 1);
  const [pid = 0] = ffmpegsOf(process.pid);
  process.kill(pid, 'SIGSTOP');
  const began = Date.now();
  const newest = segments.at(-1)?.msn ?? 0;
  await live.until('v1', (playlist) => playlist.segments.some(({ msn, gap, duration }) => msn > newest + 1 && !gap && duration !== null));
  assert.ok(isGone(pid));
  assert.ok(Date.now() - began > 5000);
  assert.ok((await live.playlist('v0')).segments.every(({ gap, discontinuity }) => !gap && !discontinuity));
});

test('a new epoch is one of the rungs too: a discontinuity in all renditions together', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240] });
  await using live = await broadcast(server, clip, 3);
  await live.playing;
  const { publisher } = live;
  const tracks = trackDescriptions(clip);
  assert.equal((await publisher.push('tracks', { tracks })).response['epoch'], 2);
  const enough = new AbortController();
  const again = publisher.play(clip, { duration: 40, videoOrigin: 2000, audioOrigin: 3000, signal: enough.signal });
  // An ffmpeg that takes its time to begin, for it is another one, leaves a gap first.
  await live.until('v1', ({ segments }) => {
    const first = segments.findIndex(({ discontinuity }) => discontinuity);
    return first >= 0 && segments.slice(first).some(({ gap, duration }) => !gap && duration !== null);
  });
  enough.abort();
  await again;
  const [source, rung] = await Promise.all([live.playlist('v0'), live.playlist('v1')]);
  const of = ({ segments }: MediaPlaylist) => segments.filter(({ discontinuity }) => discontinuity).map(({ msn, map }) => ({ msn, map }));
  assert.deepEqual(of(rung), of(source));
  assert.equal((await fetch(`${live.base('v1')}/init-2.mp4`)).status, 200);
});

test('where no more may be transcoded, a stream has its source and gaps in its rungs', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240], maxTranscodes: 1 });
  await using first = await broadcast(server, clip, 30, 'first');
  await first.until('v1', (playlist) => complete(playlist) >= 1);
  await using second = await broadcast(server, clip, 30, 'second');
  const { segments } = await second.until('v1', (playlist) => playlist.segments.filter(({ duration }) => duration !== null).length >= 1);
  // Whether the one that grows is a gap is known with its end; its parts are.
  assert.ok(segments.every(({ gap, duration, parts }) => gap || (duration === null && parts.every((part) => part.gap))));
  assert.equal(ffmpegsOf(process.pid).length, 1);
  assert.ok((await second.playlist('v0')).segments.every(({ gap }) => !gap));
  const newest = (await first.playlist('v1')).segments.at(-1)?.msn ?? 0;
  // What has the slot keeps it.
  await first.until('v1', (playlist) => playlist.segments.some(({ msn, gap, duration }) => msn > newest && !gap && duration !== null));
});

test('ffmpeg ends with its stream', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240] });
  await using live = await broadcast(server, clip, 20);
  await live.until('v1', (playlist) => complete(playlist) >= 1);
  const [pid = 0] = ffmpegsOf(process.pid);
  assert.ok(!isGone(pid));
  await live.end();
  while (!isGone(pid)) await live.publisher.push('time', {});
});

test('a ladder without an ffmpeg to make it keeps the server from starting', async () => {
  await assert.rejects(startTestServer({ ladder: [240], ffmpeg: 'none' }), /--ladder 240.*--ffmpeg/);
});

test('a viewer who comes when no more may be transcoded waits for one segment, and gets the source', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ladder: [240], maxTranscodes: 0 });
  await using live = await broadcast(server, clip, 20);
  await live.until('v0', ({ segments }) => segments.length > 0);
  using watch = new Stopwatch();
  const index = await (await fetch(`${server.url}/live/demo/index.m3u8`)).text();
  assert.match(index, /RESOLUTION=640x360/);
  assert.doesNotMatch(index, /x240/);
  assert.ok((await live.playlist('v0')).segments.length <= 2 + Math.floor(watch.late / 2000));
});
