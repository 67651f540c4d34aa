/**
 * The regular grid of a track. Capture timestamps jitter and cameras skip frames, which players punish: Chromium drops frames until the
 * next key frame when a decode time jumps by more than twice the last duration. So decode times are contiguous, each frame gets its
 * duration at once (without waiting for the next), and the true presentation time stands in the signed composition offset.
 *
 * The grid follows the true rate: the difference between grid and capture time is slewed away by durations a few percent longer or
 * shorter, within bounds that keep every part between 85 % and 100 % of PART-TARGET.
 */
import type { Seconds, Ticks } from '../../../src/protocol/index.ts';

export interface Placement {
  readonly dts: Ticks;
  readonly cts: Ticks;
  readonly duration: Ticks;
}

/** Durations stay within these shares of the nominal one: six frames then last 94 % to 109 % of 200 ms, and PART-TARGET is 110 %. */
const SHORTEST = 0.94;
const LONGEST = 1.09;
/** A difference is slewed away at the speed that would close it in this time. */
const SETTLE: Seconds = 1;
/** Weight of a new difference in the smoothed one: about a third of a second at 30 fps, well inside SETTLE, so that it does not swing. */
const ERROR_WEIGHT = 0.1;
const RATE_WEIGHT = 1 / 64;
/** The rate has changed for good when the trimmed mean of the last intervals is this far from the nominal. */
const NEW_RATE = 0.12;
const RATE_WINDOW = 16;
const RATE_TRIM = 3;
/** Beyond this difference a new rate does not wait for a key frame. */
const FORCE_RATE: Seconds = 0.5;
/** Frames that are missing for longer are not slewed over: the track begins anew behind a gap. */
export const LONGEST_SLEW: Seconds = 1;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Frames a second that are believed; what is slower is a pause, what is faster no camera's clock. */
const SLOWEST_RATE = 1;
const FASTEST_RATE = 240;

/** Duration of a frame from the first capture times; the rate that was announced, or a usual one, where that is within 3 %. */
export function measureFrameDuration(captures: readonly Ticks[], timescale: number, announced: number | undefined): Ticks {
  const intervals = captures
    .slice(1)
    .map((time, index) => time - (captures[index] ?? time))
    .filter((interval) => interval <= timescale / SLOWEST_RATE && interval >= timescale / FASTEST_RATE);
  const usual = [announced, 60, 50, 48, 30, 25, 24, 20, 15, 12, 10, 7.5, 5].filter((rate) => rate !== undefined);
  if (intervals.length === 0) return timescale / (announced ?? 30);
  const median = [...intervals].sort((a, b) => a - b)[intervals.length >> 1] ?? 0;
  // What is far longer is a frame that was skipped, not the rate.
  const regular = intervals.filter((interval) => interval < 1.5 * median);
  const mean = regular.reduce((sum, interval) => sum + interval, 0) / regular.length;
  const rate = usual.find((candidate) => Math.abs((mean * candidate) / timescale - 1) < 0.03);
  return rate === undefined ? mean : timescale / rate;
}

export class VideoTimeline {
  readonly #timescale: number;
  #nominal: Ticks;
  #rate: Ticks;
  #end: Ticks = 0;
  #error: Ticks = 0;
  #lastCapture: Ticks | null = null;
  #intervals: Ticks[] = [];

  /** @param frameDuration at the measured rate, in ticks */
  constructor(timescale: number, frameDuration: Ticks) {
    this.#timescale = timescale;
    this.#nominal = frameDuration;
    this.#rate = frameDuration;
  }

  get frameDuration(): Ticks {
    return this.#nominal;
  }

  /** Decode time of the next frame. */
  get end(): Ticks {
    return this.#end;
  }

  /** True while the rate has changed and a key frame would let the grid change with it. */
  get wantsKeyframe(): boolean {
    return this.#newRate(RATE_TRIM) !== null;
  }

  begin(dts: Ticks): void {
    this.#end = Math.round(dts);
    this.#error = 0;
    this.#lastCapture = null;
  }

  /** How far the capture time is ahead of the grid. */
  drift(capture: Ticks): Seconds {
    return (capture - this.#end) / this.#timescale;
  }

  place(capture: Ticks, key: boolean): Placement {
    const dts = this.#end;
    const error = capture - dts;
    this.#error += ERROR_WEIGHT * (error - this.#error);
    this.#observe(capture);
    // Where the difference has grown all the same, frames come too unevenly for a trimmed mean: their plain mean cannot miss it.
    const forced = Math.abs(error) > FORCE_RATE * this.#timescale;
    const newRate = key || forced ? this.#newRate(forced ? 0 : RATE_TRIM) : null;
    if (newRate !== null) {
      this.#nominal = newRate;
      this.#rate = newRate;
    }
    const slew = (this.#nominal * this.#error) / (SETTLE * this.#timescale);
    const wanted = clamp(this.#rate + slew, SHORTEST * this.#nominal, LONGEST * this.#nominal);
    // Whole ticks, rounded from exact times, or their sum would drift from the rate.
    const duration = Math.max(1, Math.round(wanted));
    this.#end = dts + duration;
    return { dts, cts: Math.round(error), duration };
  }

  #observe(capture: Ticks): void {
    if (this.#lastCapture !== null) {
      const interval = capture - this.#lastCapture;
      this.#intervals.push(interval);
      if (this.#intervals.length > RATE_WINDOW) this.#intervals.shift();
      const usual = clamp(interval, 0, 2.5 * this.#nominal);
      this.#rate = clamp(this.#rate + RATE_WEIGHT * (usual - this.#rate), SHORTEST * this.#nominal, LONGEST * this.#nominal);
    }
    this.#lastCapture = capture;
  }

  #newRate(trim: number): Ticks | null {
    if (this.#intervals.length < RATE_WINDOW) return null;
    const sorted = [...this.#intervals].sort((a, b) => a - b).slice(trim, RATE_WINDOW - trim);
    const mean = sorted.reduce((sum, interval) => sum + interval, 0) / sorted.length;
    return mean > 0 && Math.abs(mean / this.#nominal - 1) > NEW_RATE ? mean : null;
  }
}

/** Sound is slewed far more gently: a microphone is off by parts in ten thousand, and what jitters is the report of its time. */
const AUDIO_SETTLE: Seconds = 4;
const AUDIO_ERROR_WEIGHT = 0.02;
const AUDIO_SLEW = 0.02;

export class AudioTimeline {
  readonly #timescale: number;
  #end: Ticks = 0;
  #error: Ticks = 0;
  /** What rounding to whole ticks has left over. */
  #rest = 0;

  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  get end(): Ticks {
    return this.#end;
  }

  begin(dts: Ticks): void {
    this.#end = Math.round(dts);
    this.#error = 0;
    this.#rest = 0;
  }

  drift(capture: Ticks): Seconds {
    return (capture - this.#end) / this.#timescale;
  }

  /** @param length what the frame decodes to, in ticks */
  place(capture: Ticks, length: Ticks): Placement {
    const dts = this.#end;
    this.#error += AUDIO_ERROR_WEIGHT * (capture - dts - this.#error);
    const slew = clamp(this.#error / (AUDIO_SETTLE * this.#timescale), -AUDIO_SLEW, AUDIO_SLEW);
    const exact = length * (1 + slew) + this.#rest;
    const duration = Math.max(1, Math.round(exact));
    this.#rest = exact - duration;
    this.#end = dts + duration;
    // Decoders play sound by counting samples: it has no composition offsets.
    return { dts, cts: 0, duration };
  }
}
