import type { Milliseconds } from '../protocol/units.ts';

/** Short peaks pass by themselves. */
const PERSISTS: Milliseconds = 5_000;
/** How long a step takes to show. */
const SETTLES: Milliseconds = 10_000;
const FIRST_RETURN: Milliseconds = 30_000;
const LAST_RETURN: Milliseconds = 240_000;
const MOST = 3;

/**
 * How many rungs all links stay below what they could send, because this device cannot encode as much. A step back that brings the
 * trouble back doubles the wait before the next.
 */
export class ProcessorRelief {
  #steps = 0;
  #busySince: Milliseconds | null = null;
  #changedAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #freeSince: Milliseconds | null = null;
  #patience: Milliseconds = FIRST_RETURN;
  #stepped: 'down' | 'up' | null = null;

  get steps(): number {
    return this.#steps;
  }

  /** True while this device cannot keep up, or is spared because it could not. */
  get isNeeded(): boolean {
    return this.#steps > 0;
  }

  /** @param busy whether any encoder is held back by the processor */
  update(busy: boolean, now: Milliseconds): void {
    if (busy) this.#sawBusy(now);
    else this.#sawFree(now);
  }

  #sawBusy(now: Milliseconds): void {
    this.#freeSince = null;
    this.#busySince ??= now;
    if (now - this.#busySince < PERSISTS || now - this.#changedAt < SETTLES || this.#steps === MOST) return;
    if (this.#stepped === 'up') this.#patience = Math.min(LAST_RETURN, this.#patience * 2);
    this.#step(this.#steps + 1, 'down', now);
  }

  #sawFree(now: Milliseconds): void {
    this.#busySince = null;
    this.#freeSince ??= now;
    if (this.#steps > 0 && now - this.#freeSince >= this.#patience) this.#step(this.#steps - 1, 'up', now);
  }

  #step(steps: number, direction: 'down' | 'up', now: Milliseconds): void {
    this.#steps = steps;
    this.#stepped = direction;
    this.#changedAt = now;
    this.#busySince = null;
    this.#freeSince = null;
  }
}
