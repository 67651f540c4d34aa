/** Faces that the server draws on a broadcast: real ffmpeg, the detector that ships, and what viewers get of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, mkdtempDisposable, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BOX_INK } from '../../server-reference/src/vision/live/face-drawing.ts';
import { findFfmpeg, findFfprobe } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { faceClip } from '../support/face-clip.ts';
import { withoutPortrait } from '../support/face-model.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';
import { type Broadcast, broadcast, download, ffmpegsOf, isGone } from '../support/transcoding.ts';
import { unhurried } from '../support/unhurried.ts';

const run = promisify(execFile);
const OVERLAY = 'server:faces';
const WIDTH = 640;
const HEIGHT = 480;
/** What the server promises on any machine of today. */
const RATE = 15;
/** Seconds, and how many of them are looked at. */
const SEGMENT = 2;
const SEGMENTS = 2;
/** Of the first picture, on the timeline. */
const BEGINNING = 1;
const pattern = await encodeClip({ width: 320, height: 240 });
const WEBM = new Uint8Array(readFileSync(new URL('../fixtures/chromium-vp8-opus.webm', import.meta.url)));

const complete = ({ segments }: MediaPlaylist): number => segments.filter(({ duration, gap }) => duration !== null && !gap).length;

const film = faceClip();

const faces = async (): Promise<Clip> => {
  assert.ok(film !== undefined);
  return encodeClip({ width: WIDTH, height: HEIGHT, frameRate: RATE, film, duration: 6 });
};

/** Has the detector loaded: a picture of its own is looked at. */
async function prepareDetector({ url }: { readonly url: string }): Promise<void> {
  const films = readFileSync(film ?? '');
  const second = films.indexOf(Buffer.of(0xff, 0xd8, 0xff), 3);
  const body = new Uint8Array(films.subarray(0, second));
  const response = await fetch(`${url}/frames/warm`, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body });
  assert.equal(response.status, 200, await response.text());
}

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
  return { codec, decoded, packets: packets.map(({ pts_time, flags }) => ({ pts: Number(pts_time), key: flags.startsWith('K') })) };
};

test('viewers see boxes on the faces, in pictures that have the times of their sources, and the sound in step', {
  timeout: 180_000,
  skip: withoutPortrait(),
}, async (context) => {
  const clip = await faces();
  await using server = await startTestServer();
  await prepareDetector(server);
  await using drawn = await broadcast(server, clip, 20, 'drawn', false, OVERLAY);
  assert.equal(drawn.publisher.joinReply.response['overlay'], OVERLAY);
  await using plain = await broadcast(server, clip, 20, 'plain');
  assert.equal(plain.publisher.joinReply.response['overlay'], undefined);
  await Promise.all([drawn, plain].map((live) => live.until('v0', (playlist) => complete(playlist) >= SEGMENTS)));

  const [here, there] = [await times(drawn, 'v0'), await times(plain, 'v0')];
  assert.equal(here.codec, 'h264');
  assert.equal(here.decoded, here.packets.length, 'every picture decodes');
  const [beginning = 0] = here.packets.map(({ pts }) => pts);
  // A machine that is too slow drops some; the others have their times all the same.
  const pictures = here.packets.map((packet) => ({ ...packet, number: Math.round((packet.pts - beginning) * RATE) }));
  for (const { pts, number } of pictures)
    assert.ok(Math.abs(pts - beginning - number / RATE) < 0.002, `a picture at ${pts}, where none was sent`);
  // Where ffmpeg did not even begin within seconds, the first picture is another one, and what follows cannot be told apart by numbers.
  const isFromTheFirst = Math.abs(beginning - BEGINNING) < 0.002;
  if (isFromTheFirst) {
    const common = pictures.filter(({ number }) => number < there.packets.length);
    assert.ok(common.length >= (SEGMENTS - 0.5) * SEGMENT * RATE * 0.5, `${common.length} pictures`);
    for (const [index, { pts, key, number }] of common.entries()) {
      const source = there.packets[number];
      assert.ok(Math.abs(pts - (source?.pts ?? 0)) < 0.002, `picture ${number} at ${pts}, and ${source?.pts} without an overlay`);
      // Behind a gap the first stands in for a key frame that may have been in there.
      if (number === (common[index - 1]?.number ?? -1) + 1) assert.equal(key, source?.key, `picture ${number}`);
    }
    const [sound, untouched] = [await times(drawn, 'a0'), await times(plain, 'a0')];
    for (const index of [0, 1, 100, 150]) {
      const [ours, theirs] = [sound, untouched].map(({ packets }) => packets[index]?.pts);
      assert.ok(Math.abs((ours ?? 0) - (theirs ?? 1)) < 0.002, `packet ${index} at ${ours}, and ${theirs} without an overlay`);
    }
  } else context.diagnostic('this machine is too busy: key frames and sound were not compared');

  await using file = await download(drawn, 'v0');
  const boxes = (await inked(file.file, WIDTH, HEIGHT)).map((box, index) => ({ ...box, at: (here.packets[index]?.pts ?? 0) - BEGINNING }));
  // A face has to be found twice.
  const due = boxes.filter(({ at }) => at > 1);
  const boxed = due.filter(({ count }) => count > 200);
  assert.ok(boxed.length >= 0.5 * due.length, `${boxed.length} of ${due.length} have a box`);
  const right = boxed.filter(({ x, y, at }) => Math.hypot(x - faceAt(at).x, y - faceAt(at).y) < 60);
  if (isFromTheFirst) assert.ok(right.length >= 0.8 * boxed.length, `${right.length} of ${boxed.length} have their box where the face is`);
  await using other = await download(plain, 'v0');
  for (const { count } of await inked(other.file, WIDTH, HEIGHT)) assert.ok(count < 20, `${count} pixels of a box in what nobody drew on`);

  const children = ffmpegsOf(process.pid);
  assert.equal(children.length, 2, 'a decoder and an encoder');
  await drawn.end();
  while (children.some((child) => !isGone(child))) await new Promise((resolve) => setImmediate(resolve));
});

