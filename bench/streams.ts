/**
 * Many broadcasts at once that nobody transcodes, and one that goes on: the server's CPU for 1, 10 and 50 of them beside as many ffmpegs
 * that copy a file to HLS and one that transcodes; its memory after one minute and after ten.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as passes } from 'node:timers/promises';
import { findFfmpeg } from '../tools/find-program.ts';
import { printTable } from './figures.ts';
import { ChildServer, cpuSeconds, residentBytes } from './server-process.ts';

const MANY = path.join(import.meta.dirname, 'many-publishers.ts');
const COUNTS = [1, 10, 50];
/** Until what a server does all day has been compiled, which takes V8 two minutes for one stream, and playlists have their length. */
const SETTLE_MS = 120_000;
const LONG_MINUTES = 10;
const X264 = '-c:v libx264 -preset veryfast -tune zerolatency -bf 0 -g 60 -b:v 2M -maxrate 2M -bufsize 2M'.split(' ');

interface Load {
  /** Percent of a core. */
  readonly cpu: number;
  readonly memory: number;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function measured(processes: readonly Pick<ChildProcess, 'pid'>[], seconds: number): Promise<Load> {
  const used = (): number => processes.reduce((sum, process) => sum + cpuSeconds(process), 0);
  const [before, since] = [used(), performance.now()];
  await passes(seconds * 1000);
  const cpu = ((used() - before) / ((performance.now() - since) / 1000)) * 100;
  return { cpu, memory: processes.reduce((sum, process) => sum + residentBytes(process), 0) };
}

async function publishers(server: string, count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MANY, server, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error('The broadcasts ended.')))]);
  return child;
}

async function ours(count: number, seconds: number): Promise<Load> {
  const server = await ChildServer.glasscast();
  try {
    const crowd = await publishers(server.url, count);
    await passes(SETTLE_MS);
    const load = await measured([server], seconds);
    await ended(crowd);
    return load;
  } finally {
    await server.stop();
  }
}

async function ffmpegs(clip: string, folder: string, encode: readonly string[], count: number, seconds: number): Promise<Load> {
  const children = Array.from({ length: count }, (_, index) => {
    const hls = ['-f', 'hls', '-hls_time', '2', '-hls_segment_type', 'fmp4', '-hls_flags', 'delete_segments'];
    const names = ['-hls_fmp4_init_filename', `init-${index}.mp4`, '-hls_segment_filename', path.join(folder, `${index}-%d.m4s`)];
    const input = ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip];
    return spawn(findFfmpeg(), [...input, ...encode, ...hls, ...names, path.join(folder, `${index}.m3u8`)], { stdio: 'ignore' });
  });
  try {
    await passes(5_000);
    return await measured(children, seconds);
  } finally {
    await Promise.all(children.map(ended));
  }
}

function makeClip(folder: string): string {
  const clip = path.join(folder, 'clip.mp4');
  const sources = '-f lavfi -i testsrc2=s=1280x720:r=30,noise=alls=12:allf=t -f lavfi -i sine=f=440:r=48000 -t 20'.split(' ');
  const made = spawnSync(findFfmpeg(), ['-v', 'error', '-y', ...sources, ...X264, '-pix_fmt', 'yuv420p', '-c:a', 'libopus', clip]);
  if (made.status !== 0) throw new Error(`ffmpeg could not make the clip: ${made.stderr}`);
  return clip;
}

export async function benchStreams(seconds: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'glasscast-streams-'));
  try {
    const clip = makeClip(folder);
    const transcode = await ffmpegs(clip, folder, [...X264, '-c:a', 'aac'], 1, seconds);
    const rows = [['', 'CPU', 'a stream', 'ratio to a transcode', 'memory', 'a stream']];
    const add = (name: string, { cpu, memory }: Load, count: number): void => {
      const ratio = (cpu / count / transcode.cpu).toFixed(3);
      const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
      rows.push([name, `${cpu.toFixed(1)} %`, `${(cpu / count).toFixed(2)} %`, ratio, megabytes(memory), megabytes(memory / count)]);
    };
    add('one ffmpeg, file to HLS, transcoding (x264 veryfast)', transcode, 1);
    for (const count of COUNTS) {
      add(
        `${count} ffmpeg, file to HLS, copying`,
        await ffmpegs(clip, folder, ['-c', 'copy', '-strict', 'experimental'], count, seconds),
        count,
      );
      add(`glasscast-server, ${count} over WebSockets to LL-HLS and DASH`, await ours(count, seconds), count);
    }
    console.log(`\nBroadcasts of 1280x720 at 30 frames a second and 2 Mbit/s, with sound; ${seconds} s each, percent of a core`);
    printTable(rows);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes a little more than ten minutes, whatever `seconds` is. */
export async function benchMemory(): Promise<void> {
  const server = await ChildServer.glasscast();
  try {
    const crowd = await publishers(server.url, 1);
    const rows = [['minutes on air', 'server, MB']];
    for (let minute = 1; minute <= LONG_MINUTES; minute++) {
      await passes(60_000);
      rows.push([String(minute), (residentBytes(server) / 1e6).toFixed(1)]);
    }
    await ended(crowd);
    console.log(
      '\nMemory of the server with one broadcast of 2 Mbit/s, nobody watching; it holds two windows of 30 s, which are full after the first minute',
    );
    printTable(rows);
  } finally {
    await server.stop();
  }
}
