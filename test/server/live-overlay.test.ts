/** Faces that the server draws on a broadcast: real ffmpeg, the detector that ships, and what viewers get of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BOX_INK } from '../../server-reference/src/vision/live/face-drawing.ts';
import { findFfmpeg, findFfprobe } from '../../tools/find-program.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { faceClip } from '../support/face-clip.ts';
import { withoutPortrait } from '../support/face-model.ts';
import type { MediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';
import { type Broadcast, broadcast, download, ffmpegsOf, isGone } from '../support/transcoding.ts';

const run = promisify(execFile);
const OVERLAY = 'server:faces';
const WIDTH = 640;
const HEIGHT = 480;
const pattern = await encodeClip({ width: 320, height: 240 });
const WEBM = new Uint8Array(readFileSync(new URL('../fixtures/chromium-vp8-opus.webm', import.meta.url)));

const complete = ({ segments }: MediaPlaylist): number => segments.filter(({ duration, gap }) => duration !== null && !gap).length;

const faces = async (): Promise<Clip> => {
  const film = faceClip();
  assert.ok(film !== undefined);
  return encodeClip({ width: WIDTH, height: HEIGHT, film });
};

interface Inked {
  readonly count: number;
  readonly x: number;
  readonly y: number;
}

/** Of each picture of a file: how many pixels have the colour of boxes, and the middle of them. */
async function inked(file: string, width: number, height: number): Promise<Inked[]> {
  const { stdout } = await run(findFfmpeg(), ['-v', 'error', '-i', file, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', 'pipe:1'], {
    encoding: 'buffer',
    maxBuffer: 1 << 28,
  });
  const size = (width * height * 3) / 2;
  const half = width / 2;
  const near = (sample: number | undefined, value: number): boolean => Math.abs((sample ?? 0) - value) < 12;
  return Array.from({ length: Math.floor(stdout.byteLength / size) }, (_, index) => {
    const u = stdout.subarray(index * size + width * height);
    const v = u.subarray(half * (height / 2));
    const sum = { count: 0, x: 0, y: 0 };
    for (let place = 0; place < half * (height / 2); place++) {
      if (!near(u[place], BOX_INK.u) || !near(v[place], BOX_INK.v)) continue;
      sum.count++;
      sum.x += 2 * (place % half);
      sum.y += 2 * Math.floor(place / half);
    }
    return { count: sum.count, x: sum.x / sum.count, y: sum.y / sum.count };
  });
}

/** Where the middle of the face's box is, as `face-clip.ts` moves the portrait. */
function faceAt(seconds: number): { x: number; y: number } {
  const turn = (2 * Math.PI * seconds) / 10;
  return { x: 365 - (130 + 130 * Math.sin(turn)), y: 222 - (30 + 30 * Math.cos(turn)) };
}

const times = async (live: Broadcast, rendition: string) => {
  await using file = await download(live, rendition);
  const { packets, decoded, codec } = await file.probe();
  return { codec, decoded, packets: packets.map(({ dts_time, pts_time, flags }) => ({ dts: dts_time, pts: pts_time, key: flags[0] })) };
};

test('viewers see boxes on the faces, in pictures that have the times of their sources, and the sound in step', {
  timeout: 60_000,
  skip: withoutPortrait(),
}, async () => {
  const clip = await faces();
  await using server = await startTestServer();
  await using drawn = await broadcast(server, clip, 20, 'drawn', false, OVERLAY);
  assert.equal(drawn.publisher.joinReply.response['overlay'], OVERLAY);
  await using plain = await broadcast(server, clip, 20, 'plain');
  assert.equal(plain.publisher.joinReply.response['overlay'], undefined);
  await Promise.all([drawn, plain].map((live) => live.until('v0', (playlist) => complete(playlist) >= 2)));

  const [here, there] = [await times(drawn, 'v0'), await times(plain, 'v0')];
  assert.equal(here.codec, 'h264');
  assert.equal(here.decoded, here.packets.length, 'every picture decodes');
  assert.ok(here.packets.length >= 115, `${here.packets.length} pictures`);
  const both = Math.min(here.packets.length, there.packets.length);
  assert.deepEqual(here.packets.slice(0, both), there.packets.slice(0, both));
  const [sound, silence] = [await times(drawn, 'a0'), await times(plain, 'a0')];
  assert.ok(sound.packets.length > 150);
  for (const index of [0, 1, 100, 150]) {
    const [ours, theirs] = [sound, silence].map(({ packets }) => Number(packets[index]?.pts));
    assert.ok(Math.abs((ours ?? 0) - (theirs ?? 1)) < 0.002, `packet ${index} at ${ours}, and ${theirs} without an overlay`);
  }
  const [first] = (await drawn.playlist('v0')).segments;
  assert.equal(first?.gap, false);

  await using file = await download(drawn, 'v0');
  const boxes = await inked(file.file, WIDTH, HEIGHT);
  // The detector takes a moment to load.
  const due = boxes.slice(60, 120).map((box, index) => ({ ...box, face: faceAt((60 + index) / 30) }));
  const right = due.filter(({ count, x, y, face }) => count > 200 && Math.hypot(x - face.x, y - face.y) < 60);
  assert.ok(right.length >= 50, `${right.length} of ${due.length} have their box where the face is`);
  await using other = await download(plain, 'v0');
  for (const { count } of await inked(other.file, WIDTH, HEIGHT)) assert.ok(count < 20, `${count} pixels of a box in what nobody drew on`);

  const children = ffmpegsOf(process.pid);
  assert.equal(children.length, 2, 'a decoder and an encoder');
  await drawn.end();
  while (children.some((child) => !isGone(child))) await new Promise((resolve) => setImmediate(resolve));
});

