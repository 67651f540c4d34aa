/** The program `ffmpeg` of this server: what its build can do, found out once and when first needed, and children of it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';

/** A program that does not say what it is within this time is taken for a current one. */
const PATIENCE: Milliseconds = 3_000;
/** Of what a list of encoders may be. */
const MOST_WORDS: Bytes = 1024 * 1024;

export interface Abilities {
  /** The arguments that let pictures through with the times they came with: ffmpeg 5.1 has a new name for it. */
  readonly passthrough: readonly string[];
  /** Null where the program did not say. */
  readonly encoders: ReadonlySet<string> | null;
}

export class Ffmpeg {
  readonly program: string;
  #abilities: Promise<Abilities> | null = null;

  constructor(program: string) {
    this.program = program;
  }

  abilities(): Promise<Abilities> {
    this.#abilities ??= this.#inspect();
    return this.#abilities;
  }

  /** Its outputs are `pipe:1`, then `pipe:3` and so on. */
  spawn(args: readonly string[], outputs: number): ChildProcess {
    const more = new Array<'pipe'>(outputs - 1).fill('pipe');
    return spawn(this.program, args, { stdio: ['pipe', 'pipe', 'pipe', ...more], env: surroundings() });
  }

  async #inspect(): Promise<Abilities> {
    const [version, encoders] = await Promise.all([this.#ask('-version'), this.#ask('-hide_banner', '-encoders')]);
    return { passthrough: passthrough(version), encoders: encoders === null ? null : encodersOf(encoders) };
  }

  #ask(...args: string[]): Promise<string | null> {
    const limits = { timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: MOST_WORDS, env: surroundings() } as const;
    return new Promise((resolve) => {
      execFile(this.program, args, limits, (error, stdout) => resolve(error === null ? stdout : null));
    });
  }
}

/** What the server knows is no business of a decoder of foreign bytes. */
export function surroundings(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '' };
}

/** `ffmpeg version 5.1.9-0+deb12u1`; builds from the repository say `N-47683-g0e8eb07980` and end with their year. */
function passthrough(version: string | null): readonly string[] {
  const [, major = 0, minor = 0] = (/^ffmpeg version n?(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
  const year = Number(/Copyright \(c\) 2000-(\d{4})/.exec(version ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
  const old = major > 0 ? major < 5 || (major === 5 && minor < 1) : year < 2023;
  return old ? ['-vsync', '0'] : ['-fps_mode', 'passthrough'];
}

/** ` V....D libx264              libx264 H.264 …` */
function encodersOf(list: string): ReadonlySet<string> {
  return new Set([...list.matchAll(/^ [VAS][A-Z.]{5} (\S+)/gm)].map(([, name = '']) => name));
}
