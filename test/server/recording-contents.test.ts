/** What a recording lists where media is missing: the broadcaster was away, the sound stopped, a layer came late. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { contentsOf, periodsOf } from '../../server-reference/src/recording/contents.ts';
import { Download } from '../../server-reference/src/recording/download.ts';
import type { RecordingIndex } from '../../server-reference/src/recording/recording-index.ts';
import { vodManifest } from '../../server-reference/src/recording/vod-manifest.ts';
import { vodMediaPlaylist, vodMultivariantPlaylist } from '../../server-reference/src/recording/vod-playlist.ts';
import { findFfprobe } from '../../tools/find-program.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { RecordedOrigin } from '../support/recorded-origin.ts';
import { AVCC_720P, audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

const run = promisify(execFile);

interface Packet {
  readonly codec_type: string;
  readonly pts_time: string;
  readonly duration_time: string;
}

async function indexOf(origin: RecordedOrigin, session: string): Promise<RecordingIndex> {
  const index = await origin.recordings.index('demo', session);
  assert.ok(index !== null);
  return index;
}

const playlistOf = (index: RecordingIndex, rendition: string) =>
  parseMediaPlaylist(
    vodMediaPlaylist(rendition, contentsOf(index), { zero: index.header.zero, targetDuration: 2, ended: true, token: false }),
  );

/** What ffprobe finds in the download: times of its packets, by kind. */
async function packetsOf(origin: RecordedOrigin, session: string, index: RecordingIndex): Promise<{ video: number[]; audio: number[] }> {
  const download = await Download.of(origin.folder(session), index);
  assert.ok(download !== null);
  const pieces: Buffer[] = [];
  for await (const piece of download.read(0, download.length - 1)) pieces.push(piece);
  const file = join(origin.directory, 'download.mp4');
  await writeFile(file, Buffer.concat(pieces));
  const { stdout } = await run(findFfprobe(), [
    ...['-v', 'error', '-show_entries', 'packet=codec_type,pts_time,duration_time', '-of', 'json', file],
  ]);
  const { packets } = JSON.parse(stdout) as { packets: Packet[] };
  const times = (kind: string): number[] =>
    packets.filter(({ codec_type: type }) => type === kind).map(({ pts_time: time }) => Number(time));
  return { video: times('video'), audio: times('audio') };
}

const longestStep = (times: readonly number[]): number => Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? time)));

test('the time that a broadcaster was away is left out, and what follows is discontinuous in all renditions', async () => {
  await using origin = await RecordedOrigin.start();
  const broadcast = origin.broadcast();
  await origin.run(broadcast, 6);
  broadcast.publication.drop();
  broadcast.pause(15);
  const again = origin.broadcast({ publishKey: broadcast.publication.publishKey });
  await origin.run(again, 6);
  const session = await origin.end(again);
  const index = await indexOf(origin, session);
  assert.ok(index.duration > 26, `${index.duration}`);
  const video = playlistOf(index, 'v0');
  const audio = playlistOf(index, 'a0');
  for (const { segments } of [video, audio]) {
    assert.equal(segments.filter(({ discontinuity }) => discontinuity).length, 1);
    assert.equal(segments.filter(({ gap }) => gap).length, 0);
    const total = segments.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
    assert.ok(Math.abs(total - 12) < 0.5, `${total}`);
  }
  assert.deepEqual(
    video.segments.map(({ uri, discontinuity }) => [uri, discontinuity]),
    audio.segments.map(({ uri, discontinuity }) => [uri, discontinuity]),
  );
  const [first, second, ...more] = periodsOf(contentsOf(index));
  assert.deepEqual(more, []);
  assert.ok(first !== undefined && second !== undefined && second.start === first.duration);
  const { video: pictures, audio: sounds } = await packetsOf(origin, session, index);
  assert.ok(longestStep(pictures) < 0.2 && longestStep(sounds) < 0.2, `${longestStep(pictures)} ${longestStep(sounds)}`);
  assert.ok(Math.abs((pictures.at(-1) ?? 0) - 12) < 0.5);
});

test('sound that stops and comes back leaves a gap in its rendition alone, and stays with its pictures', async () => {
  await using origin = await RecordedOrigin.start();
  const broadcast = origin.broadcast();
  await origin.run(broadcast, 6);
  await origin.run(broadcast, 8, { audio: false });
  await origin.run(broadcast, 6);
  const session = await origin.end(broadcast);
  const index = await indexOf(origin, session);
  const video = playlistOf(index, 'v0');
  const audio = playlistOf(index, 'a0');
  assert.equal(video.segments.length, audio.segments.length);
  assert.equal(video.segments.filter(({ gap }) => gap).length, 0);
  assert.ok(audio.segments.filter(({ gap }) => gap).length >= 3);
  assert.ok([...video.segments, ...audio.segments].every(({ discontinuity }) => !discontinuity));
  const periods = periodsOf(contentsOf(index)).map(({ tracks }) => tracks.map(({ rendition }) => rendition.info.id).join());
  assert.deepEqual(periods, ['v0,a0', 'v0', 'v0,a0']);
  const { video: pictures, audio: sounds } = await packetsOf(origin, session, index);
  assert.ok(longestStep(sounds) > 6);
  assert.ok(Math.abs((pictures.at(-1) ?? 0) - (sounds.at(-1) ?? 0)) < 0.1);
});

test('layers are variants of the playlist and Representations of the manifest; the largest one is downloaded', async () => {
  await using origin = await RecordedOrigin.start();
  const layers = [videoTrack({ id: 0, layer: 0 }), videoTrack({ id: 2, layer: 1, description: AVCC_720P })];
  const broadcast = origin.broadcast({ tracks: [...layers, audioTrack()] });
  await origin.run(broadcast, 7, { layers: [2] });
  const session = await origin.end(broadcast);
  const index = await indexOf(origin, session);
  const contents = contentsOf(index);
  const master = vodMultivariantPlaylist(contents, false);
  assert.deepEqual(
    master.split('\n').filter((line) => /^[av]\d/.test(line)),
    ['v0/media.m3u8', 'v1/media.m3u8'],
  );
  const manifest = vodManifest(contents, { query: '' });
  assert.deepEqual(
    [...manifest.matchAll(/<Representation id="(\w+)"/g)].map(([, id]) => id),
    ['v0', 'v1', 'a0'],
  );
  const { video } = await packetsOf(origin, session, index);
  assert.ok(Math.abs(video.length - 210) <= 1, `${video.length}`);
  const file = join(origin.directory, 'download.mp4');
  const { stdout } = await run(findFfprobe(), [
    '-v',
    'quiet',
    '-select_streams',
    'v',
    '-show_entries',
    'stream=width',
    '-of',
    'csv=p=0',
    file,
  ]);
  assert.equal(stdout.trim(), '1280');
});

test('sound alone is recorded too', async () => {
  await using origin = await RecordedOrigin.start();
  const broadcast = origin.broadcast({ tracks: [audioTrack()] });
  await origin.run(broadcast, 6);
  const session = await origin.end(broadcast);
  const index = await indexOf(origin, session);
  assert.match(vodMultivariantPlaylist(contentsOf(index), false), /CODECS="opus"\na0\/media\.m3u8/);
  const { audio } = await packetsOf(origin, session, index);
  assert.ok(Math.abs(audio.length - 300) <= 1, `${audio.length}`);
});
