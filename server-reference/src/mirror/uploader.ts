/** Brings files to the target, again and again with growing pauses where that fails. Says once that it fails, and once that it works again. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { MirrorFile, MirrorTarget } from './target.ts';

export type Fetch = (request: Request) => Promise<Response>;

const FIRST_PAUSE: Milliseconds = 250;
const LONGEST_PAUSE: Milliseconds = 5_000;
/** For one attempt. */
const PATIENCE: Milliseconds = 10_000;

export interface UploaderOptions {
  readonly target: MirrorTarget;
  readonly clock: Clock;
  readonly log: Log;
}

export class Uploader {
  readonly #options: UploaderOptions;
  readonly #abort = new AbortController();
  #failing = false;

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  /**
   * Resolves with whether the file is there; false as soon as it is not wanted any more.
   * @param wanted asked before each attempt, the first being 0
   */
  async put(file: MirrorFile, wanted: (attempt: number) => boolean): Promise<boolean> {
    let pause = FIRST_PAUSE;
    for (let attempt = 0; wanted(attempt) && !this.#abort.signal.aborted; attempt++) {
      try {
        await this.#attempt((signal) => this.#options.target.put(file, signal));
        this.#works();
        return true;
      } catch (error) {
        this.#fails(error, file.path);
      }
      if (!wanted(attempt + 1) || this.#abort.signal.aborted) break;
      await this.#pause(pause);
      pause = Math.min(LONGEST_PAUSE, 2 * pause);
    }
    return false;
  }

  /** One attempt: what is left behind takes room and does no harm. */
  async remove(path: string): Promise<void> {
    try {
      await this.#attempt((signal) => this.#options.target.remove(path, signal));
    } catch (error) {
      this.#options.log.debug({ path, reason: reasonOf(error) }, 'a mirrored file was not deleted');
    }
  }

  /** Ends what is under way; nothing is sent any more. */
  close(): void {
    this.#abort.abort();
  }

  async #attempt(send: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = new AbortController();
    const cancel = this.#options.clock.after(PATIENCE, () => late.abort());
    try {
      await send(AbortSignal.any([late.signal, this.#abort.signal]));
    } finally {
      cancel();
    }
  }

  #pause(delay: Milliseconds): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#options.clock.after(delay, done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #works(): void {
    if (this.#failing) this.#options.log.info('the mirror works again');
    this.#failing = false;
  }

  #fails(error: unknown, path: string): void {
    if (this.#abort.signal.aborted) return;
    if (!this.#failing) this.#options.log.warn({ path, reason: reasonOf(error) }, 'the mirror fails; it is tried again');
    this.#failing = true;
  }
}

/** Messages of ours, and codes: neither holds an address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'UploadError') return error.message;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}
