import type { Milliseconds } from '../protocol/units.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';

export interface SleepWatchOptions {
  readonly timers: Timers;
  /** A clock that goes on while the computer sleeps: that of the wall does, `performance.now()` does not everywhere. */
  readonly now: () => Milliseconds;
  readonly woke: () => void;
}

const TICK_MS: Milliseconds = 1000;
/** Longer than a timer of a hidden tab is held up, and than a busy page needs. */
const LATE_MS: Milliseconds = 10_000;

/** Notices that nothing has run for a while: the laptop slept, or the tab was frozen. What was connected then hardly is any more. */
export class SleepWatch {
  readonly #timers: Timers;
  readonly #timer: TimerId;

  constructor({ timers, now, woke }: SleepWatchOptions) {
    this.#timers = timers;
    let last = now();
    this.#timer = timers.setInterval(() => {
      const before = last;
      last = now();
      if (last - before > TICK_MS + LATE_MS) woke();
    }, TICK_MS);
  }

  close(): void {
    this.#timers.clearInterval(this.#timer);
  }
}
