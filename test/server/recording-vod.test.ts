/** Recordings as players and tools of others read them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfmpeg, findFfprobe } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { readWithHlsParser, readWithM3u8Parser, readWithMpdParser, types } from '../support/outside-readers.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);

interface Listed {
  readonly session: string;
  readonly state: string;
  readonly reason: string | null;
  readonly duration: number;
  readonly bytes: number;
}

async function listed(server: TestServer): Promise<Listed[]> {
  const response = await fetch(`${server.url}/recordings/demo`);
  assert.equal(response.status, 200);
  return ((await response.json()) as { recordings: Listed[] }).recordings;
}

/** The address of a broadcast that was recorded and has ended. */
async function recorded(server: TestServer, clip: Clip, seconds: number): Promise<string> {
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip), record: true });
  assert.equal(publisher.joinReply.status, 'ok');
  await publisher.play(clip, { duration: seconds, fast: true });
  await publisher.end();
  return closed(server, publisher.session.session);
}

/** Its files are closed in the background. */
async function closed(server: TestServer, session: string): Promise<string> {
  while (!(await listed(server)).some((recording) => recording.session === session && recording.state === 'ended'));
  return `${server.url}/recordings/demo/${session}`;
}

interface Probed {
  readonly streams: readonly { readonly codec_type: string; readonly nb_read_frames: string; readonly duration?: string }[];
  readonly format: { readonly duration: string };
}

async function probe(url: string): Promise<Probed> {
  const { stdout, stderr } = await run(findFfprobe(), [
    ...['-v', 'warning', '-count_frames', '-show_entries', 'stream=codec_type,nb_read_frames,duration:format=duration'],
    ...['-of', 'json', url],
  ]);
  assert.equal(stderr, '');
  return JSON.parse(stdout) as Probed;
}

const frames = ({ streams }: Probed, kind: string): number =>
  Number(streams.find(({ codec_type: type }) => type === kind)?.nb_read_frames ?? 0);

/** Decodes all of it; nothing may be wrong. */
async function decode(url: string): Promise<void> {
  const { stderr } = await run(findFfmpeg(), ['-v', 'warning', '-xerror', '-nostdin', '-i', url, '-f', 'null', '-']);
  assert.equal(stderr, '');
}

for (const audio of ['opus', 'aac'] as const) {
  test(`a recording with ${audio} is decoded whole from its playlist, its manifest and its download`, async () => {
    await using server = await startTestServer();
    const clip = await encodeClip({ audio });
    const base = await recorded(server, clip, 8.5);
    for (const file of ['index.m3u8', 'manifest.mpd', 'download.mp4']) {
      const probed = await probe(`${base}/${file}`);
      assert.equal(frames(probed, 'video'), 255, file);
      // The last packets of the sound may have come too late for the last picture.
      assert.ok(Math.abs(frames(probed, 'audio') - (audio === 'opus' ? 425 : 398)) <= 2, `${file}: ${frames(probed, 'audio')}`);
      await decode(`${base}/${file}`);
    }
    const { format } = await probe(`${base}/download.mp4`);
    assert.ok(Math.abs(Number(format.duration) - 8.5) < 1 / 30, format.duration);
  });
}

