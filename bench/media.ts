/** 500 viewers of one stream over WebSockets: the server's CPU and memory, and how late pictures are, beside one viewer and a bare `ws` server. */
import path from 'node:path';
import { printTable } from './figures.ts';
import { startPublisher } from './live-publisher.ts';
import { ChildServer } from './server-process.ts';
import { type Measured, runSwarm } from './swarm.ts';

const SWARM = path.join(import.meta.dirname, 'media-swarm.ts');
const VIEWERS = 500;

interface Used {
  readonly cpu: number;
  readonly memory: number;
}

const used = (server: ChildServer) => (): Used => ({ cpu: server.cpuSeconds, memory: server.residentBytes });

function row(name: string, { report, before, after, seconds }: Measured<Used>, viewers: number): string[] {
  return [
    name,
    `${(((after.cpu - before.cpu) / seconds) * 100).toFixed(1)} %`,
    (((after.cpu - before.cpu) / report.received) * 1e6).toFixed(1),
    `${report.p50.toFixed(0)}/${report.p99.toFixed(0)}/${report.worst.toFixed(0)}`,
    (report.received / viewers / seconds).toFixed(1),
    `${(report.fewest / seconds).toFixed(1)}`,
    `${(after.memory / 1e6).toFixed(0)} MB`,
    `${((report.bytes * 8) / seconds / 1e6).toFixed(0)} Mbit/s`,
  ];
}

export async function benchMedia(seconds: number): Promise<void> {
  const floor = await ChildServer.script(path.join(import.meta.dirname, 'media-floor.ts'));
  const bare = await runSwarm(SWARM, [floor.url, 'bench', String(VIEWERS), String(seconds)], used(floor)).finally(() => floor.stop());
  const server = await ChildServer.glasscast();
  const publisher = await startPublisher(server.url);
  const rows = [['', 'CPU', 'µs a picture', 'behind capture, p50/p99/most', 'pictures/s', 'fewest', 'memory', 'sent']];
  rows.push(row(`a bare ws server, ${VIEWERS} clients, no sound`, bare, VIEWERS));
  try {
    for (const viewers of [1, VIEWERS]) {
      const measured = await runSwarm(SWARM, [server.url, 'bench', String(viewers), String(seconds)], used(server));
      rows.push(row(`glasscast-server, ${viewers} on media:*`, measured, viewers));
    }
  } finally {
    await publisher.stop();
    await server.stop();
  }
  console.log(
    `\nViewers on sockets, one stream of 1280x720 at 30 frames a second, 2 Mbit/s with sound; ${seconds} s each; ms, percent of a core`,
  );
  printTable(rows);
}
