/** Recordings of other codecs on their way through ffmpeg: in MP4, kept on the disk, and where nothing may be transcoded. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfmpeg, findFfprobe } from '../../tools/find-program.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';

const run = promisify(execFile);
const WEBM = new Uint8Array(readFileSync(new URL('../fixtures/chromium-vp8-opus.webm', import.meta.url)));
const ENCODERS = execFileSync(findFfmpeg(), ['-hide_banner', '-encoders'], { encoding: 'utf8' });
const SECONDS = 4;

async function connect(server: TestServer, container: string, record = false): Promise<Publisher> {
  const tracks = [videoTrack({ codec: 'vp8' })];
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks, container, record });
  assert.equal(publisher.joinReply.status, 'ok', JSON.stringify(publisher.joinReply.response));
  return publisher;
}

/** Sends a recording that ends about now. */
async function send(publisher: Publisher, recording: Uint8Array, seconds: number): Promise<void> {
  await publisher.push('clock', { track: 0, dts: 0, wall_ms: Date.now() - seconds * 1000, offset_ms: 0 });
  for (let offset = 0; offset < recording.byteLength; offset += 20_000) {
    const { status, response } = await publisher.push('chunk', recording.slice(offset, offset + 20_000));
    assert.equal(status, 'ok', JSON.stringify(response));
  }
}

/** Resolves when so many seconds of pictures are listed. */
async function packaged(server: TestServer, publisher: Publisher, seconds: number): Promise<void> {
  for (;;) {
    const response = await fetch(`${server.url}/live/demo/${publisher.session.session}/v0/media.m3u8`);
    const text = response.status === 200 ? await response.text() : '';
    const parts = text === '' ? [] : parseMediaPlaylist(text).segments.flatMap((segment) => segment.parts);
    if (parts.reduce((sum, { duration }) => sum + duration, 0) >= seconds) return;
    await publisher.push('time', {});
  }
}

/** Codec and number of all pictures that decode. */
async function pictures(url: string): Promise<{ codec: string; count: number }> {
  const entries = ['-select_streams', 'v:0', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'json'];
  const { stdout, stderr } = await run(findFfprobe(), ['-v', 'warning', '-count_frames', ...entries, url]);
  assert.equal(stderr, '');
  const [stream] = (JSON.parse(stdout) as { streams: { codec_name: string; nb_read_frames: string }[] }).streams;
  return { codec: stream?.codec_name ?? '', count: Number(stream?.nb_read_frames) };
}

for (const [name, encoder, options] of [
  // With pictures that are never shown, several in one sample.
  ['VP9', 'libvpx-vp9', ['-deadline', 'realtime', '-cpu-used', '8', '-auto-alt-ref', '1', '-lag-in-frames', '10']],
  ['AV1', 'libaom-av1', ['-usage', 'realtime', '-cpu-used', '8']],
] as const) {
  const skip = ENCODERS.includes(` ${encoder} `) ? false : `this ffmpeg has no ${encoder}`;
  test(`${name} in fragmented MP4 becomes H.264`, { timeout: 90_000, skip }, async () => {
    const source = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=30:duration=${SECONDS}`];
    const sound = ['-f', 'lavfi', '-i', `sine=sample_rate=48000:duration=${SECONDS}`];
    const { stdout } = await run(
      findFfmpeg(),
      [
        ...['-v', 'error', ...source, ...sound, '-pix_fmt', 'yuv420p', '-c:v', encoder, ...options, '-b:v', '400k', '-g', '30'],
        ...['-c:a', 'libopus', '-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov+default_base_moof', 'pipe:1'],
      ],
      { encoding: 'buffer', maxBuffer: 1 << 26 },
    );
    await using server = await startTestServer();
    const publisher = await connect(server, 'fmp4', true);
    await send(publisher, new Uint8Array(stdout), SECONDS);
    await packaged(server, publisher, SECONDS - 1);
    await publisher.end();
    const { codec, count } = await pictures(`${server.url}/live/demo/index.m3u8`);
    assert.equal(codec, 'h264');
    assert.ok(count >= 80, `${count} pictures`);
  });
}

test('what came as WebM and went through ffmpeg is recorded as it was watched', { timeout: 90_000 }, async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, 'webm', true);
  await send(publisher, WEBM, 4);
  await packaged(server, publisher, 2);
  await publisher.end();
  const base = `${server.url}/recordings/demo/${publisher.session.session}`;
  while (!(await (await fetch(`${base}/index.m3u8`)).text()).includes('EXT-X-STREAM-INF'));
  const watched = await pictures(`${server.url}/live/demo/index.m3u8`);
  assert.ok(watched.count >= 40, `${watched.count} pictures`);
  for (const file of ['index.m3u8', 'download.mp4']) assert.deepEqual(await pictures(`${base}/${file}`), watched, file);
});

test('where nothing may be transcoded, other codecs are refused at once and H.264 is taken', { timeout: 30_000 }, async () => {
  await using server = await startTestServer({ maxTranscodes: 0 });
  const refused = await Publisher.connect({
    server: server.url,
    stream: 'demo',
    tracks: [videoTrack({ codec: 'vp9' })],
    container: 'webm',
  });
  assert.equal(refused.joinReply.response['reason'], 'codec-unsupported');
  assert.match(String(refused.joinReply.response['details']), /--max-transcodes 0/);
  const undeclared = await fetch(`${server.url}/ingest/demo?container=webm`, { method: 'POST', body: new Uint8Array(WEBM) });
  assert.equal(undeclared.status, 415);
  const taken = await fetch(`${server.url}/ingest/demo`, {
    method: 'POST',
    body: new Uint8Array(readFileSync(new URL('../fixtures/chromium-avc1-opus.mkv', import.meta.url))),
  });
  assert.equal(taken.status, 201);
});
