import type { Milliseconds } from '../protocol/units.ts';

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
  /** The realm's timer, while the worker has none for it. */
  realm: TimerId | undefined;
}

export interface WorkerTimersOptions {
  readonly start?: () => Promise<TimerWorker>;
  readonly fallback?: Timers;
  readonly now?: () => Milliseconds;
}

async function startTimerWorker(): Promise<TimerWorker> {
  const { startWorker } = await import('./start-worker.ts');
  return startWorker(new URL('./timer.worker.ts', import.meta.url), { name: 'glasscast timers' });
}

/**
 * Timers that keep their pace in a hidden tab.
 *
 *   the realm's own ──useWorker()──▶ a worker's
 *                   ◀──it died──────
 *
 * Whoever changes hands goes on with the time that is left.
 */
export class WorkerTimers implements Timers {
  readonly #start: () => Promise<TimerWorker>;
  readonly #fallback: Timers;
  readonly #now: () => Milliseconds;
  readonly #entries = new Map<TimerId, Entry>();
  #worker: TimerWorker | undefined;
  #starting = false;
  #nextId = 1;

  constructor(options: WorkerTimersOptions = {}) {
    this.#start = options.start ?? startTimerWorker;
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
    if (entry.realm === undefined) this.#worker?.postMessage({ clear: id });
    else this.#clearRealm(entry);
  }

  clearInterval(id: TimerId | undefined): void {
    this.clearTimeout(id);
  }

  /** Hands every timer to a worker, for a page that is hidden. Resolves false where there is no worker: the realm's timers go on. */
  async useWorker(): Promise<boolean> {
    if (this.#worker !== undefined || this.#starting) return true;
    this.#starting = true;
    try {
      const worker = await this.#start();
      worker.addEventListener('message', ({ data }) => this.#due(data));
      worker.addEventListener('error', () => this.#lost(worker));
      this.#worker = worker;
    } catch {
      // No workers here, or forbidden by the page: slowed timers are better than none.
      return false;
    } finally {
      this.#starting = false;
    }
    for (const [id, entry] of this.#entries) {
      this.#clearRealm(entry);
      this.#run(id, entry, this.#left(entry));
    }
    return true;
  }

  /** Ends every timer and the worker. */
  close(): void {
    for (const id of [...this.#entries.keys()]) this.clearTimeout(id);
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #add(callback: () => void, delay: Milliseconds, repeat: boolean): TimerId {
    const id = this.#nextId++;
    const entry: Entry = { callback, delay, repeat, startedAt: this.#now(), realm: undefined };
    this.#entries.set(id, entry);
    this.#run(id, entry, delay);
    return id;
  }

  #run(id: TimerId, entry: Entry, delay: Milliseconds): void {
    const due = (): void => this.#due(id);
    if (this.#worker !== undefined) this.#worker.postMessage({ set: id, delay, repeat: entry.repeat });
    else entry.realm = entry.repeat ? this.#fallback.setInterval(due, delay) : this.#fallback.setTimeout(due, delay);
  }

  #lost(worker: TimerWorker): void {
    if (this.#worker !== worker) return;
    worker.terminate();
    this.#worker = undefined;
    for (const [id, entry] of this.#entries) this.#run(id, entry, this.#left(entry));
  }

  #left({ delay, repeat, startedAt }: Entry): Milliseconds {
    return repeat ? delay : Math.max(0, delay - (this.#now() - startedAt));
  }

  #clearRealm(entry: Entry): void {
    if (entry.repeat) this.#fallback.clearInterval(entry.realm);
    else this.#fallback.clearTimeout(entry.realm);
    entry.realm = undefined;
  }

  #due(id: TimerId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (!entry.repeat) this.#entries.delete(id);
    entry.callback();
  }
}