test('a playlist of what is over is VOD, and lists all of it; readers of others agree', async () => {
  await using server = await startTestServer({ window: 6000 });
  const base = await recorded(server, await encodeClip(), 24);
  const text = await (await fetch(`${base}/v0/media.m3u8`)).text();
  assert.match(text, /^#EXT-X-PLAYLIST-TYPE:VOD$/m);
  const playlist = parseMediaPlaylist(text);
  assert.ok(playlist.ended);
  assert.equal(playlist.mediaSequence, 0);
  const total = playlist.segments.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
  assert.ok(Math.abs(total - 24) < 1 / 30, `${total}`);
  for (const { uri } of playlist.segments) assert.equal((await fetch(`${base}/v0/${uri}`)).status, 200);
  const read = readWithHlsParser(text);
  assert.ok(read instanceof types.MediaPlaylist);
  assert.deepEqual([read.playlistType, read.endlist, read.segments.length], ['VOD', true, 12]);
  const master = readWithHlsParser(await (await fetch(`${base}/index.m3u8`)).text());
  assert.ok(master instanceof types.MasterPlaylist);
  assert.deepEqual(
    master.variants.map(({ uri, codecs }) => [uri, codecs]),
    [['v0/media.m3u8', 'avc1.42c01e,opus']],
  );
  const { manifest: m3u8, remarks } = readWithM3u8Parser(text);
  assert.deepEqual([remarks, m3u8.segments.length], [[], 12]);
  const mpd = readWithMpdParser(await (await fetch(`${base}/manifest.mpd`)).text(), `${base}/manifest.mpd`);
  assert.deepEqual(mpd.remarks, []);
  assert.deepEqual(
    mpd.manifest.playlists[0]?.segments.map(({ resolvedUri }) => resolvedUri),
    playlist.segments.map(({ uri }) => `${base}/v0/${uri}`),
  );
});

test('while it is live a recording can be played from its beginning, as EVENT', async () => {
  await using server = await startTestServer();
  const clip = await encodeClip();
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip), record: true });
  await publisher.play(clip, { duration: 8.5, fast: true });
  assert.deepEqual(publisher.pushes[0], { event: 'recording', payload: { state: 'recording' } });
  const status = (await (await fetch(`${server.url}/api/streams/demo`)).json()) as { recording: unknown };
  assert.deepEqual(status.recording, { state: 'recording' });
  const base = `${server.url}/recordings/demo/${publisher.session.session}`;
  const playlist = parseMediaPlaylist(await (await fetch(`${base}/v0/media.m3u8`)).text());
  assert.match(playlist.text, /^#EXT-X-PLAYLIST-TYPE:EVENT$/m);
  assert.equal(playlist.ended, false);
  assert.ok(playlist.segments.length >= 3);
  const live = await fetch(`${server.url}/live/demo/${publisher.session.session}/v0/seg-1.m4s`);
  const kept = await fetch(`${base}/v0/seg-1.m4s`);
  assert.deepEqual(await kept.bytes(), await live.bytes());
  await publisher.end();
});

test('a picture that changes its size is in the download as it was sent, behind the first', async () => {
  await using server = await startTestServer();
  const small = await encodeClip();
  const large = await encodeClip({ width: 1280, height: 720 });
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(small), record: true });
  await publisher.play(small, { duration: 4, fast: true });
  await publisher.push('tracks', { tracks: trackDescriptions(large) });
  await publisher.play(large, { duration: 4, videoOrigin: 2000, audioOrigin: 2000 });
  await publisher.end();
  const base = await closed(server, publisher.session.session);
  const text = await (await fetch(`${base}/v0/media.m3u8`)).text();
  assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
  assert.equal(text.match(/#EXT-X-MAP/g)?.length, 2);
  const manifest = await (await fetch(`${base}/manifest.mpd`)).text();
  assert.deepEqual(
    [...manifest.matchAll(/<Representation id="v0".* width="(\d+)"/g)].map(([, width]) => width),
    ['640', '1280'],
  );
  const { stdout } = await run(findFfprobe(), [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=width', '-of', 'csv=p=0', `${base}/download.mp4`],
  ]);
  const widths = stdout.trim().split(/\s+/);
  assert.deepEqual([...new Set(widths)], ['640', '1280']);
  assert.equal(widths.length, 240);
  await decode(`${base}/download.mp4`);
});

