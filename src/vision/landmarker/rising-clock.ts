/** Times as MediaPipe wants them: in milliseconds, always rising, true in their differences (it smooths by them). */
import type { Microseconds, Milliseconds } from '../../protocol/units.ts';

/** What a source that begins anew is set behind the one before. */
const STEP: Milliseconds = 33;

export class RisingClock {
  #last: Milliseconds = 0;
  #offset: Milliseconds = 0;

  at(timestamp: Microseconds): Milliseconds {
    const time = timestamp / 1000;
    if (this.#last === 0 || time + this.#offset <= this.#last) this.#offset = this.#last + STEP - time;
    this.#last = time + this.#offset;
    return this.#last;
  }
}
