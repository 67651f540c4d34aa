/** A crowd of clients as a process of its own, so that what it costs is not taken for the server's. It says `measuring`, then its figures. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { percentile } from './figures.ts';

export interface SwarmReport {
  /** Responses, or frames. */
  readonly received: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Of the viewer that got least, and of the one that got most. */
  readonly fewest: number;
  readonly most: number;
}

/** What the measured process had used when measuring began and ended. */
export interface Measured<T> {
  readonly report: SwarmReport;
  readonly before: T;
  readonly after: T;
  readonly seconds: number;
}

export async function runSwarm<T>(script: string, args: readonly string[], read: () => T): Promise<Measured<T>> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let before: { value: T; at: number } | null = null;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'measuring') before = { value: read(), at: performance.now() };
      else if (before !== null)
        return {
          report: JSON.parse(line) as SwarmReport,
          before: before.value,
          after: read(),
          seconds: (performance.now() - before.at) / 1000,
        };
    }
    throw new Error(`${script} ended without figures`);
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

/** The swarm's side: counts from `begin` on. */
export class SwarmCount {
  readonly #delays: number[] = [];
  readonly #perViewer: Uint32Array;
  #bytes = 0;
  #measuring = false;

  constructor(viewers: number) {
    this.#perViewer = new Uint32Array(viewers);
  }

  begin(): void {
    this.#measuring = true;
    console.log('measuring');
  }

  add(viewer: number, bytes: number, delay: number): void {
    if (!this.#measuring) return;
    this.#perViewer[viewer] = (this.#perViewer[viewer] ?? 0) + 1;
    this.#bytes += bytes;
    this.#delays.push(delay);
  }

  end(): void {
    this.#measuring = false;
    const delays = this.#delays;
    const report: SwarmReport = {
      received: delays.length,
      bytes: this.#bytes,
      p50: percentile(delays, 0.5),
      p99: percentile(delays, 0.99),
      worst: percentile(delays, 1),
      fewest: Math.min(...this.#perViewer),
      most: Math.max(...this.#perViewer),
    };
    console.log(JSON.stringify(report));
  }
}
