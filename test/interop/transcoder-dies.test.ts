/** A broadcast that goes through ffmpeg, whose ffmpeg is killed, or hangs: in real time, on the whole way. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { setTimeout as passes } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../tools/find-program.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { videoTrack } from '../support/simulated-broadcast.ts';
import { ffmpegsOf, isGone } from '../support/transcoding.ts';

const run = promisify(execFile);
const SECONDS = 30;
const STEP_MS = 100;

let recording: Buffer;
before(async () => {
  const sources = [`testsrc2=size=320x180:rate=30:duration=${SECONDS}`, `sine=sample_rate=48000:duration=${SECONDS}`];
  const encode =
    '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k -minrate 300k -maxrate 300k -g 30 -c:a libopus -f webm -live 1 pipe:1';
  const args = ['-v', 'error', ...sources.flatMap((source) => ['-f', 'lavfi', '-i', source]), ...encode.split(' ')];
  recording = (await run(findFfmpeg(), args, { encoding: 'buffer', maxBuffer: 1 << 26 })).stdout;
});

/** Sends the recording as fast as it would be recorded. */
async function play(publisher: Publisher, signal: AbortSignal): Promise<void> {
  const piece = Math.ceil((recording.byteLength / SECONDS) * (STEP_MS / 1000));
  for (let offset = 0; offset < recording.byteLength && !signal.aborted; offset += piece) {
    const { status, response } = await publisher.push('chunk', new Uint8Array(recording.subarray(offset, offset + piece)));
    assert.equal(status, 'ok', JSON.stringify(response));
    await passes(STEP_MS);
  }
}

describe('a broadcast of VP8', () => {
  for (const [what, signal] of [
    ['is killed', 'SIGKILL'],
    ['hangs', 'SIGSTOP'],
  ] as const) {
    test(`whose ffmpeg ${what} goes on in another epoch of its session, in all renditions together`, { timeout: 60_000 }, async () => {
      await using server = await startTestServer();
      const track = videoTrack({ codec: 'vp8' });
      const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: [track], container: 'webm' });
      const { session } = publisher.session;
      const stop = new AbortController();
      const playing = play(publisher, stop.signal);
      const playlist = async (rendition: string): Promise<MediaPlaylist> => {
        const response = await fetch(`${server.url}/live/demo/${session}/${rendition}/media.m3u8`);
        return parseMediaPlaylist(response.status === 200 ? await response.text() : '#EXTM3U\n');
      };
      const until = async (wanted: (playlist: MediaPlaylist) => boolean): Promise<void> => {
        while (!wanted(await playlist('v0'))) await passes(100);
      };
      await until(({ segments }) => segments.some(({ duration }) => duration !== null));
      const [pid = 0] = ffmpegsOf(process.pid);
      process.kill(pid, signal);
      await until(({ segments }) => segments.some(({ map, gap, duration }) => map === 'init-2.mp4' && !gap && duration !== null));
      assert.ok(isGone(pid));
      assert.notDeepEqual(ffmpegsOf(process.pid), [pid]);
      const [pictures, sound] = [await playlist('v0'), await playlist('a0')];
      const joints = ({ segments }: MediaPlaylist) => segments.filter(({ discontinuity }) => discontinuity).map(({ msn }) => msn);
      assert.equal(joints(pictures).length, 1, pictures.text);
      assert.deepEqual(joints(sound), joints(pictures), sound.text);
      stop.abort();
      await playing;
      await publisher.end();
    });
  }
});
