/**
 * A sound card where the machine has none: Firefox runs no AudioContext without one. A PulseAudio server of its own, whose output goes
 * nowhere; nothing else on the machine is touched.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPulseAudio } from '../../tools/find-program.ts';

const STARTS_WITHIN_MS = 10_000;

export class SoundCard {
  /** What a program needs in its environment to use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(socket: string, child: ChildProcess, folder: string) {
    this.env = { PULSE_SERVER: `unix:${socket}` };
    this.#child = child;
    this.#folder = folder;
  }

  static async start(): Promise<SoundCard> {
    const folder = await mkdtemp(path.join(tmpdir(), 'glasscast-sound-'));
    const socket = path.join(folder, 'native');
    const modules = [`module-native-protocol-unix auth-anonymous=1 socket=${socket}`, 'module-null-sink rate=48000'];
    const child = spawn(findPulseAudio(), ['-n', '--daemonize=no', '--exit-idle-time=-1', ...modules.flatMap((module) => ['-L', module])], {
      env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder },
      stdio: 'ignore',
    });
    const card = new SoundCard(socket, child, folder);
    const waiting = new AbortController();
    try {
      await Promise.race([
        card.#appears(socket, waiting.signal),
        once(child, 'exit', { signal: waiting.signal }).then(() => Promise.reject(new Error('The sound server ended.'))),
      ]);
      return card;
    } catch (error) {
      await card.close();
      throw error;
    } finally {
      waiting.abort();
    }
  }

  #appears(socket: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(STARTS_WITHIN_MS)]);
      const watcher = watch(this.#folder, { signal: limited }, look);
      function look(): void {
        if (!existsSync(socket)) return;
        watcher.close();
        resolve();
      }
      watcher.on('error', reject);
      limited.addEventListener('abort', () => reject(new Error('The sound server did not start in time.')), { once: true });
      look();
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
