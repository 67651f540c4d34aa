import type { Microseconds } from '../../protocol/units.ts';

/** Between the last frame of one input and the first of another whose clock is behind. */
const GAP: Microseconds = 33_333;

/** Keeps timestamps as they are, and rising where another input goes on whose clock counts from elsewhere. */
export class SteadyTimeline {
  #last: Microseconds = Number.NEGATIVE_INFINITY;
  #shift: Microseconds = 0;
  #begins = true;

  /** Another input follows. */
  begin(): void {
    this.#begins = true;
  }

  /** Whether timestamps are changed at present. */
  get shifted(): boolean {
    return this.#shift !== 0;
  }

  /** What the frame's timestamp becomes. */
  follow(timestamp: Microseconds): Microseconds {
    if (this.#begins) {
      this.#begins = false;
      this.#shift = timestamp > this.#last ? 0 : this.#last + GAP - timestamp;
    }
    this.#last = Math.max(this.#last, timestamp + this.#shift);
    return timestamp + this.#shift;
  }

  /** For a frame of no input. */
  next(): Microseconds {
    this.#begins = true;
    this.#last = Number.isFinite(this.#last) ? this.#last + GAP : 0;
    return this.#last;
  }
}
