/** From starting the process to its first answered request, beside Node answering one with nothing loaded. */
import path from 'node:path';
import { median, printTable } from './figures.ts';
import { ChildServer } from './server-process.ts';

const ROUNDS = 7;

async function once(start: () => Promise<ChildServer>, route: string): Promise<number> {
  const started = performance.now();
  const server = await start();
  const response = await fetch(server.url + route);
  await response.text();
  const taken = performance.now() - started;
  await server.stop();
  if (route !== '/' && !response.ok) throw new Error(`${route} answered ${response.status}`);
  return taken;
}

export async function benchStart(): Promise<void> {
  const floor: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    floor.push(await once(() => ChildServer.script(path.join(import.meta.dirname, 'relay.ts')), '/'));
    ours.push(await once(() => ChildServer.glasscast(), '/api/time'));
  }
  const text = (values: number[]): string =>
    `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`;
  console.log(`\nCold start to the first answered request, ms, median (spread) of ${ROUNDS}`);
  printTable([
    ['', 'ms', 'budget'],
    ['bare ws server', text(floor), ''],
    ['glasscast-server', text(ours), '1000'],
  ]);
}