test('ranges are answered with what was asked for', async () => {
  await using server = await startTestServer();
  const base = await recorded(server, await encodeClip(), 4);
  for (const file of ['download.mp4', 'v0/seg-0.m4s']) {
    const url = `${base}/${file}`;
    const whole = await fetch(url);
    const bytes = await whole.bytes();
    assert.equal(Number(whole.headers.get('content-length')), bytes.byteLength);
    const etag = whole.headers.get('etag') ?? '';
    const size = bytes.byteLength;
    for (const [range, start, end] of [
      ['bytes=0-0', 0, 0],
      ['bytes=100-', 100, size - 1],
      ['bytes=-10', size - 10, size - 1],
      [`bytes=${size - 5}-${size + 100}`, size - 5, size - 1],
      ['bytes=4321-65432', 4321, 65_432],
    ] as const) {
      const response = await fetch(url, { headers: { range } });
      assert.equal(response.status, 206, range);
      assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/${size}`);
      assert.deepEqual(await response.bytes(), bytes.subarray(start, end + 1));
    }
    assert.equal((await fetch(url, { headers: { range: `bytes=${size}-` } })).status, 416);
    assert.equal((await fetch(url, { headers: { range: 'bytes=0-1,5-6' } })).status, 200);
    assert.equal((await fetch(url, { headers: { range: 'bytes=0-1', 'if-range': '"another"' } })).status, 200);
    assert.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304);
    const head = await fetch(url, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length'), (await head.bytes()).byteLength], [200, String(size), 0]);
  }
  const { headers } = await fetch(`${base}/download.mp4`, { method: 'HEAD' });
  assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="demo-[a-z0-9]+\.mp4"$/);
});

test('a poster and a storyboard are drawn, and the newest picture of what is live', async () => {
  await using server = await startTestServer();
  const clip = await encodeClip();
  const live = await Publisher.connect({ server: server.url, stream: 'live', tracks: trackDescriptions(clip) });
  await live.play(clip, { duration: 4, fast: true });
  const base = await recorded(server, clip, 8.5);
  for (const [url, size] of [
    [`${server.url}/live/live/poster.jpg`, '640x360'],
    [`${base}/poster.jpg`, '640x360'],
    [`${base}/storyboard.jpg`, '800x90'],
  ] as const) {
    const response = await fetch(url);
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/jpeg'], url);
    const { stdout } = await run(findFfprobe(), ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0:s=x', url]);
    assert.equal(stdout.trim(), size);
  }
  const vtt = await (await fetch(`${base}/storyboard.vtt`)).text();
  assert.match(vtt, /^WEBVTT\n\n00:00:00\.000 --> 00:00:02\.000\nstoryboard\.jpg#xywh=0,0,160,90\n/);
  assert.match(vtt, /00:00:08\.000 --> 00:00:08\.500\nstoryboard\.jpg#xywh=640,0,160,90\n$/);
  assert.equal((await fetch(`${server.url}/live/nobody/poster.jpg`)).status, 404);
  live.drop();
});

test('a recording in the making has a poster, and a storyboard as soon as it is over', async () => {
  await using server = await startTestServer();
  const clip = await encodeClip();
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip), record: true });
  await publisher.play(clip, { duration: 8, fast: true });
  const base = `${server.url}/recordings/demo/${publisher.session.session}`;
  const statuses = async (): Promise<number[]> =>
    Promise.all(['poster.jpg', 'poster.jpg', 'storyboard.jpg'].map(async (file) => (await fetch(`${base}/${file}`)).status));
  assert.deepEqual(await statuses(), [200, 200, 404]);
  await publisher.end();
  await closed(server, publisher.session.session);
  assert.deepEqual(await statuses(), [200, 200, 200]);
});

test('without ffmpeg pictures are not found, with the remedy', async () => {
  await using server = await startTestServer({ ffmpeg: 'none' });
  const base = await recorded(server, await encodeClip(), 4);
  for (const file of ['poster.jpg', 'storyboard.jpg', 'storyboard.vtt']) {
    const response = await fetch(`${base}/${file}`);
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    assert.deepEqual([response.status, code], [404, 'no-decoder'], file);
    assert.match(detail, /--ffmpeg/);
  }
  assert.equal((await fetch(`${base}/download.mp4`)).status, 200);
});
