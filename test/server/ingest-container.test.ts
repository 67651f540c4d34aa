/** What Chromium's MediaRecorder writes, as a broadcast: passed through, or through ffmpeg. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfprobe } from '../../tools/find-program.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';

const run = promisify(execFile);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));

async function connect(server: TestServer, container: string): Promise<Publisher> {
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: [videoTrack({ codec: 'vp8' })], container });
  assert.equal(publisher.joinReply.status, 'ok', JSON.stringify(publisher.joinReply.response));
  return publisher;
}

/** Sends a recording of four seconds that ends about now. */
async function send(publisher: Publisher, recording: Uint8Array, piece = 1500): Promise<void> {
  await publisher.push('clock', { track: 0, dts: 0, wall_ms: Date.now() - 4000, offset_ms: 0 });
  for (let offset = 0; offset < recording.byteLength; offset += piece) {
    const { status, response } = await publisher.push('chunk', recording.slice(offset, offset + piece));
    assert.equal(status, 'ok', JSON.stringify(response));
  }
}

interface Packet {
  readonly pts_time: string;
  readonly flags: string;
}

/** What ffprobe finds in a rendition: its codec, and its packets. */
async function probe(server: TestServer, session: string, rendition: string): Promise<{ codec: string; packets: Packet[] }> {
  const base = `${server.url}/live/demo/${session}/${rendition}`;
  const get = async (path: string): Promise<Buffer> => Buffer.from(await (await fetch(`${base}/${path}`)).arrayBuffer());
  const { segments } = parseMediaPlaylist((await get('media.m3u8')).toString());
  const bytes = [await get('init-1.mp4')];
  for (const { uri, gap } of segments) if (uri !== null && !gap) bytes.push(await get(uri));
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-probe-'));
  const file = join(folder, 'media.mp4');
  await writeFile(file, Buffer.concat(bytes));
  const { stdout } = await run(findFfprobe(), [
    ...['-v', 'error', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames:packet=pts_time,flags', '-of', 'json', file],
  ]);
  await rm(folder, { recursive: true });
  const { packets, streams } = JSON.parse(stdout) as { packets: Packet[]; streams: { codec_name: string; nb_read_frames: string }[] };
  assert.equal(Number(streams[0]?.nb_read_frames), packets.length, 'every packet decodes');
  return { codec: streams[0]?.codec_name ?? '', packets };
}

const firstTime = ({ packets }: { packets: Packet[] }): number => Number(packets[0]?.pts_time);

test("Chromium's Matroska with H.264 and Opus passes through", async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, 'matroska');
  await send(publisher, fixture('chromium-avc1-opus.mkv'));
  await publisher.end();
  const [video, sound] = await Promise.all(['v0', 'a0'].map((id) => probe(server, publisher.session.session, id)));
  assert.ok(video !== undefined && sound !== undefined);
  assert.equal(video.codec, 'h264');
  assert.equal(video.packets.length, 80);
  assert.equal(video.packets.filter(({ flags }) => flags.startsWith('K')).length, 1);
  assert.equal(sound.codec, 'opus');
  // Its first packet is older by 50 ms than its time says, and before the first picture nothing is heard.
  assert.equal(sound.packets.length, 65 * 3, 'packets of 60 ms are taken apart');
  assert.ok(Math.abs(firstTime(video) - firstTime(sound)) < 0.045, `${firstTime(video)} and ${firstTime(sound)}`);
});

for (const name of ['chromium-vp8-opus.webm', 'chromium-vp9-opus.webm']) {
  test(`${name} goes through ffmpeg, and sound and picture stay together`, { timeout: 60_000 }, async () => {
    await using server = await startTestServer();
    const publisher = await connect(server, 'webm');
    await send(publisher, fixture(name));
    const { session } = publisher.session;
    const total = async (): Promise<number> => {
      const response = await fetch(`${server.url}/live/demo/${session}/v0/media.m3u8`);
      if (response.status !== 200) return 0;
      const { segments } = parseMediaPlaylist(await response.text());
      return segments.flatMap(({ parts }) => parts).length;
    };
    while ((await total()) < 18) await publisher.push('time', {});
    await publisher.end();
    const [video, sound] = await Promise.all(['v0', 'a0'].map((id) => probe(server, session, id)));
    assert.ok(video !== undefined && sound !== undefined);
    assert.equal(video.codec, 'h264');
    // The last of its 80 may still be in ffmpeg when the broadcast ends.
    assert.ok(video.packets.length > 60, `${video.packets.length} pictures`);
    assert.equal(sound.codec, 'opus');
    assert.ok(Math.abs(firstTime(video) - firstTime(sound)) < 0.045, `${firstTime(video)} and ${firstTime(sound)}`);
  });
}

test('a new recording on the same connection is a new epoch of the same session', async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, 'matroska');
  await send(publisher, fixture('chromium-avc1-opus.mkv'));
  const recording = fixture('chromium-avc1-opus.mkv');
  for (const piece of [recording.slice(0, 1), recording.slice(1)]) {
    assert.equal((await publisher.push('chunk', piece)).status, 'ok');
  }
  await publisher.end();
  const { session } = publisher.session;
  assert.equal((await fetch(`${server.url}/live/demo/${session}/v0/init-2.mp4`)).status, 200);
});

