/** AAC beside Opus, made by a real ffmpeg while somebody asks for it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type MatroskaBlock, MatroskaReader } from '../../server-reference/src/ingest/matroska-reader.ts';
import { findFfmpeg, findFfprobe } from '../../tools/find-program.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import type { MediaPlaylist } from '../support/playlist.ts';
import { startTestServer } from '../support/server.ts';
import { broadcast, download, ffmpegsOf, type MediaFile } from '../support/transcoding.ts';

const run = promisify(execFile);
const complete = ({ segments }: MediaPlaylist): number => segments.filter(({ duration, gap }) => duration !== null && !gap).length;

/** A click of 2 ms every half second, and silence between. */
async function clickingClip(): Promise<Clip> {
  const clip = await encodeClip({ audio: 'opus' });
  const clicks = "aevalsrc='if(lt(mod(t,0.5),0.002),0.9*sin(2*PI*3000*t),0)':s=48000:d=4";
  const args = ['-v', 'error', '-f', 'lavfi', '-i', clicks, '-ac', '2', '-c:a', 'libopus', '-b:a', '96k', '-frame_duration', '20'];
  const { stdout } = await run(findFfmpeg(), [...args, '-f', 'matroska', 'pipe:1'], { encoding: 'buffer' });
  const events = new MatroskaReader().push(new Uint8Array(stdout));
  const blocks = events.filter((event): event is MatroskaBlock => event.type === 'block');
  const frames = blocks.map(({ data }, index) => ({ time: index * 0.02, key: true, data }));
  assert.ok(clip.audio !== null && frames.length >= 200);
  return { ...clip, audio: { ...clip.audio, frames } };
}

async function samples({ file }: MediaFile): Promise<Float32Array> {
  const decode = ['-v', 'error', '-i', file, '-map', '0:a:0', '-ac', '1', '-ar', '48000', '-f', 'f32le', 'pipe:1'];
  const { stdout } = await run(findFfmpeg(), decode, { encoding: 'buffer', maxBuffer: 1 << 26 });
  return new Float32Array(new Uint8Array(stdout).buffer);
}

/** When the clicks are heard, in seconds of the media's timeline. */
async function clicks(media: MediaFile): Promise<number[]> {
  const probe = [
    '-v',
    'error',
    '-select_streams',
    'a:0',
    '-show_entries',
    'frame=pts_time',
    '-read_intervals',
    '%+#3',
    '-of',
    'csv=p=0',
    media.file,
  ];
  const first = Number.parseFloat((await run(findFfprobe(), probe)).stdout);
  const found: number[] = [];
  for (const [index, sample] of (await samples(media)).entries()) {
    const time = first + index / 48_000;
    if (Math.abs(sample) > 0.2 && time - (found.at(-1) ?? Number.NEGATIVE_INFINITY) > 0.1) found.push(time);
  }
  return found;
}

test('a click is heard at the same time in AAC and in Opus', { timeout: 60_000 }, async () => {
  await using server = await startTestServer();
  await using live = await broadcast(server, await clickingClip(), 20);
  // It is silence until its encoder has begun.
  await live.until('a1', (playlist) => complete(playlist) >= 4);
  await using opus = await download(live, 'a0');
  await using aac = await download(live, 'a1');
  const { codec, decoded, packets } = await aac.probe();
  assert.equal(codec, 'aac');
  assert.ok(decoded >= packets.length - 1, `${decoded} of ${packets.length} decode`);
  const [inOpus, inAac] = await Promise.all([clicks(opus), clicks(aac)]);
  // The first may be cut by the beginning of the encoder, and AAC was asked for last: it may have a segment more.
  const heard = inAac.slice(1).filter((time) => time < (inOpus.at(-1) ?? 0) + 0.25);
  const compared = heard.map((time) => Math.min(...inOpus.map((other) => Math.abs(other - time))));
  assert.ok(compared.length >= 5, `${inAac} in AAC, ${inOpus} in Opus`);
  for (const difference of compared) assert.ok(difference < 0.02, `${inAac} in AAC, ${inOpus} in Opus`);
});

