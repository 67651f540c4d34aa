import type { Milliseconds } from '../../src/protocol/index.ts';

export type CancelTimer = () => void;

/** Time as the server's parts see it, handed in so that tests can move it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): Milliseconds;
  /** Runs `task` once after `delay`; the returned function cancels it and may be called at any time. */
  after(delay: Milliseconds, task: () => void): CancelTimer;
}

/** Node's timers hold at most 2^31 - 1 ms, and fire at once beyond that. */
const LONGEST_TIMER: Milliseconds = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, task) {
    let timer: NodeJS.Timeout;
    const arm = (left: Milliseconds): void => {
      const step = Math.min(Math.max(left, 0), LONGEST_TIMER);
      timer = setTimeout(() => (left > step ? arm(left - step) : task()), step);
      // A pending timer alone never keeps the process alive.
      timer.unref();
    };
    arm(delay);
    return () => clearTimeout(timer);
  },
};
