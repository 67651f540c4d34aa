/** Server CPU of one 720p30 broadcast at 2 Mbit/s, beside ffmpeg doing the same from a file: copying, and transcoding. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFfmpeg } from '../tools/find-program.ts';
import { printTable } from './figures.ts';
import { HlsClient } from './hls-client.ts';
import { ChildServer, cpuSeconds } from './server-process.ts';

const PUBLISHER = path.resolve(import.meta.dirname, '../test/support/publisher.ts');
/** Until playlists have their full length and what a server does all day has been compiled: the first minute costs half as much again. */
const SETTLE_MS = 45_000;
const VIDEO = [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-tune',
  'zerolatency',
  '-bf',
  '0',
  '-g',
  '60',
  '-b:v',
  '2M',
  '-maxrate',
  '2M',
  '-bufsize',
  '2M',
];

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
}

async function isLive(url: string): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if ((await fetch(url)).ok) return;
    await sleep(500);
  }
  throw new Error(`${url} never came.`);
}

/** CPU seconds a second, in percent of a core. */
async function share(read: () => number, seconds: number): Promise<number> {
  const [before, started] = [read(), performance.now()];
  await sleep(seconds * 1000);
  return ((read() - before) / ((performance.now() - started) / 1000)) * 100;
}

async function ours(seconds: number): Promise<{ alone: number; watched: number; parts: number }> {
  const server = await ChildServer.glasscast();
  const duration = String(Math.ceil((2 * SETTLE_MS) / 1000 + 2 * seconds + 30));
  const args = [
    '--server',
    server.url,
    '--stream',
    'bench',
    '--size',
    '1280x720',
    '--rate',
    '30',
    '--bitrate',
    '2000000',
    '--duration',
    duration,
  ];
  const publisher = spawn(process.execPath, [PUBLISHER, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const playlist = `${server.url}/live/bench/index.m3u8`;
    await isLive(playlist);
    await sleep(SETTLE_MS);
    const alone = await share(() => server.cpuSeconds, seconds);
    const viewer = await HlsClient.start(playlist);
    await sleep(SETTLE_MS);
    const watched = await share(() => server.cpuSeconds, seconds);
    await viewer.stop();
    return { alone, watched, parts: viewer.parts };
  } finally {
    await ended(publisher);
    await server.stop();
  }
}

async function ffmpeg(clip: string, folder: string, encode: readonly string[], seconds: number): Promise<number> {
  const output = [
    '-f',
    'hls',
    '-hls_time',
    '2',
    '-hls_segment_type',
    'fmp4',
    '-hls_flags',
    'delete_segments',
    path.join(folder, 'index.m3u8'),
  ];
  const child = spawn(findFfmpeg(), ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, ...encode, ...output], { stdio: 'ignore' });
  try {
    await sleep(3000);
    return await share(() => cpuSeconds(child), seconds);
  } finally {
    await ended(child);
  }
}

export async function benchCpu(seconds: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'glasscast-cpu-'));
  try {
    const clip = path.join(folder, 'clip.mp4');
    const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30,noise=alls=12:allf=t', '-f', 'lavfi', '-i', 'sine=f=440:r=48000'];
    const made = spawnSync(findFfmpeg(), [
      '-v',
      'error',
      '-y',
      ...sources,
      '-t',
      '20',
      ...VIDEO,
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'libopus',
      clip,
    ]);
    if (made.status !== 0) throw new Error(`ffmpeg could not make the clip: ${made.stderr}`);
    const { alone, watched, parts } = await ours(seconds);
    const copy = await ffmpeg(clip, folder, ['-c', 'copy', '-strict', 'experimental'], seconds);
    const transcode = await ffmpeg(clip, folder, [...VIDEO, '-c:a', 'aac'], seconds);
    const row = (name: string, percent: number, budget = ''): string[] => [
      name,
      `${percent.toFixed(1)} %`,
      (percent / transcode).toFixed(3),
      budget,
    ];
    console.log(
      `\nServer CPU, one broadcast of 1280x720 at 30 frames a second, 2 Mbit/s, with sound; ${seconds} s each, percent of a core`,
    );
    printTable([
      ['', 'CPU', 'ratio to a transcode', 'budget'],
      row('ffmpeg, file to HLS, transcoding (x264 veryfast)', transcode),
      row('ffmpeg, file to HLS, copying', copy),
      row('glasscast-server, WebSocket to LL-HLS, nobody watching', alone, '3 %'),
      row(`glasscast-server, one LL-HLS viewer (${parts} parts fetched)`, watched, '3 %'),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
