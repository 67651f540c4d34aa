import type { TimerId, Timers } from '../../src/workers/worker-timers.ts';

interface Entry {
  readonly callback: () => void;
  readonly every: number | null;
  due: number;
}

/** A clock that stands still until it is moved, and the timers that go by it. */
export class FakeTime implements Timers {
  #now: number;
  readonly #entries = new Map<TimerId, Entry>();
  #nextId = 1;

  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  /** Timers that are waiting. */
  get waiting(): number {
    return this.#entries.size;
  }

  setTimeout(callback: () => void, delay: number): TimerId {
    return this.#add({ callback, every: null, due: this.#now + delay });
  }

  setInterval(callback: () => void, delay: number): TimerId {
    return this.#add({ callback, every: delay, due: this.#now + delay });
  }

  clearTimeout(id: TimerId | undefined): void {
    if (id !== undefined) this.#entries.delete(id);
  }

  clearInterval(id: TimerId | undefined): void {
    this.clearTimeout(id);
  }

  /** Moves the clock, calling what falls due in order; what promises set off meanwhile happens between two timers. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      const [id, entry] = next;
      this.#now = Math.max(this.#now, entry.due);
      if (entry.every === null) this.#entries.delete(id);
      else entry.due += entry.every;
      entry.callback();
      await settle();
    }
    this.#now = end;
  }

  #add(entry: Entry): TimerId {
    const id = this.#nextId++;
    this.#entries.set(id, entry);
    return id;
  }

  #earliest(end: number): [TimerId, Entry] | undefined {
    const due = [...this.#entries].filter(([, entry]) => entry.due <= end);
    return due.sort(([, a], [, b]) => a.due - b.due)[0];
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