test('nothing is drawn where there is no face, and a child that is killed is replaced', { timeout: 180_000 }, async () => {
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
    // Both are new; what the one that was killed had made may still come meanwhile.
    for (let after: number[] = []; after.length !== 2 || after.some((pid) => before.includes(pid)); after = ffmpegsOf(process.pid))
      await live.publisher.push('time', {});
    const listed = (await live.playlist('v0')).segments.at(-1)?.msn ?? 0;
    await live.until('v0', ({ segments }) => segments.some(({ msn, parts, gap }) => msn > listed && parts.length > 0 && !gap));
  }
  assert.deepEqual(
    live.publisher.pushes.filter(({ event }) => event === 'overlay'),
    [],
  );
});

test('pictures of another codec are drawn on before they become H.264: two children and one slot', { timeout: 180_000 }, async () => {
  const drawn = async (): Promise<number> => {
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
    const listed = async (): Promise<number> => {
      const playlist = await fetch(`${base}/media.m3u8`);
      const parts = playlist.status === 200 ? parseMediaPlaylist(await playlist.text()).segments.flatMap((segment) => segment.parts) : [];
      return parts.reduce((sum, { duration }) => sum + duration, 0);
    };
    while ((await listed()) < 3.5) await publisher.push('time', {});
    assert.equal(ffmpegsOf(process.pid).length, 2);
    await publisher.end();
    const entries = ['-select_streams', 'v:0', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'csv=p=0'];
    const { stdout } = await run(findFfprobe(), ['-v', 'error', '-count_frames', ...entries, `${server.url}/live/demo/index.m3u8`]);
    const [, codec, count] = /^(\w+),(\d+)/.exec(stdout) ?? [];
    assert.equal(codec, 'h264');
    return Number(count);
  };
  const count = await unhurried(drawn, (pictures) => pictures >= 70);
  assert.ok(count >= 70, `${count} pictures, though all came at once`);
});

interface Recorded extends AsyncDisposable {
  /** A file of the init section and the first segment. */
  readonly file: string;
}

/** Sends a recording in Matroska at once, to be drawn on. */
async function recorded(server: { readonly url: string }, recording: Uint8Array, signal: AbortSignal): Promise<Recorded> {
  const tracks = [videoTrack()];
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks, container: 'matroska', overlay: OVERLAY });
  assert.equal(publisher.joinReply.response['overlay'], OVERLAY);
  await publisher.push('clock', { track: 0, dts: 0, wall_ms: Date.now() - 5000, offset_ms: 0 });
  assert.equal((await publisher.push('chunk', recording)).status, 'ok');
  const base = `${server.url}/live/demo/${publisher.session.session}/v0`;
  const read = async (path: string): Promise<Buffer> => Buffer.from(await (await fetch(`${base}/${path}`)).arrayBuffer());
  let segment: string | undefined;
  while (segment === undefined) {
    signal.throwIfAborted();
    segment = /^seg-\d+\.m4s.*$/m.exec(String(await read('media.m3u8')))?.[0];
  }
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-overlay-'));
  const file = join(folder, 'v0.mp4');
  await writeFile(file, Buffer.concat([await read('init-1.mp4'), await read(segment)]));
  return {
    file,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
      publisher.drop();
    },
  };
}

const made = async (...args: readonly string[]): Promise<Uint8Array> => {
  const { stdout } = await run(findFfmpeg(), ['-v', 'error', ...args, 'pipe:1'], { encoding: 'buffer', maxBuffer: 1 << 26 });
  return new Uint8Array(stdout);
};

