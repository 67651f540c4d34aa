import { realmTimers, type Timers, WorkerTimers } from './worker-timers.ts';

let shared: Timers | undefined;

/** Timers that keep their pace in a hidden tab, one worker a page; inside a worker, its own. */
export function backgroundTimers(): Timers {
  shared ??= !('document' in globalThis) ? realmTimers : new WorkerTimers();
  return shared;
}
