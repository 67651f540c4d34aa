import type { Milliseconds } from '../../protocol/units.ts';
import { ClockReporter, type ClockReporterOptions } from '../clock-reporter.ts';

/** What the server calls the pictures of a container; its sound shares their clock. */
const VIDEO_TRACK = 0;

/**
 * Tells the server when a recording was captured: its time counts from when the recorder was started, in microseconds. What is told before the
 * server has read the recording's header is about the one before, so it is told again once that opened an epoch.
 */
export class RecordingClock {
  readonly #reporter: ClockReporter;
  #startedAt: Milliseconds | null = null;
  #epoch = 0;

  constructor(options: Omit<ClockReporterOptions, 'tracks'>) {
    this.#reporter = new ClockReporter({
      ...options,
      tracks: () => {
        const origin = this.#startedAt;
        return origin === null ? [] : [{ track: VIDEO_TRACK, clock: { origin, wallTime: () => origin }, timestamp: 0 }];
      },
    });
  }

  /** Of the newest recording that the server has read; 0 before the first. */
  get epoch(): number {
    return this.#epoch;
  }

  /** @param startedAt when the recorder was started, by the wall clock */
  begin(startedAt: Milliseconds): void {
    this.#startedAt = startedAt;
    this.#reporter.start();
  }

  /** @param epoch as the server has answered; undefined where it does not say */
  acknowledged(epoch: number | undefined): void {
    if (epoch === undefined || epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#reporter.repeat();
  }

  stop(): void {
    this.#startedAt = null;
    this.#reporter.stop();
  }
}
