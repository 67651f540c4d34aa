import type { Milliseconds } from '../protocol/units.ts';

/** A page that is reloaded is gone within this time; another tab that is on air is not. */
const PATIENCE: Milliseconds = 1_500;

/**
 * Which page of this browser is on air with a stream: its publish key is for that page alone. A tab that is duplicated gets a copy of
 * everything that is stored, and would push the first one off air without being asked.
 */
export class OnAirClaim {
  readonly #locks: () => LockManager | undefined;
  #release: AbortController | null = null;

  /** @param locks undefined where the browser has none: every claim is granted then */
  constructor(locks: () => LockManager | undefined = () => globalThis.navigator?.locks) {
    this.#locks = locks;
  }

  /**
   * Resolves with whether this page may use the key: at once, or as soon as the page before it is gone. Where another page keeps it, the
   * claim stays and is granted when that one lets go.
   */
  async take(server: string, stream: string): Promise<boolean> {
    this.release();
    const locks = this.#locks();
    if (locks === undefined) return true;
    const release = new AbortController();
    this.#release = release;
    const granted = Promise.withResolvers<boolean>();
    locks
      .request(`glasscast.on-air ${server} ${stream}`, { signal: release.signal }, () => {
        granted.resolve(true);
        return untilAborted(release.signal);
      })
      // Released before it was granted, or a page that may not lock anything: then there is no other page to mind either.
      .catch(() => granted.resolve(!release.signal.aborted));
    const timeout = setTimeout(() => granted.resolve(false), PATIENCE);
    const mine = await granted.promise;
    clearTimeout(timeout);
    return mine;
  }

  release(): void {
    this.#release?.abort();
    this.#release = null;
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
