import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';

export interface RateControllerOptions {
  /** What the page asked for; the rate never rises above it. */
  readonly target: BitsPerSecond;
  /** Below this a picture is not worth sending. */
  readonly floor?: BitsPerSecond;
}

export interface UplinkSample {
  readonly now: Milliseconds;
  /** Age of the oldest frame that the server has not acknowledged, queued or on its way. */
  readonly delay: Milliseconds;
  /** Shortest round trip seen on this connection. */
  readonly minRoundTrip: Milliseconds;
  /** What the server acknowledged lately, sound included. */
  readonly throughput: BitsPerSecond;
  /** What the sound takes of it. */
  readonly sound: BitsPerSecond;
  /** What the link at least holds, by how quickly its latest bursts (key frames) got through; null where none did lately. */
  readonly capacity: BitsPerSecond | null;
}

const DEFAULT_FLOOR: BitsPerSecond = 150_000;
/** Delay beyond the round trip that means the link is full. */
const FULL: Milliseconds = 300;
/** Delay beyond the round trip under which the link has room. */
const CLEAR: Milliseconds = 120;
/** Each change of rate costs a key frame, so they are kept apart. */
const BETWEEN_DECREASES: Milliseconds = 750;
/** Quiet time before the rate rises towards what the link was last seen to hold. */
const RECOVERY: Milliseconds = 1_500;
const RECOVERY_STEP = 1.5;
/** Quiet time before the rate is raised beyond that, to see whether the link holds more now. */
const FIRST_PROBE: Milliseconds = 3_000;
const LAST_PROBE: Milliseconds = 7_000;
const PROBE_STEP = 1.17;
/** Of a rate that the encoder uses less of, an increase proves nothing: a picture that is easy to encode fits through any link. */
const USED = 0.7;
/** Bursts that pass at so many times the rate show that there is room, and the rate is doubled. */
const ROOMY = 4;
const ROOM_STEP = 2;
/** How much longer bursts are not believed when they have lied. */
const DISBELIEF = 4;
const LONGEST_DISBELIEF: Milliseconds = 60_000;
/** Share of what gets through that is used: the rest drains what has queued. */
const USABLE = 0.85;
/** Less than this share of the rate gets through: the link stands still, and says nothing of what it holds. */
const STALLED = 0.15;

/**
 * The video bit rate that the uplink can hold. When frames wait it goes down at once, below what gets through. When they have not waited
 * for a while it rises: quickly to what the link was last seen to hold, or where key frames get through as if it held far more; else carefully,
 * each success making the next step larger. An increase that fills the link again doubles the wait before the next of its kind: some
 * links let bursts through and then hold to their limit.
 */
export class RateController {
  #target: BitsPerSecond;
  #floor: BitsPerSecond;
  readonly #wantedFloor: BitsPerSecond;
  /** The server's own. */
  #limit: BitsPerSecond = Number.POSITIVE_INFINITY;
  #cap: BitsPerSecond;
  #rate: BitsPerSecond;
  /** What the link was last seen to hold. */
  #ceiling: BitsPerSecond;
  #changedAt: Milliseconds | null = null;
  #clearSince: Milliseconds | null = null;
  #probeAfter: Milliseconds = FIRST_PROBE;
  /** Probes in a row that the link held. */
  #probes = 0;
  /** Of them, those at a rate that was used. */
  #proofs = 0;
  /** Quiet time before bursts are believed. */
  #roomAfter: Milliseconds = RECOVERY;
  /** The rate was last raised because bursts had shown room. */
  #believed = false;

  constructor(options: RateControllerOptions) {
    this.#target = options.target;
    this.#wantedFloor = options.floor ?? DEFAULT_FLOOR;
    this.#floor = Math.min(this.#wantedFloor, options.target);
    this.#cap = options.target;
    this.#rate = options.target;
    this.#ceiling = options.target;
  }

  get rate(): BitsPerSecond {
    return this.#rate;
  }

