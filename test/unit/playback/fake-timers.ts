import type { Timers } from '../../../src/workers/worker-timers.ts';

/** Timers that fire when a test moves their clock. */
export class FakeTimers implements Timers {
  now = 0;
  #last = 0;
  readonly #pending = new Map<number, { at: number; every: number | null; callback: () => void }>();

  setTimeout(callback: () => void, delay: number): number {
    this.#pending.set(++this.#last, { at: this.now + delay, every: null, callback });
    return this.#last;
  }

  setInterval(callback: () => void, delay: number): number {
    this.#pending.set(++this.#last, { at: this.now + delay, every: delay, callback });
    return this.#last;
  }

  clearTimeout(id: number | undefined): void {
    if (id !== undefined) this.#pending.delete(id);
  }

  clearInterval(id: number | undefined): void {
    this.clearTimeout(id);
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Fires what falls due, in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const [id, next] = [...this.#pending].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (id === undefined || next === undefined || next.at > end) break;
      this.now = next.at;
      if (next.every === null) this.#pending.delete(id);
      else this.#pending.set(id, { ...next, at: next.at + next.every });
      next.callback();
      await settle();
    }
    this.now = end;
    await settle();
  }
}

/** Until everything that was waiting for a promise has run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
