import { realmTimers, type Timers, WorkerTimers } from './worker-timers.ts';

let shared: Timers | undefined;

/** Timers that keep their pace in a hidden tab; one worker a page, from when it is first hidden. Inside a worker, its own. */
export function backgroundTimers(): Timers {
  // The page is looked at, never touched.
  const { document: page } = globalThis as { document?: Document };
  shared ??= page === undefined ? realmTimers : timersOf(page);
  return shared;
}

function timersOf(page: Document): Timers {
  const timers = new WorkerTimers();
  const look = (): void => {
    if (page.hidden) void timers.useWorker();
  };
  page.addEventListener('visibilitychange', look);
  look();
  return timers;
}
