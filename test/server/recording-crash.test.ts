/** The server is killed while it records: what its playlists listed is there when it starts again. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';

const run = promisify(execFile);

const MAIN = new URL('../../server-reference/src/main.ts', import.meta.url).pathname;

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
}

async function start(data: string): Promise<Running> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--no-stun', '--data', data], { stdio: ['ignore', 'pipe', 'inherit'], env });
  let printed = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    const url = /http:\/\/[\d.]+:\d+/.exec(printed)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, child };
  }
  throw new Error(`the server ended: ${printed}`);
}

async function stop({ child }: Running, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

const playlist = async (url: string): Promise<MediaPlaylist> => parseMediaPlaylist(await (await fetch(`${url}/media.m3u8`)).text());

/** The bytes of each segment, the growing one included, as far as the playlist lists its parts. */
async function listedBytes(url: string, { segments }: MediaPlaylist): Promise<Buffer[]> {
  return Promise.all(
    segments.map(async ({ uri, parts }) => {
      const files = uri === null ? parts.map((part) => part.uri) : [uri];
      const pieces = await Promise.all(files.map(async (file) => (await fetch(`${url}/${file}`)).bytes()));
      return Buffer.concat(pieces);
    }),
  );
}

test('after kill -9 a recording holds every part that stood in a playlist, and says that it was interrupted', async () => {
  const data = await mkdtemp(join(tmpdir(), 'glasscast-crash-'));
  let server = await start(data);
  try {
    const clip = await encodeClip();
    const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip), record: true });
    const { session } = publisher.session;
    const broken = new AbortController();
    const playing = publisher.play(clip, { duration: 60, signal: broken.signal });
    const live = `${server.url}/live/demo/${session}`;
    // Within a segment: the answer comes with its fourth part.
    for (let status = 0; status !== 200; ) status = (await fetch(`${live}/v0/media.m3u8?_HLS_msn=0`)).status;
    for (const msn of [1, 2]) await fetch(`${live}/v0/media.m3u8?_HLS_msn=${msn}&_HLS_part=3`);
    const before = new Map<string, Buffer[]>();
    for (const rendition of ['v0', 'a0']) {
      const url = `${live}/${rendition}`;
      before.set(rendition, await listedBytes(url, await playlist(url)));
    }
    // The server is killed as soon as it has listed a part.
    const last = parseMediaPlaylist(await (await fetch(`${live}/v0/media.m3u8?_HLS_msn=2&_HLS_part=8`)).text());
    await stop(server, 'SIGKILL');
    broken.abort();
    await playing;
    publisher.drop();

    server = await start(data);
    const { recordings } = (await (await fetch(`${server.url}/recordings/demo`)).json()) as {
      recordings: { session: string; state: string; reason: string; duration: number }[];
    };
    const [recording] = recordings;
    assert.deepEqual([recording?.session, recording?.state, recording?.reason], [session, 'ended', 'interrupted']);
    const listed = last.segments.reduce(
      (sum, segment) => sum + (segment.duration ?? segment.parts.reduce((all, part) => all + part.duration, 0)),
      0,
    );
    assert.ok(listed > 4);
    const kept = await playlist(`${server.url}/recordings/demo/${session}/v0`);
    assert.ok(kept.ended);
    const total = kept.segments.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
    assert.ok(total >= listed - 1e-3, `${total} s of ${listed} s`);
    for (const file of ['index.m3u8', 'download.mp4']) {
      const url = `${server.url}/recordings/demo/${session}/${file}`;
      const { stderr } = await run(findFfmpeg(), ['-v', 'warning', '-xerror', '-nostdin', '-i', url, '-f', 'null', '-']);
      assert.equal(stderr, '', file);
    }
    for (const [rendition, segments] of before) {
      for (const [index, bytes] of segments.entries()) {
        const stored = await (await fetch(`${server.url}/recordings/demo/${session}/${rendition}/seg-${index}.m4s`)).bytes();
        assert.ok(Buffer.from(stored).subarray(0, bytes.byteLength).equals(bytes), `${rendition} segment ${index}`);
      }
    }
  } finally {
    await stop(server, 'SIGKILL');
    await rm(data, { recursive: true });
  }
});

test('a server that is asked to end closes its recordings', async () => {
  const data = await mkdtemp(join(tmpdir(), 'glasscast-crash-'));
  let server = await start(data);
  try {
    const clip = await encodeClip();
    const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip), record: true });
    await publisher.play(clip, { duration: 6, fast: true });
    await stop(server, 'SIGTERM');
    publisher.drop();
    server = await start(data);
    const { recordings } = (await (await fetch(`${server.url}/recordings/demo`)).json()) as {
      recordings: { reason: string; duration: number }[];
    };
    assert.equal(recordings[0]?.reason, 'ended');
    assert.ok(Math.abs((recordings[0]?.duration ?? 0) - 6) < 1 / 30);
  } finally {
    await stop(server, 'SIGKILL');
    await rm(data, { recursive: true });
  }
});
