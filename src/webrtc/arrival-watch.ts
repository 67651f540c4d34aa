import type { Milliseconds } from '../protocol/units.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';

const INTERVAL_MS: Milliseconds = 1000;

/** Tells once a second whether anything has arrived over a connection. */
export class ArrivalWatch {
  readonly #timers: Timers;
  readonly #timer: TimerId;
  #received = 0;
  #closed = false;

  constructor(connection: RTCPeerConnection, timers: Timers, told: (arrives: boolean) => void) {
    this.#timers = timers;
    this.#timer = timers.setInterval(() => void this.#look(connection, told), INTERVAL_MS);
  }

  close(): void {
    this.#closed = true;
    this.#timers.clearInterval(this.#timer);
  }

  async #look(connection: RTCPeerConnection, told: (arrives: boolean) => void): Promise<void> {
    if (connection.connectionState !== 'connected') return;
    const received = bytesReceived(await connection.getStats());
    if (this.#closed) return;
    const before = this.#received;
    this.#received = received;
    // Also with camera and microphone off both ends of a living link hear of each other by RTCP.
    if (before > 0) told(received > before);
  }
}

/** What came in over all paths, connectivity checks not counted. */
function bytesReceived(report: RTCStatsReport): number {
  let sum = 0;
  for (const stats of report.values()) if (stats.type === 'candidate-pair') sum += stats.bytesReceived ?? 0;
  return sum;
}
