import type { Milliseconds } from '../protocol/index.ts';

export interface BackoffOptions {
  readonly first: Milliseconds;
  readonly limit: Milliseconds;
  /** 0 to 1: spreads the viewers of one stream, who all lost it at the same moment. */
  readonly random: () => number;
}

/** Growing pauses between tries: each one and a half times the last, up to the limit, ±20 %. */
export class Backoff {
  readonly #options: BackoffOptions;
  #next: Milliseconds;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#next = options.first;
  }

  next(): Milliseconds {
    const pause = this.#next;
    this.#next = Math.min(this.#options.limit, pause * 1.5);
    return Math.round(pause * (0.8 + 0.4 * this.#options.random()));
  }

  reset(): void {
    this.#next = this.#options.first;
  }
}
