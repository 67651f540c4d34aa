import type { BitsPerSecond, Bytes, Milliseconds } from '../protocol/units.ts';
import { CreditLedger } from './credit-ledger.ts';

const THROUGHPUT_WINDOW: Milliseconds = 1_000;
/** Nothing is acknowledged for so long though something is on its way: the link is gone, or very slow. */
const STALLED: Milliseconds = 2_500;
/** By then a question whether the way is still there has found out. */
const BETWEEN_PROBES: Milliseconds = 7_000;

interface Progress {
  readonly at: Milliseconds;
  readonly acknowledged: Bytes;
}

/** What is on its way to the server, how fast it gets there, and whether it does at all. */
export class Delivery {
  readonly ledger = new CreditLedger();
  readonly #stalled: () => void;
  #progress: Progress[] = [];
  #probedAt: Milliseconds = Number.NEGATIVE_INFINITY;

  /** @param stalled the way to the server may be gone */
  constructor(stalled: () => void) {
    this.#stalled = stalled;
  }

  /** Acknowledged lately. */
  get throughput(): BitsPerSecond {
    const first = this.#progress[0];
    const last = this.#progress.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return ((last.acknowledged - first.acknowledged) * 8 * 1000) / (last.at - first.at);
  }

  open(credit: Bytes): void {
    this.ledger.open(credit);
    this.#progress = [];
    this.#probedAt = Number.NEGATIVE_INFINITY;
  }

  /** To be called a few times a second while open. */
  tick(now: Milliseconds): void {
    this.#progress.push({ at: now, acknowledged: this.ledger.acknowledged });
    while (this.#progress.length > 2 && now - (this.#progress[0]?.at ?? now) > THROUGHPUT_WINDOW) this.#progress.shift();
    if (this.ledger.oldestAge(now) <= STALLED || now - this.#probedAt < BETWEEN_PROBES) return;
    this.#probedAt = now;
    this.#stalled();
  }
}
