import type { Milliseconds } from '../protocol/units.ts';
import { startWorker } from './start-worker.ts';

export type TimerRequest = { readonly set: number; readonly delay: Milliseconds; readonly repeat: boolean } | { readonly clear: number };

export type TimerId = number;

/** What code below the elements uses instead of the global timers, so that tests can move the clock. */
export interface Timers {
  setTimeout(callback: () => void, delay: Milliseconds): TimerId;
  clearTimeout(id: TimerId | undefined): void;
  setInterval(callback: () => void, delay: Milliseconds): TimerId;
  clearInterval(id: TimerId | undefined): void;
}

/** The realm's own timers. */
export const realmTimers: Timers = {
  setTimeout: (callback, delay) => Number(setTimeout(callback, delay)),
  clearTimeout: (id) => clearTimeout(id),
  setInterval: (callback, delay) => Number(setInterval(callback, delay)),
  clearInterval: (id) => clearInterval(id),
};

/** The part of Worker that timers need. */
export interface TimerWorker {
  postMessage(request: TimerRequest): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<number>) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
  terminate(): void;
}

interface Entry {
  readonly callback: () => void;
  readonly delay: Milliseconds;
  readonly repeat: boolean;
  readonly startedAt: Milliseconds;
  /** The realm's timer that stands in where there is no worker. */
  fallback: TimerId | undefined;
}

export interface WorkerTimersOptions {
  readonly start?: () => TimerWorker;
  readonly fallback?: Timers;
  readonly now?: () => Milliseconds;
}

/**
 * Timers that keep their pace in a hidden tab. The worker starts with the first timer; where it cannot, or dies, the realm's timers
 * take over with the time that is left.
 */
export class WorkerTimers implements Timers {
  readonly #start: () => TimerWorker;
  readonly #fallback: Timers;
  readonly #now: () => Milliseconds;
  readonly #entries = new Map<TimerId, Entry>();
  #worker: TimerWorker | null | undefined;
  #nextId = 1;

  constructor(options: WorkerTimersOptions = {}) {
    this.#start = options.start ?? (() => startWorker(new URL('./timer.worker.ts', import.meta.url), { name: 'glasscast timers' }));
    this.#fallback = options.fallback ?? realmTimers;
    this.#now = options.now ?? (() => performance.now());
  }

  setTimeout(callback: () => void, delay: Milliseconds): TimerId {
    return this.#add(callback, delay, false);
  }

  setInterval(callback: () => void, delay: Milliseconds): TimerId {
    return this.#add(callback, delay, true);
  }

  clearTimeout(id: TimerId | undefined): void {
    const entry = id === undefined ? undefined : this.#entries.get(id);
    if (id === undefined || entry === undefined) return;
    this.#entries.delete(id);
    if (entry.fallback === undefined) this.#worker?.postMessage({ clear: id });
    else this.#clearFallback(entry);
  }

  clearInterval(id: TimerId | undefined): void {
    this.clearTimeout(id);
  }

  /** Ends every timer and the worker. */
  close(): void {
    for (const id of [...this.#entries.keys()]) this.clearTimeout(id);
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #add(callback: () => void, delay: Milliseconds, repeat: boolean): TimerId {
    const id = this.#nextId++;
    const entry: Entry = { callback, delay, repeat, startedAt: this.#now(), fallback: undefined };
    this.#entries.set(id, entry);
    const worker = this.#ensureWorker();
    if (worker === null) this.#startFallback(id, entry, delay);
    else worker.postMessage({ set: id, delay, repeat });
    return id;
  }

  #ensureWorker(): TimerWorker | null {
    if (this.#worker !== undefined) return this.#worker;
    try {
      const worker = this.#start();
      worker.addEventListener('message', ({ data }) => this.#due(data));
      worker.addEventListener('error', () => this.#lost(worker));
      this.#worker = worker;
    } catch {
      // No workers here, or forbidden by the page: slowed timers are better than none.
      this.#worker = null;
    }
    return this.#worker;
  }

  #lost(worker: TimerWorker): void {
    if (this.#worker !== worker) return;
    worker.terminate();
    this.#worker = null;
    for (const [id, entry] of this.#entries) this.#startFallback(id, entry, Math.max(0, entry.delay - (this.#now() - entry.startedAt)));
  }

  #startFallback(id: TimerId, entry: Entry, delay: Milliseconds): void {
    entry.fallback = entry.repeat
      ? this.#fallback.setInterval(() => this.#due(id), entry.delay)
      : this.#fallback.setTimeout(() => this.#due(id), delay);
  }

  #clearFallback(entry: Entry): void {
    if (entry.repeat) this.#fallback.clearInterval(entry.fallback);
    else this.#fallback.clearTimeout(entry.fallback);
  }

  #due(id: TimerId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (!entry.repeat) this.#entries.delete(id);
    entry.callback();
  }
}
