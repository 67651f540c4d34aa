/** A server as a process of its own, so that its CPU time is its own. It is ready when it has printed its URL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const BIN = path.resolve(import.meta.dirname, '../server-reference/bin/glasscast-server.js');
/** Linux counts CPU time in hundredths of a second, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has used, all its threads included. Linux only. */
export function cpuSeconds({ pid }: Pick<ChildProcess, 'pid'>): number {
  if (pid === undefined) throw new Error('The process did not start.');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Bytes of memory that a process holds. Linux only. */
export function residentBytes({ pid }: Pick<ChildProcess, 'pid'>): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1024;
}

export class ChildServer {
  readonly url: string;
  /** From the start of the process until it had printed its URL. */
  readonly startedIn: number;
  readonly #child: ChildProcess;
  readonly #data: string | undefined;
  #printed = '';

  private constructor(url: string, startedIn: number, child: ChildProcess, data: string | undefined) {
    this.url = url;
    this.startedIn = startedIn;
    this.#child = child;
    this.#data = data;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#printed += chunk.toString();
    });
  }

  /** The built server on a free port with a data folder of its own. */
  static async glasscast(args: readonly string[] = []): Promise<ChildServer> {
    const data = await mkdtemp(path.join(tmpdir(), 'glasscast-bench-'));
    return ChildServer.#spawn([BIN, '--port', '0', '--no-stun', '--data', data, ...args], data);
  }

  static script(file: string): Promise<ChildServer> {
    return ChildServer.#spawn([file], undefined);
  }

  static async #spawn(args: readonly string[], data: string | undefined): Promise<ChildServer> {
    const started = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const found = /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(printed)?.[0];
        if (found !== undefined) resolve(found.replace('localhost', '127.0.0.1'));
      });
      child.once('exit', (code) => reject(new Error(`The server ended with code ${code}: ${printed}`)));
    });
    return new ChildServer(url, performance.now() - started, child, data);
  }

  /** Its log since it was ready. */
  get printed(): string {
    return this.#printed;
  }

  get cpuSeconds(): number {
    return cpuSeconds(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get residentBytes(): number {
    return residentBytes(this.#child);
  }

  async stop(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGTERM');
    await gone;
    if (this.#data !== undefined) await rm(this.#data, { recursive: true, force: true });
  }
}
