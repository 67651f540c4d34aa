/** How often detection runs: as often as asked for, but for no more than half of a core's time. */
import type { Milliseconds } from '../../protocol/units.ts';

export const DETECT_RATES = { least: 1, most: 60, usual: 30 } as const;

/** The share of time that detection may take. */
const SHARE = 0.5;
/** How much a newest duration counts. */
const TOOK_WEIGHT = 0.15;
/** By how much slower detection has to become before its rate is lowered, and how much faster before it is raised. */
const HYSTERESIS = { slower: 1.1, faster: 0.8 };
/** A rate is raised no sooner after the last change: machines that are busy at times would flutter. */
const PATIENCE: Milliseconds = 2000;

/** Within {@link DETECT_RATES}; 30 for what is no number. */
export function detectRate(value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return DETECT_RATES.usual;
  return Math.min(DETECT_RATES.most, Math.max(DETECT_RATES.least, value));
}

export class DetectionPace {
  readonly #shortest: Milliseconds;
  #interval: Milliseconds;
  #took: Milliseconds | null = null;
  #changed: Milliseconds = Number.NEGATIVE_INFINITY;
  #due: Milliseconds = Number.NEGATIVE_INFINITY;

  /** @param rate detections a second at most */
  constructor(rate: number) {
    this.#shortest = 1000 / rate;
    this.#interval = this.#shortest;
  }

  /** Between two detections, at present. */
  get interval(): Milliseconds {
    return this.#interval;
  }

  isDue(now: Milliseconds): boolean {
    return now >= this.#due;
  }

  /**
   * A detection begins. The next one falls due an interval after this one *was* due: pictures that come at the very rate that is wanted would
   * otherwise miss it by a hair every other time.
   */
  begin(now: Milliseconds): void {
    const next = Number.isFinite(this.#due) ? this.#due + this.#interval : now + this.#interval;
    this.#due = Math.min(Math.max(next, now), now + this.#interval);
  }

  /** A detection has ended. The first one is not typical, and counts like any other until there are more. */
  end(took: Milliseconds, now: Milliseconds): void {
    this.#took = this.#took === null ? took : this.#took + TOOK_WEIGHT * (took - this.#took);
    const wanted = Math.max(this.#shortest, this.#took / SHARE);
    const slower = wanted > this.#interval * HYSTERESIS.slower;
    const faster = wanted < this.#interval * HYSTERESIS.faster || (wanted === this.#shortest && this.#interval > wanted);
    if (!slower && !(faster && now - this.#changed >= PATIENCE)) return;
    this.#interval = wanted;
    this.#changed = now;
  }
}
