/** How long after its capture media is here: for DASH, whose clients compute from availabilityStartTime when they may ask. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { PackagingObserver } from '../packaging/packager.ts';
import type { Rendition } from '../packaging/rendition.ts';
import type { Part, Segment } from '../packaging/segment.ts';

export class ArrivalDelay implements PackagingObserver {
  readonly #zero: Milliseconds;
  readonly #clock: Clock;
  /** The least of each rendition: the first frames of an epoch come late, all at once. */
  readonly #least = new Map<string, Milliseconds>();
  #frozen: Milliseconds | null = null;

  constructor(zero: Milliseconds, clock: Clock) {
    this.#zero = zero;
    this.#clock = clock;
  }

  part({ info }: Rendition, _segment: Segment, { start, duration, bytes }: Part): void {
    // What is made here of another rendition comes later, and is held for whoever asks too soon.
    if (bytes === null || this.#frozen !== null || info.from !== undefined) return;
    const delay = this.#clock.now() - (this.#zero + ((start + duration) * 1000) / info.timescale);
    this.#least.set(info.id, Math.min(delay, this.#least.get(info.id) ?? Number.POSITIVE_INFINITY));
  }

  /** The delay of the slowest rendition. It stays as it was when first asked for, as availabilityStartTime has to. */
  get frozen(): Milliseconds {
    this.#frozen ??= Math.max(0, Math.ceil(Math.max(0, ...this.#least.values())));
    return this.#frozen;
  }
}