  /** The server's own limit. Returns the new rate, or null where it does not change. */
  limit(bitrate: BitsPerSecond): BitsPerSecond | null {
    this.#limit = bitrate;
    this.#cap = Math.max(this.#floor, Math.min(bitrate, this.#target));
    return this.#rate > this.#cap ? this.#set(this.#cap) : null;
  }

  /** The page asks for another rate: at once where the link did not hold the one before down. Returns the new rate. */
  retarget(target: BitsPerSecond): BitsPerSecond {
    const isFree = this.#rate >= this.#cap;
    this.#target = target;
    this.#floor = Math.min(this.#wantedFloor, target);
    this.#cap = Math.max(this.#floor, Math.min(this.#limit, target));
    if (isFree) this.#ceiling = this.#cap;
    return this.#set(isFree ? this.#cap : Math.min(this.#rate, this.#cap));
  }

  /** To be called a few times a second. Returns the new rate, or null where it does not change. */
  update(sample: UplinkSample): BitsPerSecond | null {
    const excess = sample.delay - sample.minRoundTrip;
    if (excess > FULL) return this.#decrease(sample);
    if (excess > CLEAR) {
      this.#clearSince = null;
      return null;
    }
    this.#clearSince ??= sample.now;
    return this.#rate < this.#cap ? this.#increase(sample, sample.now - this.#clearSince) : null;
  }

  #increase({ now, capacity, throughput, sound }: UplinkSample, clearFor: Milliseconds): BitsPerSecond | null {
    const isProbe = this.#rate >= this.#ceiling;
    const believes = isProbe && clearFor >= this.#roomAfter && capacity !== null && capacity >= this.#rate * ROOMY;
    if (!believes && clearFor < (isProbe ? this.#probeAfter : RECOVERY)) return null;
    this.#clearSince = now;
    this.#changedAt = now;
    if (!isProbe) return this.#set(Math.min(this.#cap, this.#ceiling, Math.round(this.#rate * RECOVERY_STEP)));
    // One probe that holds may have used what was left over; two mean that the link has grown.
    const isUsed = throughput - sound >= this.#rate * USED;
    if (isUsed && this.#proofs > 1) {
      this.#probeAfter = Math.max(FIRST_PROBE / 2, this.#probeAfter / 2);
      this.#roomAfter = RECOVERY;
    }
    this.#probes++;
    if (isUsed) this.#proofs++;
    this.#believed = believes;
    const step = believes ? ROOM_STEP : Math.min(RECOVERY_STEP, PROBE_STEP ** (isUsed ? this.#proofs : 1));
    const raised = Math.min(this.#cap, Math.round(this.#rate * step));
    this.#ceiling = raised;
    return this.#set(raised);
  }

  #decrease(sample: UplinkSample): BitsPerSecond | null {
    this.#clearSince = null;
    if (this.#changedAt !== null && sample.now - this.#changedAt < BETWEEN_DECREASES) return null;
    const isStalled = sample.throughput < this.#rate * STALLED;
    const holds = isStalled ? this.#rate * 0.5 : sample.throughput * USABLE - sample.sound;
    // What has queued drains at what gets through: where that is above the rate already, waiting is all there is to do.
    if (holds >= this.#rate) return null;
    const lower = Math.round(Math.max(this.#floor, Math.min(holds, this.#rate * 0.9)));
    if (lower >= this.#rate) return null;
    if (this.#probes > 0 && this.#believed) this.#roomAfter = Math.min(this.#roomAfter * DISBELIEF, LONGEST_DISBELIEF);
    else if (this.#probes > 0) this.#probeAfter = Math.min(this.#probeAfter * 2, LAST_PROBE);
    this.#probes = 0;
    this.#proofs = 0;
    if (!isStalled) this.#ceiling = lower;
    this.#changedAt = sample.now;
    return this.#set(lower);
  }

  #set(rate: BitsPerSecond): BitsPerSecond {
    this.#rate = rate;
    return rate;
  }
}
