import { LIMITS } from '../protocol/limits.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';

/** A dead path is noticed within this and the time below; the server itself allows 60 s of silence. */
const INTERVAL_MS = LIMITS.heartbeatMs / 2;
const TIMEOUT_MS = 5000;
const GRACE_MS = 1000;

export interface HeartbeatOptions {
  readonly timers: Timers;
  /** False where the question could not even be asked. */
  readonly ask: () => boolean;
  readonly dead: () => void;
}

/** Asks an open socket in turns whether it still is: one whose path is gone says nothing by itself. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #interval: TimerId | undefined;
  #timeout: TimerId | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    const { timers } = this.#options;
    timers.clearInterval(this.#interval);
    this.#interval = timers.setInterval(() => this.beat(), INTERVAL_MS);
  }

  beat(): void {
    const { timers, ask, dead } = this.#options;
    this.heard();
    const asked = ask();
    // A page that stood still finds its timers due before it reads what came meanwhile: it looks once more, a moment later.
    const late = (): void => {
      this.#timeout = timers.setTimeout(dead, GRACE_MS);
    };
    this.#timeout = timers.setTimeout(asked ? late : dead, asked ? TIMEOUT_MS : 0);
  }

  /** Whatever comes shows that the path is alive. */
  heard(): void {
    this.#options.timers.clearTimeout(this.#timeout);
  }

  stop(): void {
    this.#options.timers.clearInterval(this.#interval);
    this.heard();
  }
}
