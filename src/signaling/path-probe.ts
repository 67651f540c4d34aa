import type { Milliseconds } from '../protocol/units.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import type { Connection } from './connection.ts';

export interface PathProbeOptions {
  readonly connection: Pick<Connection, 'ping' | 'twin' | 'giveUp' | 'on'>;
  readonly timers: Timers;
  /** The path was dead, and the connection has begun to connect anew. */
  readonly lost: () => void;
}

/** What a socket takes to answer that does well. */
const ANSWER_MS: Milliseconds = 500;
/** How long the first socket may still answer when a second one has opened after the question was asked. */
const GRACE_MS: Milliseconds = 500;
/** By then the heartbeat has found out. */
const GIVE_UP_MS: Milliseconds = 15_000;

/**
 * Finds out whether a socket has lost its path, as when a laptop goes from one network to another: nothing is told to it then, and its
 * heartbeat needs some 16 s. The socket is asked, and a second one opened beside it where no answer comes. A slow network or a busy
 * page holds up both, and the question, asked first, is answered first; only where the second one opens and the first stays silent is
 * the first given up.
 */
export class PathProbe {
  readonly #options: PathProbeOptions;
  readonly #unlisten: () => void;
  #probe: AbortController | undefined;

  constructor(options: PathProbeOptions) {
    this.#options = options;
    // Whatever happened to the socket meanwhile has answered the question.
    this.#unlisten = options.connection.on('state', () => this.#stop());
  }

  /** Something speaks against the path. */
  doubt(): void {
    if (this.#probe !== undefined) return;
    const { connection, timers } = this.#options;
    const probe = new AbortController();
    const after = (delay: Milliseconds, act: () => void): void => {
      const timer: TimerId = timers.setTimeout(act, delay);
      probe.signal.addEventListener('abort', () => timers.clearTimeout(timer), { once: true });
    };
    if (!connection.ping(() => this.#probe === probe && this.#stop())) return;
    this.#probe = probe;
    after(ANSWER_MS, () => connection.twin(probe.signal, () => after(GRACE_MS, () => this.#lost())));
    after(GIVE_UP_MS, () => this.#stop());
  }

  close(): void {
    this.#unlisten();
    this.#stop();
  }

  #lost(): void {
    this.#stop();
    this.#options.connection.giveUp();
    this.#options.lost();
  }

  #stop(): void {
    this.#probe?.abort('settled');
    this.#probe = undefined;
  }
}
