import type { Milliseconds, Ticks } from '../protocol/units.ts';

const MICROSECONDS_PER_MILLISECOND = 1_000;

/**
 * One timeline for feeds that come after each other. The first feed's times are taken as they are; each later one is placed where it
 * arrives, since feeds count from different origins. What is left of its delay shows in the track's clock, as for the first.
 */
export class FeedTimeline {
  readonly #origin: () => Milliseconds | null;
  #offset: Ticks | null = 0;
  #begun = false;
  #last: Ticks = Number.NEGATIVE_INFINITY;
  /** Where time begins while no frame has told it. */
  #fallback: Milliseconds | null = null;

  /** @param origin wall clock at 0 of the timeline, as the track's clock has it; null before the first frame */
  constructor(origin: () => Milliseconds | null) {
    this.#origin = origin;
  }

  /** What comes next is from another feed. */
  restart(): void {
    if (this.#begun) this.#offset = null;
  }

  /**
   * The place of a frame on the timeline, after all others; null where it comes too late for one, since something was made meanwhile.
   *
   * @param end of the frame as its feed counts, in microseconds; for a picture, its timestamp
   */
  place(end: Ticks, now: Milliseconds): Ticks | null {
    const time = this.map(end, now);
    if (time <= this.#last) return null;
    this.#last = time;
    return time;
  }

  /** The same, wherever others are. */
  map(end: Ticks, now: Milliseconds): Ticks {
    this.#begun = true;
    // What was made in this very millisecond is not to cost the first frame its place.
    this.#offset ??= Math.max(this.at(now), this.#last + 1) - end;
    return end + this.#offset;
  }

  /** The place of something that was made now. */
  placeMade(now: Milliseconds): Ticks {
    // The first feed that comes after it has to follow it.
    if (!this.#begun) this.#offset = null;
    this.#begun = true;
    this.#last = Math.max(this.at(now), this.#last + 1);
    return this.#last;
  }

  /** The time of something that is captured now. */
  at(now: Milliseconds): Ticks {
    this.#fallback ??= now;
    const origin = this.#origin() ?? this.#fallback;
    return Math.round((now - origin) * MICROSECONDS_PER_MILLISECOND);
  }
}
