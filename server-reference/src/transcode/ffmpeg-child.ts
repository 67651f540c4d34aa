/**
 * One ffmpeg at work: bytes in, bytes out, and its last words. It ends when it is closed, and by itself when this process is gone, however
 * that went, since its input ends then.
 */
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Bytes } from '../../../src/protocol/index.ts';
import type { Abilities, Ffmpeg } from './ffmpeg.ts';

/** Of what it says of itself. */
const LAST_WORDS = 500;

export interface FfmpegChildOptions {
  readonly ffmpeg: Ffmpeg;
  readonly arguments: (abilities: Abilities) => readonly string[];
  readonly outputs: number;
  readonly output: (index: number, bytes: Uint8Array) => void;
  /** It has ended before it was closed, and why. */
  readonly ended: (why: string) => void;
}

export class FfmpegChild {
  readonly #options: FfmpegChildOptions;
  #process: ChildProcess | null = null;
  #stdin: Writable | null = null;
  /** What comes before it is known how to start it. */
  #early: Uint8Array[] = [];
  #closed = false;

  constructor(options: FfmpegChildOptions) {
    this.#options = options;
    options.ffmpeg
      .abilities()
      .then((abilities) => {
        if (!this.#closed) this.#start(abilities);
      })
      // Not every way in which a process cannot be started is told by an event.
      .catch((error: unknown) => {
        if (!this.#closed) options.ended(error instanceof Error ? error.message : String(error));
      });
  }

  /** The process id; null before it has started. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** What it has not read yet. */
  get waiting(): Bytes {
    return (this.#stdin?.writableLength ?? 0) + this.#early.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#stdin === null) this.#early.push(bytes);
    else this.#stdin.write(bytes);
  }

  /** Leaves its first output unread for now, so that it waits, or reads on. */
  hold(on: boolean): void {
    if (on) this.#process?.stdout?.pause();
    else this.#process?.stdout?.resume();
  }

  close(): void {
    this.#closed = true;
    this.#early = [];
    this.#process?.kill('SIGKILL');
    this.#stdin?.destroy();
  }

  #start(abilities: Abilities): void {
    const { ffmpeg, outputs, output, ended } = this.#options;
    const child = ffmpeg.spawn(this.#options.arguments(abilities), outputs);
    let words = '';
    let why: Error | null = null;
    const failed = (error: Error): void => {
      why ??= error;
    };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-LAST_WORDS);
    });
    for (let index = 0; index < outputs; index++) {
      const stream = index === 0 ? child.stdout : child.stdio[index + 2];
      stream?.on('error', failed);
      stream?.on('data', (bytes: Buffer) => {
        if (!this.#closed) output(index, bytes);
      });
    }
    // A child that ends takes its input with it; `close` says the rest.
    child.stdin?.on('error', failed);
    child.on('error', failed);
    child.on('close', () => {
      if (!this.#closed) ended(words.trim() || (why?.message ?? 'ffmpeg ended'));
    });
    this.#process = child;
    // None where this process has no more files to open; that it answers nothing will be noticed.
    this.#stdin = child.stdin ?? null;
    for (const bytes of this.#early.splice(0)) this.write(bytes);
  }
}
