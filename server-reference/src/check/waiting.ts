/** Waiting that ends with the check. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';

export class Deadline {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly at: Milliseconds;
  readonly #passed: Promise<null>;
  readonly #cancel: () => void;

  /** @param signal ends it early */
  constructor(clock: Clock, at: Milliseconds, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.at = at;
    const { promise, resolve } = Promise.withResolvers<null>();
    this.#passed = promise;
    const cancelTimer = clock.after(at - clock.now(), () => resolve(null));
    const aborted = (): void => resolve(null);
    signal.addEventListener('abort', aborted, { once: true });
    this.#cancel = () => {
      cancelTimer();
      signal.removeEventListener('abort', aborted);
      resolve(null);
    };
  }

  get passed(): boolean {
    return this.#signal.aborted || this.#clock.now() >= this.at;
  }

  /** Null where the deadline came first. */
  within<T>(work: Promise<T>): Promise<T | null> {
    return Promise.race([work, this.#passed]);
  }

  async sleep(delay: Milliseconds): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<null>();
    const cancel = this.#clock.after(delay, () => resolve(null));
    await this.within(promise);
    cancel();
  }

  close(): void {
    this.#cancel();
  }
}
