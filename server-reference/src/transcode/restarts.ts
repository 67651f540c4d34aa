import type { Milliseconds } from '../../../src/protocol/index.ts';

/** As many ends within this time are no accident. */
const MOST_ENDS = 3;
const ENDS_WITHIN: Milliseconds = 60_000;
/** Before the second start after an end; each further one takes twice as long. The first comes at once. */
const FIRST_DELAY: Milliseconds = 500;

/** How often a child that ends is started again, and how soon. */
export class Restarts {
  #ends: Milliseconds[] = [];

  /** It has ended. Returns when the next may start, or null where that has been tried often enough. */
  ended(now: Milliseconds): Milliseconds | null {
    this.#ends = [...this.#ends.filter((at) => now - at < ENDS_WITHIN), now];
    const count = this.#ends.length;
    if (count > MOST_ENDS) return null;
    return count === 1 ? now : now + FIRST_DELAY * 2 ** (count - 2);
  }
}
