import type { Ticks } from '../protocol/units.ts';

export interface KeyFrameScheduleOptions {
  /** Time between key frames, in the timescale of the timestamps. */
  readonly interval: Ticks;
  /** How early a frame may take a place on the grid: half a frame's duration picks the nearest one. */
  readonly tolerance: Ticks;
}

/**
 * Says which input frame becomes a key frame: by timestamp on a fixed grid, never by counting, since cameras skip frames and a counted
 * grid drifts away from the segments. A key frame asked for in between does not move the grid, so segments keep their length.
 */
export class KeyFrameSchedule {
  readonly #interval: Ticks;
  readonly #tolerance: Ticks;
  #next: Ticks | null = null;
  #requested = false;

  constructor(options: KeyFrameScheduleOptions) {
    this.#interval = options.interval;
    this.#tolerance = options.tolerance;
  }

  /** The next frame becomes a key frame. */
  request(): void {
    this.#requested = true;
  }

  /** Forgets the grid; the next frame becomes a key frame and its origin. */
  restart(): void {
    this.#next = null;
  }

  /** Whether the frame with this timestamp takes a place on the grid. */
  isOnGrid(timestamp: Ticks): boolean {
    return this.#next !== null && timestamp >= this.#next - this.#tolerance;
  }

  /** Whether the frame with this timestamp has to be a key frame. To be asked only for frames that are then really encoded. */
  take(timestamp: Ticks): boolean {
    if (this.#next === null) {
      this.#next = timestamp + this.#interval;
      this.#requested = false;
      return true;
    }
    const onGrid = this.isOnGrid(timestamp);
    if (onGrid) {
      // A long gap leaves places on the grid behind; the next one lies ahead.
      const passed = Math.floor((timestamp + this.#tolerance - this.#next) / this.#interval) + 1;
      this.#next += passed * this.#interval;
    }
    const key = onGrid || this.#requested;
    this.#requested = false;
    return key;
  }
}