test('a new recording is recognised where the one before was cut off or refused, although its first piece is one byte', async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, 'matroska');
  const recording = fixture('chromium-avc1-opus.mkv');
  await send(publisher, recording.slice(0, 30_000));
  const pieces = [recording.slice(0, 1), recording.slice(1, 3), recording.slice(3, 20_000)];
  for (const piece of pieces) assert.equal((await publisher.push('chunk', piece)).status, 'ok');
  const broken = await publisher.push('chunk', new Uint8Array(50_000));
  assert.equal(broken.response['reason'], 'invalid');
  for (const piece of pieces) assert.equal((await publisher.push('chunk', piece)).status, 'ok');
  publisher.drop();
});

test('a recording over the limit is told to begin anew with less, and then goes on', async () => {
  await using server = await startTestServer({ maxBitrate: 200_000 });
  const publisher = await connect(server, 'matroska');
  const recording = fixture('chromium-avc1-opus.mkv');
  await publisher.push('chunk', recording.slice(0, 20_000));
  const refused = await publisher.push('chunk', new Uint8Array(150_000));
  assert.equal(refused.response['reason'], 'limit');
  assert.deepEqual(publisher.pushes.at(-1), { event: 'bitrate', payload: { track: 0, bps: 160_000 } });
  assert.equal((await publisher.push('chunk', recording.slice(20_000, 21_000))).response['reason'], 'limit');
  assert.equal((await publisher.push('chunk', recording.slice(0, 20_000))).status, 'ok');
  publisher.drop();
});

test('what is no Matroska is refused in words until a recording begins', async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, 'matroska');
  const refused = await publisher.push('chunk', new Uint8Array(Buffer.from('RIFF and so on')));
  assert.deepEqual([refused.status, refused.response['reason']], ['error', 'invalid']);
  assert.match(String(refused.response['details']), /neither Matroska nor WebM/);
  await send(publisher, fixture('chromium-avc1-opus.mkv'));
  publisher.drop();
});

test('without ffmpeg the join says what is missing, and H.264 needs none', async () => {
  await using server = await startTestServer({ ffmpeg: 'none' });
  for (const [container, tracks] of [
    ['webm', [videoTrack({ codec: 'vp8' })]],
    ['matroska', [videoTrack({ codec: 'vp09.00.10.08' })]],
  ] as const) {
    const { joinReply } = await Publisher.connect({ server: server.url, stream: 'demo', tracks, container });
    assert.equal(joinReply.response['reason'], 'codec-unsupported');
    assert.match(String(joinReply.response['details']), /--ffmpeg/);
  }
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: [videoTrack()], container: 'matroska' });
  await send(publisher, fixture('chromium-avc1-opus.mkv'));
  publisher.drop();
});

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('ffmpeg is killed with its stream, and no more of them run than are allowed', { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-ffmpeg-'));
  const program = join(folder, 'ffmpeg');
  await writeFile(program, `#!/bin/sh\necho $$ > '${folder}/pid'\nexec sleep 600\n`);
  await chmod(program, 0o755);
  await using server = await startTestServer({ ffmpeg: program, maxTranscodes: 1 });
  const publisher = await connect(server, 'webm');
  await send(publisher, fixture('chromium-vp8-opus.webm').slice(0, 20_000));
  const read = async (): Promise<number> => Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => '0'));
  let pid = 0;
  while (pid === 0) {
    await publisher.push('time', {});
    pid = await read();
  }
  assert.equal(isGone(pid), false);
  const second = await Publisher.connect({ server: server.url, stream: 'other', tracks: [videoTrack()], container: 'webm' });
  const refused = await second.push('chunk', fixture('chromium-vp8-opus.webm').slice(0, 5000));
  assert.equal(refused.response['reason'], 'limit');
  publisher.drop();
  while (!isGone(pid)) await fetch(`${server.url}/api/streams/demo`).then((response) => response.arrayBuffer());
  second.drop();
  await rm(folder, { recursive: true });
});

test('an ffmpeg that is named and not there keeps the server from starting', async () => {
  await assert.rejects(startTestServer({ ffmpeg: '/no/such/ffmpeg' }), /--ffmpeg/);
});

test("Chromium's fragmented MP4 with avc3 and Opus passes through, both fragments of it", async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, 'fmp4');
  await send(publisher, fixture('chromium-avc3-opus.mp4'), 30_000);
  await publisher.end();
  const { session } = publisher.session;
  const video = await probe(server, session, 'v0');
  assert.equal(video.codec, 'h264');
  assert.equal(video.packets.length, 216);
  const sound = parseMediaPlaylist(await (await fetch(`${server.url}/live/demo/${session}/a0/media.m3u8`)).text());
  const heard = sound.segments.filter(({ gap }) => !gap).reduce((sum, { duration }) => sum + (duration ?? 0), 0);
  assert.ok(heard > 7.5, `${heard} s of sound`);
});
