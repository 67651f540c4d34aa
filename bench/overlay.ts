/**
 * Faces drawn on a live stream by the server: pictures that come out, detections, CPU and added delay, beside the same stream as it is sent, and beside one
 * ffmpeg that does nothing but decode and encode.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rungBitrate } from '../server-reference/src/transcode/ladder-arguments.ts';
import { faceClip } from '../test/support/face-clip.ts';
import { ffmpegsOf } from '../test/support/transcoding.ts';
import { findFfmpeg } from '../tools/find-program.ts';
import { printTable } from './figures.ts';
import { startPublisher } from './live-publisher.ts';
import { ChildServer, cpuSeconds } from './server-process.ts';
import { type Measured, runSwarm } from './swarm.ts';

const SWARM = path.join(import.meta.dirname, 'media-swarm.ts');
const RATES = [30, 15];
/** Detections a second that the server may make: its default, and more than there are pictures. */
const DETECTIONS = [15, 60];
/** Until the detector is loaded, and what runs for every picture has been compiled. */
const SETTLE_MS = 6_000;
const HEADER = ['', 'pictures/s', 'dropped', 'detections/s', 'behind capture, p50/p99/most', 'CPU: server', 'encoder, decoder'];

interface Used {
  readonly server: number;
  readonly children: readonly number[];
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

export async function benchOverlay(seconds: number): Promise<void> {
  const film = faceClip();
  if (film === undefined) {
    console.log('\nNo portrait is at hand: set GLASSCAST_FACE_IMAGE to a picture with one face.');
    return;
  }
  const rows = [HEADER];
  for (const rate of RATES) {
    rows.push(await floor(film, rate, seconds));
    for (const detections of [null, ...DETECTIONS]) rows.push(await stream(film, rate, seconds, detections));
  }
  console.log(`\nFaces drawn by the server on 640x480, one viewer on a socket; ${seconds} s each; ms, percent of a core`);
  printTable(rows);
}

async function stream(film: string, rate: number, seconds: number, detections: number | null): Promise<string[]> {
  const server = await ChildServer.glasscast(detections === null ? [] : ['--overlay-detections', String(detections)]);
  const asked = [
    '--size',
    '640x480',
    '--rate',
    String(rate),
    '--film',
    film,
    '--audio',
    'none',
    ...(detections === null ? [] : ['--overlay', 'server:faces']),
  ];
  const publisher = await startPublisher(server.url, asked);
  let measured: Measured<Used>;
  const began = performance.now();
  let passed = 0;
  try {
    await sleep(SETTLE_MS);
    const used = (): Used => ({ server: server.cpuSeconds, children: ffmpegsOf(server.pid).map((pid) => cpuSeconds({ pid })) });
    measured = await runSwarm(SWARM, [server.url, 'bench', '1', String(seconds)], used);
  } finally {
    passed = (performance.now() - began) / 1000;
    await publisher.stop();
    await server.stop();
  }
  const { report, before, after } = measured;
  const share = (from: number | undefined, to: number | undefined): string => percent(((to ?? 0) - (from ?? 0)) / measured.seconds);
  const figures = /"dropped":(\d+),"detections":(\d+)/.exec(server.printed);
  return [
    `${rate} a second, ${detections === null ? 'as sent' : `server:faces, ${detections} detections`}`,
    (report.received / measured.seconds).toFixed(1),
    figures?.[1] ?? '–',
    figures === null ? '–' : (Number(figures[2]) / passed).toFixed(1),
    `${report.p50.toFixed(0)}/${report.p99.toFixed(0)}/${report.worst.toFixed(0)}`,
    share(before.server, after.server),
    after.children.map((cpu, index) => share(before.children[index], cpu)).join(', ') || '–',
  ];
}

/** Nothing looks at the pictures, and nobody gets them. */
async function floor(film: string, rate: number, seconds: number): Promise<string[]> {
  const bitrate = String(rungBitrate(480, rate));
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-threads', '1', '-b:v', bitrate, '-maxrate', bitrate];
  const source = ['-re', '-stream_loop', '-1', '-threads', '1', '-i', film, '-r', String(rate), '-pix_fmt', 'yuv420p'];
  const child = spawn(findFfmpeg(), ['-v', 'error', ...source, ...encode, '-bufsize', bitrate, '-f', 'null', '-'], { stdio: 'ignore' });
  await sleep(2000);
  const before = cpuSeconds(child);
  await sleep(seconds * 1000);
  const used = cpuSeconds(child) - before;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
  return [`${rate} a second, ffmpeg alone`, '–', '–', '–', '–', '–', percent(used / seconds)];
}
