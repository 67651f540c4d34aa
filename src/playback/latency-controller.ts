/**
 * Holds a live stream at a chosen distance from its edge by playing a little faster or slower.
 *
 *   arriving ──one jump within the buffer, or 2 s over──▶ following
 *   following ──far behind, or before a gap──▶ jumping ──it plays──▶ arriving
 *       ▲                                         └──3 s over──▶ following
 *       └──back near the edge── free ◀──the viewer seeks away── (any)
 *   following ──playing on after a pause──▶ arriving
 *
 * Pure: it is told what the player sees and answers what to do. hls.js's own control speeds up only with more than a second of forward
 * buffer, which at these latencies never exists, and it lengthens the latency for good at each stall.
 */
import type { Milliseconds, Seconds } from '../protocol/index.ts';

/** What the player sees at one moment. */
export interface LatencySample {
  /** How far the playhead is behind the live edge. */
  readonly latency: Seconds;
  /** Contiguous media buffered ahead of the playhead. */
  readonly ahead: Seconds;
  /** From the playhead to the end of the newest media that the server has; does not grow while the server has nothing new. */
  readonly published: Seconds;
  /** From the playhead to where the newest unbroken media starts; positive when there is a hole to cross. */
  readonly hole: Seconds;
  /** Usual duration of a part; null for a stream without parts. */
  readonly part: Seconds | null;
  /** The distance that the playlist itself asks for (hold-back): used where there are no parts. */
  readonly holdBack: Seconds;
  readonly paused: boolean;
  /** The element wants to play and has nothing to play. */
  readonly starved: boolean;
}

export interface LatencyDecision {
  /** 0.92 to 1.08. */
  readonly rate: number;
  /** Jump forward by so much; null, nearly always, means stay. */
  readonly jump: Seconds | null;
}

export interface LatencyControllerOptions {
  /** Milliseconds on any monotonic clock. */
  readonly now: () => Milliseconds;
}

type LatencyState =
  /** `since` is null until playback runs. */
  | { readonly name: 'arriving'; readonly since: Milliseconds | null }
  | { readonly name: 'following' }
  | { readonly name: 'jumping'; readonly since: Milliseconds }
  | { readonly name: 'free' };

const RATE_MIN = 0.92;
const RATE_MAX = 1.08;
/** Rate change per second of error: 160 ms off target is the full 8 %. */
const GAIN = 0.5;
const DEADBAND: Seconds = 0.015;
/** Farther behind than this a change of rate would take half a minute: jump. */
const JUMP_AFTER: Seconds = 2.5;
const JUMP_COOLDOWN: Milliseconds = 3_000;
/** A player starts behind by what its loading took. In its first moments a jump within the buffer goes unnoticed. */
const ARRIVAL: Milliseconds = 2_000;
const ARRIVAL_ERROR: Seconds = 0.1;
const QUIET: Milliseconds = 8_000;
/** How fast the caution of a stall is given up again, once quiet. */
const RELAX_PER_SECOND: Seconds = 0.02;
const RAISE_LIMIT: Seconds = 1.5;

const HOLD: LatencyDecision = { rate: 1, jump: null };

/**
 * The distance that plays without stalls, as measured over 60 s runs: 0.45 s at 200 ms parts (2.25 of them), 0.36 s at 100 ms (3.6).
 * The constant pays for the request that fetches a part, the slope for the part itself, which may be asked for one part late.
 */
export function defaultTarget(part: Seconds | null, holdBack: Seconds): Seconds {
  if (part === null || part <= 0) return holdBack;
  return 0.27 + 0.9 * part;
}

/**
 * Only to media that the server has: latency grows while nothing new comes, and a seek to an edge that is not buffered, made because
 * playback starved, starves it again, for ever.
 */
function jumpOf(sample: LatencySample, target: Seconds): Seconds | null {
  const stuck = sample.starved && sample.hole > 0;
  if (!stuck && sample.published - target <= JUMP_AFTER) return null;
  return Math.max(sample.published - target, sample.hole);
}

export class LatencyController {
  readonly #now: () => Milliseconds;
  #state: LatencyState = { name: 'arriving', since: null };
  #wanted: Seconds | null = null;
  #raise: Seconds = 0;
  #lastStall: Milliseconds = Number.NEGATIVE_INFINITY;
  #lastStep: Milliseconds | null = null;
  #starved = false;
  #target: Seconds | null = null;

  constructor(options: LatencyControllerOptions) {
    this.#now = options.now;
  }

  /** The distance now aimed at, with what stalls have added to it; null before the first step. */
  get target(): Seconds | null {
    return this.#target;
  }

