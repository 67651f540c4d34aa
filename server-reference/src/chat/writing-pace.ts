import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';

/** At most so many messages of one author in any span of this length. */
export class WritingPace {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #span: Milliseconds;
  /** When each author wrote, within the span; whoever wrote last stands last. */
  readonly #written = new Map<string, readonly Milliseconds[]>();

  constructor(clock: Clock, most: number, span: Milliseconds) {
    this.#clock = clock;
    this.#most = most;
    this.#span = span;
  }

  /** 0 where the message may be written, which counts it; otherwise the milliseconds until one may. */
  write(author: string): Milliseconds {
    const now = this.#clock.now();
    const times = this.#recent(this.#written.get(author) ?? [], now);
    const [first] = times;
    if (first !== undefined && times.length >= this.#most) return first + this.#span - now;
    this.#written.delete(author);
    this.#forget(now);
    this.#written.set(author, [...times, now]);
    return 0;
  }

  /** How many authors are remembered. */
  get size(): number {
    return this.#written.size;
  }

  #forget(now: Milliseconds): void {
    for (const [author, times] of this.#written) {
      if (this.#recent(times, now).length > 0) return;
      this.#written.delete(author);
    }
  }

  /** A time ahead of now is of a clock that was set back since, and must not hold anybody up. */
  #recent(times: readonly Milliseconds[], now: Milliseconds): Milliseconds[] {
    return times.filter((time) => time <= now && now - time < this.#span);
  }
}