test('AAC has the segments of the other renditions, a frame more or less, and decode times without a step', {
  timeout: 60_000,
}, async () => {
  await using server = await startTestServer();
  await using live = await broadcast(server, await encodeClip(), 30);
  await live.until('a1', (playlist) => complete(playlist) >= 3);
  const [source, aac] = await Promise.all([live.playlist('v0'), live.playlist('a1')]);
  assert.equal(aac.partTarget, source.partTarget);
  for (const segment of aac.segments.filter(({ gap, duration }) => !gap && duration !== null)) {
    const other = source.segments.find(({ msn }) => msn === segment.msn);
    assert.ok(Math.abs((segment.date ?? 0) - (other?.date ?? 0)) <= 22, `segment ${segment.msn}`);
    const target = aac.partTarget ?? 0;
    for (const part of segment.parts.slice(0, -1)) assert.ok(part.duration <= target && part.duration >= 0.85 * target, `${part.duration}`);
  }
  await using file = await download(live, 'a1');
  const { packets } = await file.probe();
  const steps = packets.slice(1).map(({ dts_time }, index) => Number(dts_time) - Number(packets[index]?.dts_time));
  const irregular = steps.filter((step) => Math.abs(step - 1024 / 48_000) > 0.001);
  // Where the encoder begins, one frame of silence is shorter.
  assert.ok(irregular.length <= 1 && irregular.every((step) => step < 1024 / 48_000), `${irregular}`);
});

test('before somebody asks it is silence that nobody makes, listed all the same; then the sound begins within the segment', {
  timeout: 60_000,
}, async () => {
  await using server = await startTestServer();
  await using live = await broadcast(server, await encodeClip(), 30);
  await live.until('a0', (playlist) => complete(playlist) >= 1);
  assert.match(await (await fetch(`${server.url}/live/demo/index.m3u8`)).text(), /CODECS="avc1[^"]*,mp4a\.40\.2"/);
  assert.deepEqual(ffmpegsOf(process.pid), []);
  const { segments } = await live.until('a1', (playlist) => complete(playlist) >= 4);
  assert.ok(segments.every(({ gap }) => !gap));
  assert.equal(ffmpegsOf(process.pid).length, 1);
  await using file = await download(live, 'a1');
  const { decoded, packets } = await file.probe();
  assert.equal(decoded, packets.length);
  const loud = await samples(file);
  const first = loud.findIndex((sample) => Math.abs(sample) > 0.01) / 48_000;
  assert.ok(first > 1 && first < 6, `sound begins after ${first} s`);
});

test('an AAC encoder that is killed is replaced while somebody asks', { timeout: 60_000 }, async () => {
  await using server = await startTestServer();
  await using live = await broadcast(server, await encodeClip(), 40);
  const { segments } = await live.until('a1', (playlist) => complete(playlist) >= 1);
  const [pid = 0] = ffmpegsOf(process.pid);
  process.kill(pid, 'SIGKILL');
  const newest = segments.at(-1)?.msn ?? 0;
  await live.until('a1', (playlist) => playlist.segments.some(({ msn, gap, duration }) => msn > newest && !gap && duration !== null));
  const others = ffmpegsOf(process.pid);
  assert.equal(others.length, 1);
  assert.notEqual(others[0], pid);
  assert.ok((await live.playlist('a0')).segments.every(({ gap, discontinuity }) => !gap && !discontinuity));
});

test('without ffmpeg, and for a broadcaster that sends AAC, there is no second sound', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ ffmpeg: 'none' });
  await using live = await broadcast(server, await encodeClip(), 20);
  await live.until('a0', (playlist) => complete(playlist) >= 1);
  assert.equal((await fetch(`${live.base('a1')}/media.m3u8`)).status, 404);
  await using other = await startTestServer();
  await using sendsAac = await broadcast(other, await encodeClip({ audio: 'aac' }), 20);
  await sendsAac.until('a0', (playlist) => complete(playlist) >= 1);
  assert.equal((await fetch(`${sendsAac.base('a1')}/media.m3u8`)).status, 404);
});
