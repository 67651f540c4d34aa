/**
 * A thousand LL-HLS viewers of one stream: the server's CPU and memory, and how late they have a part that the first of them has heard of;
 * beside nginx, which serves the same bytes as files to the same clients.
 */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nginxMissing, startNginx } from '../test/support/nginx.ts';
import { printTable } from './figures.ts';
import { readPlaylist } from './hls-client.ts';
import { startPublisher } from './live-publisher.ts';
import { ChildServer, cpuSeconds, residentBytes } from './server-process.ts';
import { type Measured, runSwarm } from './swarm.ts';

const SWARM = path.join(import.meta.dirname, 'hls-swarm.ts');
/** Where a machine cannot drive a thousand, the smaller crowds tell what it can. */
const CROWDS = [100, 300, 1000];
const PARTS_PER_SECOND = 5;

interface Used {
  readonly cpu: number;
  readonly memory: number;
}

interface Crowd {
  readonly viewers: number;
  readonly measured: Measured<Used>;
}

function row(name: string, { viewers, measured: { report, before, after, seconds } }: Crowd): string[] {
  const cpu = after.cpu - before.cpu;
  return [
    `${name}, ${viewers}`,
    `${((cpu / seconds) * 100).toFixed(0)} %`,
    ((cpu / report.received) * 1e6).toFixed(0),
    `${report.p50.toFixed(0)}/${report.p99.toFixed(0)}/${report.worst.toFixed(0)}`,
    `${((100 * report.received) / (viewers * PARTS_PER_SECOND * seconds)).toFixed(0)} %`,
    `${(after.memory / 1e6).toFixed(0)} MB`,
    `${((report.bytes * 8) / seconds / 1e6).toFixed(0)} Mbit/s`,
  ];
}

/** A playlist and ten parts of the stream as they are. */
async function download(base: string): Promise<Map<string, Buffer>> {
  const playlist = await (await fetch(`${base}media.m3u8`)).text();
  const files = new Map([['media.m3u8', Buffer.from(playlist)]]);
  for (const [index, part] of readPlaylist(playlist).parts.slice(-10).entries()) {
    files.set(`part-${index}.m4s`, Buffer.from(await (await fetch(base + part)).arrayBuffer()));
  }
  return files;
}

async function fromDisk(files: ReadonlyMap<string, Buffer>, seconds: number): Promise<Crowd[]> {
  await using nginx = await startNginx(
    (port, folder) => `sendfile on; tcp_nopush on; server { listen 127.0.0.1:${port} backlog=2048; root ${folder}/www; }`,
  );
  await mkdir(path.join(nginx.folder, 'www'));
  for (const [name, bytes] of files) await writeFile(path.join(nginx.folder, 'www', name), bytes);
  const { pid } = nginx.process;
  const worker = { pid: Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]) };
  const crowds: Crowd[] = [];
  for (const viewers of CROWDS) {
    const read = (): Used => ({ cpu: cpuSeconds(worker), memory: residentBytes(worker) });
    crowds.push({ viewers, measured: await runSwarm(SWARM, ['files', `${nginx.url}/`, String(viewers), String(seconds)], read) });
  }
  return crowds;
}

export async function benchViewers(seconds: number): Promise<void> {
  const server = await ChildServer.glasscast();
  const publisher = await startPublisher(server.url, ['--audio', 'none']);
  const crowds: Crowd[] = [];
  let disk: Crowd[] = [];
  try {
    const { session } = (await (await fetch(`${server.url}/api/streams/bench`)).json()) as { session: string };
    const base = `${server.url}/live/bench/${session}/v0/`;
    const read = (): Used => ({ cpu: server.cpuSeconds, memory: server.residentBytes });
    for (const viewers of CROWDS) {
      crowds.push({ viewers, measured: await runSwarm(SWARM, ['live', base, String(viewers), String(seconds)], read) });
    }
    const files = await download(base);
    await publisher.stop();
    if (nginxMissing() === null) disk = await fromDisk(files, seconds);
  } finally {
    await publisher.stop();
    await server.stop();
  }
  console.log(
    `\nLL-HLS viewers of one stream of 1280x720 at 30 frames a second, 2 Mbit/s; parts of 200 ms, each with a playlist; ${seconds} s each; ms`,
  );
  printTable([
    ['', 'CPU of a core', 'µs a part', 'behind the first viewer, p50/p99/most', 'parts got', 'memory', 'media'],
    ...crowds.map((crowd) => row('glasscast-server', crowd)),
    ...disk.map((crowd) => row('nginx, files', crowd)),
  ]);
  if (disk.length === 0) console.log(nginxMissing());
}