  /** What the page asked for; null leaves the choice to the part duration. */
  get wanted(): Seconds | null {
    return this.#wanted;
  }

  set wanted(value: Seconds | null) {
    this.#wanted = value;
    this.#raise = 0;
  }

  /** True while the viewer watches an earlier moment and is left alone. */
  get free(): boolean {
    return this.#state.name === 'free';
  }

  /** Forgets stalls and jumps: another stream, or a new run of this one. */
  reset(): void {
    this.#state = { name: 'arriving', since: null };
    this.#raise = 0;
    this.#lastStall = Number.NEGATIVE_INFINITY;
    this.#lastStep = null;
    this.#starved = false;
    this.#target = null;
  }

  /** The viewer moved the playhead, which is now `latency` behind the edge. */
  viewerSeeked(latency: Seconds): void {
    const near = (this.#target ?? 0) + JUMP_AFTER;
    this.#state = latency > near ? { name: 'free' } : { name: 'following' };
  }

  /** The viewer asks for the live edge. */
  follow(): void {
    if (this.#state.name === 'free') this.#state = { name: 'following' };
  }

  /** Playback goes on after a pause; who watched the live edge gets there again. */
  resumed(): void {
    if (this.#state.name !== 'free') this.#state = { name: 'arriving', since: null };
  }

  step(sample: LatencySample): LatencyDecision {
    const now = this.#now();
    const elapsed = this.#lastStep === null ? 0 : (now - this.#lastStep) / 1000;
    this.#lastStep = now;
    const target = this.#aim(sample, now, elapsed);
    if (sample.paused) {
      this.#starved = false;
      return HOLD;
    }
    const error = sample.latency - target;
    if (this.#state.name === 'free') {
      if (error < JUMP_AFTER / 2) this.#state = { name: 'following' };
      return HOLD;
    }
    if (this.#state.name === 'arriving') {
      const jump = this.#arrive(this.#state.since ?? now, now, error, sample);
      if (jump !== null) return { rate: 1, jump };
    }
    if (this.#state.name === 'jumping') {
      const arrived = !sample.starved && sample.published - target < JUMP_AFTER;
      if (arrived) this.#state = { name: 'arriving', since: null };
      else if (now - this.#state.since > JUMP_COOLDOWN) this.#state = { name: 'following' };
    }
    const jump = this.#state.name === 'following' || this.#state.name === 'arriving' ? jumpOf(sample, target) : null;
    if (jump !== null) {
      this.#state = { name: 'jumping', since: now };
      return { rate: 1, jump };
    }
    return { rate: this.#rate(error, sample), jump: null };
  }

  #arrive(since: Milliseconds, now: Milliseconds, error: Seconds, sample: LatencySample): Seconds | null {
    if (sample.starved) return null;
    // What stays in the buffer is what the target would leave there.
    const within = error > ARRIVAL_ERROR && sample.ahead - error > (sample.part ?? 1);
    this.#state = within || now - since > ARRIVAL ? { name: 'following' } : { name: 'arriving', since };
    return within ? error : null;
  }

  /** A stall adds half a part, at least 50 ms, to the target; quiet takes it back slowly. */
  #aim(sample: LatencySample, now: Milliseconds, elapsed: Seconds): Seconds {
    // Starving during a jump is the jump's doing and says nothing about the target.
    const stalled = sample.starved && !this.#starved && !sample.paused && this.#state.name === 'following';
    this.#starved = sample.starved;
    if (stalled) {
      this.#raise = Math.min(RAISE_LIMIT, this.#raise + Math.max(0.05, (sample.part ?? 0.2) / 2));
      this.#lastStall = now;
    } else if (now - this.#lastStall > QUIET) {
      this.#raise = Math.max(0, this.#raise - RELAX_PER_SECOND * elapsed);
    }
    this.#target = (this.#wanted ?? defaultTarget(sample.part, sample.holdBack)) + this.#raise;
    return this.#target;
  }

  #rate(error: Seconds, sample: LatencySample): number {
    if (sample.starved || Math.abs(error) < DEADBAND) return 1;
    // With next to nothing buffered, speed would turn lateness into a stall; the part on its way comes no sooner.
    const reserve = Math.min(0.1, (sample.part ?? 0.2) / 2);
    if (error > 0 && sample.ahead < reserve) return 1;
    const rate = Math.min(RATE_MAX, Math.max(RATE_MIN, 1 + GAIN * error));
    // In steps of a hundredth: each change of rate makes the audio resampler start anew.
    return Math.round(rate * 100) / 100;
  }
}
