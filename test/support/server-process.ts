/** The built server as a process of its own that can be killed, and that starts again on the same port with nothing remembered. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const BIN = path.resolve(import.meta.dirname, '../../server-reference/bin/glasscast-server.js');

export interface ServerProcessOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the command is run by, for example `ip netns exec name`. It must replace itself by the command. */
  readonly launcher?: readonly string[];
}

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | undefined;
  #folder: string | undefined;
  #port = 0;

  private constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.#port}`;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { host = '127.0.0.1', args = [], env = {}, launcher = [] } = this.#options;
    this.#folder = await mkdtemp(path.join(tmpdir(), 'glasscast-process-'));
    const settings = ['--host', host, '--port', String(this.#port), '--data', this.#folder, '--no-stun', ...args];
    const [command = process.execPath, ...rest] = [...launcher, process.execPath, BIN, ...settings];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    this.#child = child;
    let printed = '';
    this.#port = await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const port = /http:\/\/[\w.]+:(\d+)/.exec(printed)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`The server ended with code ${code}: ${printed}`)));
    });
  }

  /** Without a word to anybody: no drain, no goodbye, nothing kept. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
