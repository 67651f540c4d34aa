import { GlasscastError, type Milliseconds } from '../protocol/index.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import { Backoff } from './backoff.ts';
import { type ProbeResult, probePlaylist } from './playlist-probe.ts';
import { SourceWatch } from './source-watch.ts';

export interface PlaylistWatchOptions {
  readonly url: string;
  /** Adds the token; asked anew for each look. */
  readonly authorize: (url: string) => string | Promise<string>;
  readonly fetch: typeof fetch;
  readonly timers: Timers;
  readonly random: () => number;
}

const FIRST_PAUSE: Milliseconds = 1_000;
const LONGEST_PAUSE: Milliseconds = 8_000;

/**
 * Watches a plain playlist URL, where nobody tells what happens.
 *
 *   announced ──recheck──▶ looking ──there is a playlist──▶ announced
 *       └──completed──▶ looking, until the playlist is another one
 *
 * It is announced unseen, which saves a late joiner a round trip; the player finds out whether it plays.
 */
export class PlaylistWatch extends SourceWatch {
  readonly #options: PlaylistWatchOptions;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  #timer: TimerId | undefined;
  #looking = false;
  #run = 0;
  /** The playlist of the run that is over; `null` until it has been read once. */
  #finished: string | null = null;
  #wantsAnother = false;

  constructor(options: PlaylistWatchOptions) {
    super();
    this.#options = options;
    this.#backoff = new Backoff({ first: FIRST_PAUSE, limit: LONGEST_PAUSE, random: options.random });
  }

  start(): void {
    this.#announce();
  }

  recheck(): void {
    this.#look();
  }

  completed(): void {
    this.#wantsAnother = true;
    this.#look();
  }

  close(): void {
    this.#closing.abort();
    this.#options.timers.clearTimeout(this.#timer);
    this.removeAllListeners();
  }

  #look(): void {
    if (this.#looking || this.#timer !== undefined) return;
    this.#looking = true;
    void this.#ask().finally(() => {
      this.#looking = false;
    });
  }

  #lookLater(): void {
    if (this.#closing.signal.aborted || this.#timer !== undefined) return;
    this.#timer = this.#options.timers.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, this.#backoff.next());
  }

  async #ask(): Promise<void> {
    const { signal } = this.#closing;
    const result = await this.#probe(signal);
    if (signal.aborted) return;
    if (result.kind === 'playlist') {
      if (this.#wantsAnother && (this.#finished === null || this.#finished === result.text)) {
        this.#finished = result.text;
        this.#lookLater();
        return;
      }
      this.#wantsAnother = false;
      this.#finished = null;
      this.#backoff.reset();
      this.#announce();
      return;
    }
    if (result.kind === 'absent') {
      // What is over stays over on the screen until something new is there.
      if (!this.#wantsAnother) this.tell({ state: 'waiting' });
      this.#finished = '';
    } else {
      this.report(result.error, result.kind === 'refused');
      if (result.kind === 'refused') return;
    }
    this.#lookLater();
  }

  async #probe(signal: AbortSignal): Promise<ProbeResult> {
    const { url, authorize, fetch } = this.#options;
    try {
      return await probePlaylist(await authorize(url), fetch, signal);
    } catch (cause) {
      const error = new GlasscastError('unauthorized', 'The page could not get a token for the broadcast.', { cause });
      return { kind: 'unreachable', error };
    }
  }

  #announce(): void {
    this.#run += 1;
    this.tell({ state: 'live', url: this.#options.url, session: String(this.#run) });
  }
}
