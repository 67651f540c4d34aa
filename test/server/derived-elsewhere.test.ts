/** What this server makes beside a broadcast, where it is recorded and mirrored. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../tools/find-program.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { PutServer } from '../support/put-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { broadcast } from '../support/transcoding.ts';

const run = promisify(execFile);
const clip = await encodeClip({ width: 640, height: 360 });
const complete = ({ segments }: MediaPlaylist): number => segments.filter(({ duration, gap }) => duration !== null && !gap).length;
const text = async (url: string): Promise<string> => (await fetch(url)).text();

interface Listed {
  readonly session: string;
  readonly state: string;
  readonly tracks: readonly { readonly id: string; readonly height?: number }[];
}

/** The recording once its files are closed. */
async function recording(server: TestServer, session: string): Promise<Listed> {
  for (;;) {
    const { recordings } = (await (await fetch(`${server.url}/recordings/demo`)).json()) as { recordings: Listed[] };
    const found = recordings.find((each) => each.session === session && each.state === 'ended');
    if (found !== undefined) return found;
  }
}

test('rungs are recorded as they were watched; AAC, which was made because somebody asked, is not', { timeout: 90_000 }, async () => {
  await using server = await startTestServer({ ladder: [240] });
  await using live = await broadcast(server, clip, 40, 'demo', true);
  await live.until('a1', (playlist) => complete(playlist) >= 1);
  await live.until('v1', (playlist) => complete(playlist) >= 3);
  assert.match(await text(`${live.base('v1')}/media.m3u8`), /#EXT-X-PLAYLIST-TYPE:EVENT/);
  const { session } = live.publisher.session;
  await live.end();
  const { tracks } = await recording(server, session);
  assert.deepEqual(
    tracks.map(({ id, height }) => [id, height]),
    [
      ['v0', 360],
      ['a0', undefined],
      ['v1', 240],
    ],
  );
  const base = `${server.url}/recordings/demo/${session}`;
  const index = await text(`${base}/index.m3u8`);
  assert.match(index, /RESOLUTION=640x360/);
  assert.match(index, /RESOLUTION=426x240/);
  assert.doesNotMatch(index, /mp4a/);
  assert.equal((await fetch(`${base}/a1/media.m3u8`)).status, 404);
  const [source, rung] = await Promise.all(['v0', 'v1'].map(async (id) => parseMediaPlaylist(await text(`${base}/${id}/media.m3u8`))));
  assert.ok(source !== undefined && rung !== undefined && complete(rung) >= 3);
  for (const segment of rung.segments) assert.equal(segment.date, source.segments.find(({ msn }) => msn === segment.msn)?.date);
  for (const file of ['v1/media.m3u8', 'manifest.mpd', 'download.mp4']) {
    const { stderr } = await run(findFfmpeg(), ['-v', 'warning', '-nostdin', '-i', `${base}/${file}`, '-f', 'null', '-']);
    assert.equal(stderr, '', file);
  }
});

test('rungs are mirrored beside their source, and what is made on demand stays here', { timeout: 90_000 }, async () => {
  await using target = await PutServer.start();
  await using server = await startTestServer({ ladder: [240], mirror: new URL(`${target.url}/live/`) });
  await using live = await broadcast(server, clip, 40);
  const folder = `/live/demo/${live.publisher.session.session}`;
  const mirrored = (rendition: string): MediaPlaylist => parseMediaPlaylist(target.files.get(`${folder}/${rendition}/media.m3u8`) ?? '');
  await live.until('a1', (playlist) => complete(playlist) >= 1);
  await target.until(() => target.files.has(`${folder}/v1/media.m3u8`) && complete(mirrored('v1')) >= 2);
  await target.until(() => target.files.has('/live/demo/index.m3u8'));
  const index = target.files.get('/live/demo/index.m3u8') ?? '';
  assert.match(index, /RESOLUTION=640x360/);
  assert.match(index, /RESOLUTION=426x240/);
  assert.doesNotMatch(index, /mp4a|a1\//);
  assert.ok(![...target.files.keys()].some((path) => path.startsWith(`${folder}/a1/`)));
  for (const { uri, gap } of mirrored('v1').segments) if (!gap) assert.ok(target.files.has(`${folder}/v1/${uri}`), `${uri}`);
});