test('nothing is drawn where there is no face, and a child that is killed is replaced', { timeout: 60_000 }, async () => {
  await using server = await startTestServer();
  await using live = await broadcast(server, pattern, 30, 'demo', false, OVERLAY);
  await live.until('v0', (playlist) => complete(playlist) >= 1);
  await using file = await download(live, 'v0');
  for (const { count } of await inked(file.file, pattern.width, pattern.height))
    assert.ok(count < 100, `${count} pixels like those of a box`);
  for (const which of [0, 1]) {
    const before = ffmpegsOf(process.pid);
    assert.equal(before.length, 2);
    process.kill(before[which] ?? 0, 'SIGKILL');
    const listed = (await live.playlist('v0')).segments.at(-1)?.msn ?? 0;
    await live.until('v0', ({ segments }) => segments.some(({ msn, duration, gap }) => msn > listed && duration !== null && !gap));
    const after = ffmpegsOf(process.pid);
    assert.equal(after.length, 2);
    assert.ok(
      after.every((pid) => !before.includes(pid)),
      'both are new',
    );
  }
  assert.deepEqual(
    live.publisher.pushes.filter(({ event }) => event === 'overlay'),
    [],
  );
});

test('pictures of another codec are drawn on before they become H.264: two children and one slot', { timeout: 60_000 }, async () => {
  await using server = await startTestServer({ maxTranscodes: 1 });
  const tracks = [videoTrack({ codec: 'vp8' })];
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks, container: 'webm', overlay: OVERLAY });
  assert.equal(publisher.joinReply.response['overlay'], OVERLAY);
  await publisher.push('clock', { track: 0, dts: 0, wall_ms: Date.now() - 4000, offset_ms: 0 });
  for (let offset = 0; offset < WEBM.byteLength; offset += 20_000) {
    const { status, response } = await publisher.push('chunk', WEBM.slice(offset, offset + 20_000));
    assert.equal(status, 'ok', JSON.stringify(response));
  }
  const base = `${server.url}/live/demo/${publisher.session.session}/v0`;
  const isThere = async (): Promise<boolean> => (await (await fetch(`${base}/media.m3u8`)).text()).includes('#EXTINF');
  while (!(await isThere())) await publisher.push('time', {});
  assert.equal(ffmpegsOf(process.pid).length, 2);
  await publisher.end();
  const entries = ['-select_streams', 'v:0', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'csv=p=0'];
  const { stdout } = await run(findFfprobe(), ['-v', 'error', '-count_frames', ...entries, `${server.url}/live/demo/index.m3u8`]);
  const [, codec, count] = /^(\w+),(\d+)/.exec(stdout) ?? [];
  assert.equal(codec, 'h264');
  assert.ok(Number(count) >= 75, `${count} pictures, though all came at once`);
});

for (const [why, settings, details] of [
  ['no slot is left', { maxTranscodes: 0 }, /no more streams/],
  ['nothing finds faces', { detector: 'none' }, /detects no faces/],
  ['there is no ffmpeg', { ffmpeg: 'none' }, /ffmpeg/],
] as const) {
  test(`where ${why}, a broadcast goes on without the overlay, and its broadcaster is told`, { timeout: 30_000 }, async () => {
    await using server = await startTestServer(settings);
    await using live = await broadcast(server, pattern, 5, 'demo', false, OVERLAY);
    const { overlay, overlay_details } = live.publisher.joinReply.response;
    assert.equal(overlay, 'none');
    assert.match(String(overlay_details), details);
    await live.until('v0', ({ segments }) => segments.some(({ parts }) => parts.length > 0));
  });
}
