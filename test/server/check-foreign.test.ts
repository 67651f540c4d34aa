/** The conformance check on origins that are not ours: what ffmpeg writes, behind a plain server with redirects and a prefix. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { judge, type Report } from '../../server-reference/src/check/report.ts';
import { runCheck } from '../../server-reference/src/check/run-check.ts';
import type { Verdict } from '../../server-reference/src/check/verdict.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { findFfmpeg } from '../../tools/find-program.ts';

const run = promisify(execFile);
const SOURCE = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=25', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '8'];
const CODECS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

let folder = '';
let origin = '';
const server = createServer((request, response) => void answer(request, response));

/** Files, ranges of them, playlists in gzip; `/moved/…` redirects. */
async function answer({ url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = normalize(new URL(url, 'http://files').pathname);
  if (path.startsWith('/moved/')) return void response.writeHead(302, { location: path.slice('/moved'.length) }).end();
  const bytes = await readFile(join(folder, path)).catch(() => null);
  if (bytes === null) return void response.writeHead(404).end();
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (from !== undefined) return void response.writeHead(206).end(bytes.subarray(Number(from), Number(to) + 1));
  if (!path.endsWith('.m3u8')) return void response.end(bytes);
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glasscast-check-'));
  for (const name of ['fmp4', 'ts', 'dash']) await mkdir(join(folder, name));
  const ffmpeg = (...more: readonly string[]) =>
    run(findFfmpeg(), ['-hide_banner', '-loglevel', 'error', '-nostdin', ...SOURCE, ...CODECS, ...more], { cwd: folder });
  const hls = ['-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod'];
  await ffmpeg(...hls, '-hls_segment_type', 'fmp4', '-hls_flags', 'single_file', '-master_pl_name', 'index.m3u8', 'fmp4/media.m3u8');
  await ffmpeg(...hls, 'ts/media.m3u8');
  await ffmpeg('-f', 'dash', '-seg_duration', '2', 'dash/manifest.mpd');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function check(path: string): Promise<Report> {
  const signal = new AbortController().signal;
  const options = { seconds: 3, token: null, origin: null, insecure: false, clock: systemClock, signal };
  const outcome = await runCheck({ addresses: [`${origin}${path}`], ...options });
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.reason);
  return judge(outcome.log);
}

function verdict({ rules }: Report, id: string): Verdict {
  const found = rules.find(({ rule }) => rule.id === id);
  assert.ok(found);
  return found.verdict;
}

const keeps = (report: Report, ...ids: readonly string[]): void => {
  for (const id of ids) assert.equal(verdict(report, id).kind, 'kept', `${id}: ${JSON.stringify(verdict(report, id))}`);
};

describe('the check', () => {
  test('reads a recording of pictures and sound in one file, by byte ranges', async () => {
    const report = await check('/fmp4/index.m3u8');
    keeps(report, '1');
    // ffmpeg leaves the priming of AAC in.
    assert.match(JSON.stringify(verdict(report, '32')), /"count":1,.*without an edit list/);
    assert.equal(verdict(report, '13').kind, 'unseen');
    assert.match(JSON.stringify(verdict(report, '13')), /joints of the media were contiguous/);
    assert.match(JSON.stringify(verdict(report, '26')), /FRAME-RATE/);
    assert.equal(verdict(report, '14').kind, 'unseen');
    assert.equal(verdict(report, '27').kind, 'unseen');
  });

  test('follows redirects, and resolves addresses from where they lead', async () => {
    keeps(await check('/moved/fmp4/index.m3u8'), '1');
  });

  test('says of transport streams that they are not read', async () => {
    const report = await check('/ts/media.m3u8');
    keeps(report, '1');
    assert.deepEqual(verdict(report, '26'), { kind: 'unseen', why: 'a media playlist was given, and no multivariant one' });
    assert.equal(verdict(report, '32').kind, 'unseen');
  });

  test('reads a static MPD, its media and its times', async () => {
    const report = await check('/dash/manifest.mpd');
    keeps(report, '13b', '30', '31');
    assert.deepEqual(verdict(report, '1'), { kind: 'unseen', why: 'no HLS playlist was given' });
    assert.deepEqual(verdict(report, '27'), { kind: 'unseen', why: 'the MPD was static from the beginning' });
  });

  test('says where it got neither a playlist nor an MPD', async () => {
    const signal = new AbortController().signal;
    const options = { seconds: 1, token: null, origin: null, insecure: false, clock: systemClock, signal };
    assert.deepEqual(await runCheck({ addresses: [`${origin}/ts/media0.ts`], ...options }), {
      ok: false,
      reason: 'neither an HLS playlist nor an MPD is there',
    });
    assert.equal((await runCheck({ addresses: ['http://127.0.0.1:1/'], ...options })).ok, false);
  });
});
