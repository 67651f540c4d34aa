/** Notices when this process itself was held up: what came late then was not late at the origin. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';

export interface Stall {
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

const EVERY: Milliseconds = 50;
/** Timers are never exact. */
const NOTICED: Milliseconds = 20;

export class StallWatch {
  readonly stalls: Stall[] = [];
  readonly #clock: Clock;
  #cancel: CancelTimer = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#arm();
  }

  close(): void {
    this.#cancel();
  }

  #arm(): void {
    const due = this.#clock.now() + EVERY;
    this.#cancel = this.#clock.after(EVERY, () => {
      const now = this.#clock.now();
      if (now - due > NOTICED) this.stalls.push({ from: due, to: now });
      this.#arm();
    });
  }
}

/** How long this process was held up between two moments. */
export function stalledBetween(stalls: readonly Stall[], from: Milliseconds, to: Milliseconds): Milliseconds {
  return stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from)), 0);
}
