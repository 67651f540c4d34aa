import type { Milliseconds, Ticks } from '../protocol/units.ts';
import { ClockOffset } from '../signaling/clock-offset.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import type { CaptureClock } from './capture-clock.ts';

export interface ClockReport {
  readonly track: number;
  readonly dts: Ticks;
  readonly wall_ms: Milliseconds;
  readonly offset_ms?: Milliseconds;
}

export interface ReportedTrack {
  readonly track: number;
  readonly clock: Pick<CaptureClock, 'origin' | 'wallTime'>;
  /** A recent timestamp of the track. */
  readonly timestamp: Ticks;
}

export interface ClockReporterOptions {
  readonly now: () => Milliseconds;
  readonly timers: Timers;
  readonly tracks: () => readonly ReportedTrack[];
  /** Asks the server for its time. */
  readonly time: () => Promise<Milliseconds>;
  readonly report: (report: ClockReport) => void;
  readonly log: (error: unknown) => void;
}

const SETTLING: Milliseconds = 1_500;
const WHILE_SETTLING: Milliseconds = 250;
const AFTERWARDS: Milliseconds = 10_000;
const ROUND_TRIPS = 5;
/** Round trips of the first measurement end here: the server waits for the first report. */
const FIRST_MEASUREMENT: Milliseconds = 300;
/** A server that does not tell its time gets reports without an offset after this. */
const OFFSET_PATIENCE: Milliseconds = 700;
/** Improvements below this are not worth a message before the regular one. */
const WORTH_TELLING: Milliseconds = 1;

/**
 * Tells the server when frames were captured: `clock` for each track at the start of an epoch, as the estimate improves within the first
 * 1.5 s, and every 10 s; and by how much the server's clock differs from ours, from the best of several round trips. The first report
 * waits for these: one that has to be corrected moves everything that was placed by it.
 */
export class ClockReporter {
  readonly #options: ClockReporterOptions;
  readonly #offset = new ClockOffset();
  readonly #told = new Map<number, Milliseconds>();
  #timer: TimerId | undefined;
  #startedAt: Milliseconds = 0;
  #run = 0;

  constructor(options: ClockReporterOptions) {
    this.#options = options;
  }

  /** A new epoch has begun. */
  start(): void {
    this.stop();
    this.#startedAt = this.#options.now();
    this.#told.clear();
    void this.#measure(ROUND_TRIPS);
    this.#schedule();
  }

  stop(): void {
    this.#run++;
    this.#options.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Says once more what was said: the server could not make use of it. */
  repeat(): void {
    const isFirst = this.#told.size === 0;
    this.#told.clear();
    // The first waits for the measurement as ever.
    if (!isFirst) this.#tell(0);
  }

  #schedule(): void {
    const settling = this.#options.now() - this.#startedAt < SETTLING;
    this.#timer = this.#options.timers.setTimeout(
      () => {
        if (settling) {
          if (this.#told.size > 0 || this.#options.now() - this.#startedAt >= OFFSET_PATIENCE) this.#tell(WORTH_TELLING);
        } else {
          this.#tell(0);
          void this.#measure(1);
        }
        this.#schedule();
      },
      settling ? WHILE_SETTLING : AFTERWARDS,
    );
  }

  async #measure(roundTrips: number): Promise<void> {
    const run = this.#run;
    try {
      for (let count = 0; count < roundTrips; count++) {
        const sentAt = this.#options.now();
        const serverTime = await this.#options.time();
        if (run !== this.#run) return;
        const receivedAt = this.#options.now();
        this.#offset.add(sentAt, receivedAt, serverTime);
        if (receivedAt - this.#startedAt > FIRST_MEASUREMENT) break;
      }
      this.#tell(WORTH_TELLING);
    } catch (error) {
      // Without our offset the server estimates it from arrivals; a lost connection measures anew.
      if (run === this.#run) this.#options.log(error);
    }
  }

  /** Reports the tracks whose capture time on the server's clock has moved by at least `threshold`. */
  #tell(threshold: Milliseconds): void {
    const offset = this.#offset.value;
    for (const { track, clock, timestamp } of this.#options.tracks()) {
      const wall = clock.wallTime(timestamp);
      const origin = clock.origin;
      if (wall === null || origin === null) continue;
      const place = origin + (offset ?? 0);
      const before = this.#told.get(track);
      if (before !== undefined && Math.abs(place - before) < threshold) continue;
      this.#told.set(track, place);
      this.#options.report({ track, dts: Math.round(timestamp), wall_ms: wall, ...(offset === null ? {} : { offset_ms: offset }) });
    }
  }
}