test('pictures that are decoded in another order than they are shown in keep their times and what their colours mean', {
  timeout: 180_000,
}, async ({ signal }) => {
  const bt709 = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
  const x264 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '60', ...bt709];
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=30:duration=5'];
  const entries = 'packet=pts_time:stream=color_space,color_primaries,color_transfer';
  const drawn = async () => {
    await using server = await startTestServer();
    await using live = await recorded(server, await made(...source, ...x264, '-f', 'matroska'), signal);
    return JSON.parse((await run(findFfprobe(), ['-v', 'error', '-show_entries', entries, '-of', 'json', live.file])).stdout);
  };
  const probed = await unhurried(drawn, ({ packets }) => packets.length >= 60);
  const [{ color_space, color_primaries, color_transfer }] = probed.streams;
  assert.deepEqual([color_space, color_primaries, color_transfer], ['bt709', 'bt709', 'bt709']);
  const pts: number[] = probed.packets.map(({ pts_time }: { pts_time: string }) => Number(pts_time));
  assert.ok(pts.length >= 60, `${pts.length} pictures`);
  for (const [index, time] of pts.entries()) assert.ok(Math.abs(time - (pts[0] ?? 0) - index / 30) < 0.002, `${time}`);
});

// Still as it is, all of it has 5 kB: whoever wants to read more before beginning waits for ever.
test('pictures with odd sides are drawn on without their last row and column', { timeout: 180_000 }, async ({ signal }) => {
  const halves = 'color=gray:size=321x241:rate=30:duration=5,format=gray,drawbox=x=0:y=0:w=160:h=241:color=black:t=fill';
  const x264 = ['-pix_fmt', 'gray', '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '60'];
  await using server = await startTestServer();
  await using live = await recorded(server, await made('-f', 'lavfi', '-i', halves, ...x264, '-f', 'matroska'), signal);
  const luma = await made('-i', live.file, '-pix_fmt', 'gray', '-f', 'rawvideo');
  const [width, height] = [320, 240];
  assert.equal(luma.byteLength % (width * height), 0);
  const last = luma.subarray(-width * height);
  // Planes that are counted wrong would lean.
  for (const row of [10, 120, 230]) {
    assert.ok((last[row * width + 80] ?? 255) < 40, `left, in row ${row}: ${last[row * width + 80]}`);
    assert.ok((last[row * width + 240] ?? 0) > 100, `right, in row ${row}: ${last[row * width + 240]}`);
  }
});

test('pictures of another size are drawn on by children of their own, in an epoch of their own', { timeout: 180_000 }, async () => {
  await using server = await startTestServer();
  const tracks = trackDescriptions(pattern);
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks, overlay: OVERLAY });
  await publisher.play(pattern, { duration: 2 });
  const before = ffmpegsOf(process.pid);
  const larger = await encodeClip({ width: 640, height: 360 });
  const { status, response } = await publisher.push('tracks', { tracks: trackDescriptions(larger) });
  assert.deepEqual([status, response['session']], ['ok', publisher.session.session]);
  await publisher.play(larger, { duration: 2.5, videoOrigin: 2000, audioOrigin: 1000 });
  const after = ffmpegsOf(process.pid);
  assert.deepEqual([before.length, after.length], [2, 2]);
  assert.ok(before.every((pid) => !after.includes(pid)));
  const init = await fetch(`${server.url}/live/demo/${publisher.session.session}/v0/init-2.mp4`);
  const bytes = Buffer.from(await init.arrayBuffer());
  // Of the sample entry.
  const entry = bytes.indexOf('avc1', bytes.indexOf('stsd'));
  assert.deepEqual([bytes.readUInt16BE(entry + 28), bytes.readUInt16BE(entry + 30)], [640, 360]);
  await publisher.end();
});

/** Samples of green in the newest picture of a file: nothing else in a grey film is. */
async function green(source: string): Promise<number> {
  const raw = await made('-i', source, '-pix_fmt', 'yuv444p', '-f', 'rawvideo', '-vf', 'scale=320:180');
  const last = raw.subarray(-3 * 320 * 180);
  return last.subarray(2 * 320 * 180).filter((red) => red < 100).length;
}

test('a detector that is plugged in draws too; rungs, poster and recording have its boxes', { timeout: 180_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'glasscast-lamp-'));
  const film = join(folder.path, 'lamp.mkv');
  const lamp = 'color=0x202020:size=640x360:rate=15:duration=2,drawbox=x=400:y=100:w=60:h=60:color=white:t=fill';
  await writeFile(film, await made('-f', 'lavfi', '-i', lamp, '-c:v', 'mjpeg', '-f', 'matroska'));
  const clip = await encodeClip({ width: 640, height: 360, frameRate: RATE, film, duration: 2 });
  const detector = fileURLToPath(new URL('../../docs/examples/brightest-spot.js', import.meta.url));
  await using server = await startTestServer({ detector, ladder: [180] });
  await using live = await broadcast(server, clip, 20, 'demo', true, OVERLAY);
  await live.until('v0', (playlist) => complete(playlist) >= 2);
  await live.until('v1', (playlist) => complete(playlist) >= 1);
  for (const rendition of ['v0', 'v1']) {
    await using file = await download(live, rendition);
    assert.ok((await green(file.file)) > 50, rendition);
  }
  assert.ok((await green(`${server.url}/live/demo/poster.jpg`)) > 50, 'poster');
  await live.end();
  assert.ok((await green(`${server.url}/recordings/demo/${live.publisher.session.session}/download.mp4`)) > 50, 'recording');
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
