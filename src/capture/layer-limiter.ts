import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';

export type Shortage = 'none' | 'uplink' | 'processor';

export interface LayerSample {
  readonly now: Milliseconds;
  /** What the uplink holds for all layers together. */
  readonly rate: BitsPerSecond;
  /** Share of the frames since the last sample that came while an encoder was busy, 0 to 1. */
  readonly busy: number;
}

/** A layer rests when all of them would get less than this part of what they were to have: better fewer good pictures. */
const TOO_LITTLE = 0.45;
/** It may return when this part of it is there. */
const ENOUGH = 0.6;
/** Encoders that are too busy for more than this share of the frames are too many. */
const TOO_BUSY = 0.15;
/** A shortage that passes sooner costs no layer. */
const PATIENCE: Milliseconds = 2_000;
const FIRST_REST: Milliseconds = 15_000;
const LONGEST_REST: Milliseconds = 240_000;
/** A layer that holds for so long after its return was right to return. */
const PROVEN: Milliseconds = 60_000;
/** Below this part of what was asked for, the uplink shows. */
const LIMITED = 0.9;

/**
 * How many layers are encoded. When uplink or processor cannot hold all for a while, the best one rests: it costs most of either, and the
 * picture goes on for all. After a rest it is tried again; each time in vain doubles the next rest.
 */
export class LayerLimiter {
  /** Smallest first. */
  #bitrates: readonly BitsPerSecond[];
  #active: number;
  #shortSince: Milliseconds | null = null;
  #restedAt: Milliseconds = 0;
  #returnedAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #rest: Milliseconds = FIRST_REST;
  /** Why the best one rests. */
  #reason: Shortage = 'none';
  #limited: Shortage = 'none';

  /** @param bitrates of the layers when nothing is short, smallest first */
  constructor(bitrates: readonly BitsPerSecond[]) {
    this.#bitrates = bitrates;
    this.#active = bitrates.length;
  }

  get active(): number {
    return this.#active;
  }

  /** What keeps the picture from being as asked for. */
  get limited(): Shortage {
    return this.#limited;
  }

  /** As many layers as before are to have other rates. */
  set bitrates(bitrates: readonly BitsPerSecond[]) {
    this.#bitrates = bitrates;
  }

  /** To be called about once a second. Returns how many layers are to be encoded. */
  update({ now, rate, busy }: LayerSample): number {
    const wanted = this.#total(this.#active);
    const uplinkShort = rate < wanted * TOO_LITTLE;
    const processorShort = busy > TOO_BUSY;
    if (uplinkShort || processorShort) this.#onShort(now, processorShort ? 'processor' : 'uplink');
    else this.#onEnough(now, rate);
    const resting = this.#active < this.#bitrates.length;
    if (processorShort) this.#limited = 'processor';
    else if (resting) this.#limited = this.#reason;
    else this.#limited = rate < wanted * LIMITED ? 'uplink' : 'none';
    return this.#active;
  }

  #onShort(now: Milliseconds, reason: Shortage): void {
    this.#shortSince ??= now;
    if (this.#active === 1 || now - this.#shortSince < PATIENCE) return;
    this.#rest = now - this.#returnedAt < PROVEN ? Math.min(this.#rest * 2, LONGEST_REST) : FIRST_REST;
    this.#active--;
    this.#reason = reason;
    this.#restedAt = now;
    this.#shortSince = null;
  }

  #onEnough(now: Milliseconds, rate: BitsPerSecond): void {
    this.#shortSince = null;
    if (this.#active === this.#bitrates.length || now - this.#restedAt < this.#rest) return;
    if (rate < this.#total(this.#active + 1) * ENOUGH) return;
    this.#active++;
    this.#returnedAt = now;
    // The next one waits as long.
    this.#restedAt = now;
  }

  #total(layers: number): BitsPerSecond {
    return this.#bitrates.slice(0, layers).reduce((sum, bitrate) => sum + bitrate, 0);
  }
}
