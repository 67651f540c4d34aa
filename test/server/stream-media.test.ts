/** A real H.264 stream with sound through the real server, judged by ffmpeg. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfmpeg, findFfprobe } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);

async function bytes(url: string): Promise<Buffer> {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return Buffer.from(await response.arrayBuffer());
}

async function published(server: TestServer, clip: Clip, seconds: number): Promise<{ publisher: Publisher; base: string }> {
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip) });
  assert.equal(publisher.joinReply.status, 'ok');
  await publisher.play(clip, { duration: seconds, fast: true });
  return { publisher, base: `${server.url}/live/demo/${publisher.session.session}` };
}

/** Samples of a file, as ffprobe reads them. */
async function packets(file: string): Promise<string[]> {
  const { stdout } = await run(findFfprobe(), [
    '-v',
    'error',
    '-show_entries',
    'packet=pts,dts,duration,size,flags,data_hash',
    '-show_data_hash',
    'crc32',
    '-of',
    'csv',
    file,
  ]);
  return stdout.trim().split('\n');
}

for (const audio of ['opus', 'aac'] as const) {
  test(`init section and segments of H.264 and ${audio} decode without a warning, every frame of them`, async () => {
    await using server = await startTestServer();
    const directory = await mkdtemp(join(tmpdir(), 'glasscast-media-'));
    try {
      const clip = await encodeClip({ audio });
      const { publisher, base } = await published(server, clip, 8);
      await publisher.end();
      for (const rendition of ['v0', 'a0']) {
        const playlist = parseMediaPlaylist((await bytes(`${base}/${rendition}/media.m3u8`)).toString());
        assert.equal(playlist.ended, true);
        const files = ['init-1.mp4', ...playlist.segments.flatMap(({ uri }) => uri ?? [])];
        const file = join(directory, `${rendition}.mp4`);
        await writeFile(file, Buffer.concat(await Promise.all(files.map((name) => bytes(`${base}/${rendition}/${name}`)))));
        const { stderr } = await run(findFfmpeg(), ['-v', 'warning', '-i', file, '-f', 'null', '-']);
        assert.equal(stderr, '');
        const { stdout } = await run(findFfprobe(), [
          '-v',
          'error',
          '-count_frames',
          '-show_entries',
          'stream=codec_name,nb_read_frames',
          '-of',
          'csv=p=0',
          file,
        ]);
        const [codec, frames] = stdout.trim().split(',');
        assert.equal(codec, rendition === 'v0' ? 'h264' : audio);
        if (rendition === 'v0') assert.equal(Number(frames), 240);
        else assert.ok(Number(frames) >= (audio === 'opus' ? 399 : 373), `${frames} frames of sound`);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}

test('the parts of a segment hold the same samples as the segment, and those that the broadcaster sent', async () => {
  await using server = await startTestServer();
  const directory = await mkdtemp(join(tmpdir(), 'glasscast-media-'));
  try {
    const clip = await encodeClip();
    const { publisher, base } = await published(server, clip, 6);
    const playlist = parseMediaPlaylist((await bytes(`${base}/v0/media.m3u8`)).toString());
    const segment = playlist.segments.find(({ msn }) => msn === 1);
    const init = await bytes(`${base}/v0/init-1.mp4`);
    const whole = join(directory, 'whole.mp4');
    const joined = join(directory, 'joined.mp4');
    const parts = await Promise.all((segment?.parts ?? []).map(({ uri }) => bytes(`${base}/v0/${uri}`)));
    await writeFile(whole, Buffer.concat([init, await bytes(`${base}/v0/seg-1.m4s`)]));
    await writeFile(joined, Buffer.concat([init, ...parts]));
    const samples = await packets(whole);
    assert.equal(samples.length, 60);
    assert.deepEqual(await packets(joined), samples);
    const segmentBytes = await bytes(`${base}/v0/seg-1.m4s`);
    for (const { data } of clip.video.frames.slice(60, 120)) assert.ok(segmentBytes.includes(Buffer.from(data)));
    await publisher.end();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('ffmpeg plays the stream from its multivariant playlist, picture and sound', async () => {
  await using server = await startTestServer();
  const clip = await encodeClip();
  const { publisher } = await published(server, clip, 6);
  await publisher.end();
  const { stdout } = await run(findFfprobe(), [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_name',
    '-of',
    'csv=p=0',
    `${server.url}/live/demo/index.m3u8`,
  ]);
  // AAC beside Opus, since an ffmpeg is here that can make it.
  assert.deepEqual([...new Set(stdout.trim().split(/\s+/))].sort(), ['aac', 'h264', 'opus']);
});
