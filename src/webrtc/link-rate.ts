import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import type { LinkReading } from './link-quality.ts';

/** Below this a picture is not worth sending. */
export const LOWEST_RATE: BitsPerSecond = 100_000;

/** Loss beyond this means that too much is sent, */
const LOSSY = 0.05;
/** and beyond this, far too much. */
const VERY_LOSSY = 0.15;
const CLEAN_LOSS = 0.02;
/** Packets wait somewhere: a round trip is longer by this than the shortest of late, and twice as long. */
const WAITING: Milliseconds = 250;
/** The shortest round trip is forgotten by this share with each reading: the path may have changed. */
const FORGETTING = 0.02;
/** Readings in a row that show what one may show by chance. */
const IN_A_ROW = 2;
const DECREASE = 0.75;
const HEAVY_DECREASE = 0.5;
/** Loss alone may be that of a radio link, which sending less does not change: it takes no more than this. */
const LOSS_FLOOR = 0.33;
/** A rate is too high when the browser's estimate of the bandwidth is below this share of it, */
const HELD = 0.9;
/** and then follows the estimate, with room for it to grow: the browser itself keeps to the estimate. */
const ROOM = 1.5;
/** Clean for so long, a link is given more, with every reading. */
const FIRST_RECOVERY: Milliseconds = 6_000;
const LAST_RECOVERY: Milliseconds = 60_000;
const INCREASE = 0.08;
const STEEPEST_INCREASE = 0.25;
const SMALLEST_INCREASE: BitsPerSecond = 50_000;

type Congestion = 'heavy' | 'waiting' | 'lossy';

/**
 * What one link's camera may take: its whole share from the start, less at once when the path does not hold it, and slowly more again.
 * An increase that did not hold doubles the wait before the next.
 */
export class LinkRate {
  #share: BitsPerSecond;
  #rate: BitsPerSecond;
  #shortest: Milliseconds | null = null;
  #slow = 0;
  #starved = 0;
  #cleanSince: Milliseconds | null = null;
  #recovery: Milliseconds = FIRST_RECOVERY;
  #raised = false;
  /** The estimate is what holds the rate below the share. */
  #followsEstimate = false;

  constructor(share: BitsPerSecond) {
    this.#share = share;
    this.#rate = share;
  }

  get rate(): BitsPerSecond {
    return this.#rate;
  }

  get share(): BitsPerSecond {
    return this.#share;
  }

  /** True while nothing is held back. */
  get isWhole(): boolean {
    return this.#rate >= this.#share;
  }

  /** True when the path holds far less than the share. */
  get isConstrained(): boolean {
    return this.#rate < this.#share * 0.6;
  }

  setShare(share: BitsPerSecond): void {
    // Who had all of a share has all of the new one.
    this.#rate = this.#rate >= this.#share ? share : Math.min(this.#rate, share);
    this.#share = share;
  }

  update(reading: LinkReading, now: Milliseconds): void {
    const congestion = this.#congestion(reading);
    if (congestion !== null) {
      this.#lower(congestion);
      return;
    }
    if (this.#follow(reading)) return;
    if ((reading.sent.loss ?? 0) > CLEAN_LOSS || this.#slow > 0) {
      this.#cleanSince = null;
      return;
    }
    this.#cleanSince ??= now;
    if (this.#rate < this.#share && now - this.#cleanSince >= this.#recovery) this.#raise();
  }

  #congestion({ sent, roundTrip }: LinkReading): Congestion | null {
    const loss = sent.loss ?? 0;
    this.#slow = this.#isSlow(roundTrip) ? this.#slow + 1 : 0;
    if (loss > VERY_LOSSY) return 'heavy';
    if (this.#slow >= IN_A_ROW) return 'waiting';
    return loss > LOSSY ? 'lossy' : null;
  }

  /** Down with the browser's estimate of the bandwidth, and up again with it; false where it is not what holds the rate. */
  #follow({ availableOutgoing: available, limitation }: LinkReading): boolean {
    if (available === null) return false;
    // An estimate without need of it says little: it does not grow while a camera is off or shows a still.
    this.#starved = limitation === 'bandwidth' && available < this.#rate * HELD ? this.#starved + 1 : 0;
    const wanted = Math.min(this.#share, Math.max(LOWEST_RATE, available * ROOM));
    // The estimate begins low, and takes some seconds to grow.
    if (this.#starved > IN_A_ROW && wanted < this.#rate) this.#followsEstimate = true;
    else if (!this.#followsEstimate || wanted < this.#rate) return this.#followsEstimate;
    this.#rate = wanted;
    this.#followsEstimate = wanted < this.#share;
    return true;
  }

  #isSlow(roundTrip: Milliseconds | null): boolean {
    if (roundTrip === null) return false;
    this.#shortest = Math.min(roundTrip, this.#shortest === null ? roundTrip : this.#shortest * (1 + FORGETTING) + 1);
    return roundTrip > this.#shortest + WAITING && roundTrip > this.#shortest * 2;
  }

  #lower(congestion: Congestion): void {
    const floor = congestion === 'lossy' ? Math.max(LOWEST_RATE, this.#share * LOSS_FLOOR) : LOWEST_RATE;
    const wanted = this.#rate * (congestion === 'heavy' ? HEAVY_DECREASE : DECREASE);
    this.#rate = Math.min(this.#rate, Math.max(floor, wanted));
    this.#cleanSince = null;
    this.#followsEstimate = false;
    if (this.#raised) this.#recovery = Math.min(LAST_RECOVERY, this.#recovery * 2);
    this.#raised = false;
  }

  #raise(): void {
    const step = Math.max(SMALLEST_INCREASE, Math.min(this.#share * INCREASE, this.#rate * STEEPEST_INCREASE));
    this.#rate = Math.min(this.#share, this.#rate + step);
    this.#raised = this.#rate < this.#share;
    if (!this.#raised) this.#recovery = FIRST_RECOVERY;
  }
}
