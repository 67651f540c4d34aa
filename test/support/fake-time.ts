import type { TimerId, Timers } from '../../src/workers/worker-timers.ts';
import { FakeClock } from './fake-clock.ts';

/** The SDK's timers by a clock that stands still until it is moved. */
export class FakeTime implements Timers {
  readonly #clock: FakeClock;
  readonly #cancels = new Map<TimerId, () => void>();
  #nextId = 1;

  constructor(now: number) {
    this.#clock = new FakeClock(now);
  }

  readonly now = (): number => this.#clock.now();

  /** Timers that are waiting. */
  get waiting(): number {
    return this.#clock.pending;
  }

  setTimeout(callback: () => void, delay: number): TimerId {
    const id = this.#nextId++;
    const cancel = this.#clock.after(delay, () => {
      this.#cancels.delete(id);
      callback();
    });
    this.#cancels.set(id, cancel);
    return id;
  }

  setInterval(callback: () => void, delay: number): TimerId {
    const id = this.#nextId++;
    const arm = (): void => {
      this.#cancels.set(
        id,
        this.#clock.after(delay, () => {
          arm();
          callback();
        }),
      );
    };
    arm();
    return id;
  }

  clearTimeout(id: TimerId | undefined): void {
    if (id === undefined) return;
    this.#cancels.get(id)?.();
    this.#cancels.delete(id);
  }

  clearInterval(id: TimerId | undefined): void {
    this.clearTimeout(id);
  }

  /** Moves the clock, calling what falls due in order; what promises set off meanwhile happens between two timers. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#clock.now() + milliseconds;
    await settle();
    while (this.#clock.step(end)) await settle();
    this.#clock.advanceTo(end);
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
