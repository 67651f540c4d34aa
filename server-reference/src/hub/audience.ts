import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';

export interface Viewer<Status> {
  /** False for one who is counted elsewhere, and is told all the same. */
  readonly counts?: boolean;
  /** The stream's state or description has changed. */
  changed(status: Status): void;
  counted(viewers: number): void;
}

/** Viewers come and go in bursts; their number is told at most this often. */
const COUNT_INTERVAL: Milliseconds = 1_000;

/** Those who watch one stream. One timer counts for all of them: when each joined to a count of its own, a crowd cost its square. */
export class Audience<Status> {
  readonly #clock: Clock;
  readonly #viewers = new Set<Viewer<Status>>();
  #uncounted = 0;
  #stale = false;
  #cancel: CancelTimer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get empty(): boolean {
    return this.#viewers.size === 0;
  }

  /** Those who count. */
  get size(): number {
    return this.#viewers.size - this.#uncounted;
  }

  /** Counts a viewer until the returned function is called. */
  add(viewer: Viewer<Status>): () => void {
    this.#viewers.add(viewer);
    if (viewer.counts === false) this.#uncounted++;
    this.#changed();
    return () => {
      if (!this.#viewers.delete(viewer)) return;
      if (viewer.counts === false) this.#uncounted--;
      this.#changed();
    };
  }

  tell(status: Status): void {
    for (const viewer of this.#viewers) viewer.changed(status);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#viewers.clear();
    this.#uncounted = 0;
  }

  #changed(): void {
    this.#stale = true;
    if (this.#cancel === null) this.#count();
  }

  #count(): void {
    this.#stale = false;
    this.#cancel = this.#clock.after(COUNT_INTERVAL, () => {
      this.#cancel = null;
      if (this.#stale) this.#count();
    });
    for (const viewer of this.#viewers) viewer.counted(this.size);
  }
}
