/** A broadcast of 1280x720 at 30 frames a second and 2 Mbit/s to a server, from a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PUBLISHER = path.resolve(import.meta.dirname, '../test/support/publisher.ts');

export interface LivePublisher {
  stop(): Promise<void>;
}

/** Resolves once the stream `bench` can be watched. */
export async function startPublisher(server: string, more: readonly string[] = []): Promise<LivePublisher> {
  const args = ['--server', server, '--stream', 'bench', '--size', '1280x720', '--rate', '30', '--bitrate', '2000000', ...more];
  const child = spawn(process.execPath, [PUBLISHER, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const publisher = { stop: () => ended(child) };
  for (let tries = 0; tries < 120; tries++) {
    if ((await fetch(`${server}/live/bench/index.m3u8`)).ok) return publisher;
    await sleep(500);
  }
  await publisher.stop();
  throw new Error('The broadcast never began.');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
}
