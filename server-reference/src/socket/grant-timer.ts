import { LIMITS, type Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';

export interface GrantEvents {
  /** The grant ends in this many milliseconds. */
  expiring(left: Milliseconds): void;
  expired(): void;
}

/** Watches the end of a socket's grant: `unlimited → watched → expiring → expired`; a renewal starts anew. */
export class GrantTimer {
  readonly #clock: Clock;
  readonly #events: GrantEvents;
  #expiresAt: Milliseconds | null = null;
  #cancel: CancelTimer | null = null;
  #state: 'unlimited' | 'watched' | 'expiring' | 'expired' = 'unlimited';

  constructor(clock: Clock, events: GrantEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  get expired(): boolean {
    return this.#state === 'expired';
  }

  /** Milliseconds to the end when the warning is already out, else null: whoever joins now has missed it. */
  expiringIn(): Milliseconds | null {
    return this.#state === 'expiring' && this.#expiresAt !== null ? Math.max(0, this.#expiresAt - this.#clock.now()) : null;
  }

  watch(expiresAt: Milliseconds | null): void {
    this.stop();
    this.#expiresAt = expiresAt;
    this.#state = expiresAt === null ? 'unlimited' : 'watched';
    if (expiresAt === null) return;
    const calm = expiresAt - LIMITS.tokenWarningMs - this.#clock.now();
    if (calm > 0) this.#cancel = this.#clock.after(calm, () => this.#warn(expiresAt));
    else this.#warn(expiresAt);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #warn(expiresAt: Milliseconds): void {
    const left = Math.max(0, expiresAt - this.#clock.now());
    this.#state = 'expiring';
    this.#cancel = this.#clock.after(left, () => {
      this.#state = 'expired';
      this.#cancel = null;
      this.#events.expired();
    });
    this.#events.expiring(left);
  }
}
