import type { BitsPerSecond, Bytes, Seconds } from '../../../src/protocol/index.ts';

/** BANDWIDTH, AVERAGE-BANDWIDTH and FRAME-RATE of one rendition, measured (rule 26). */
export class BitrateMeter {
  readonly #span: Seconds;
  #recent: { bytes: Bytes; duration: Seconds }[] = [];
  #recentBytes: Bytes = 0;
  #recentDuration: Seconds = 0;
  #totalBytes: Bytes = 0;
  #totalDuration: Seconds = 0;
  #frames = 0;
  #peak: BitsPerSecond = 0;

  /** @param targetDuration the peak is that of any run of parts about this long */
  constructor(targetDuration: Seconds) {
    this.#span = targetDuration;
  }

  frame(): void {
    this.#frames++;
  }

  part(bytes: Bytes, duration: Seconds): void {
    this.#totalBytes += bytes;
    this.#totalDuration += duration;
    this.#recent.push({ bytes, duration });
    this.#recentBytes += bytes;
    this.#recentDuration += duration;
    for (let first = this.#recent[0]; first !== undefined && this.#recentDuration - first.duration >= this.#span; first = this.#recent[0]) {
      this.#recent.shift();
      this.#recentBytes -= first.bytes;
      this.#recentDuration -= first.duration;
    }
    // RFC 8216bis §4.4.6.2: the peak is taken over 0.5 to 1.5 target durations.
    if (this.ready) this.#peak = Math.max(this.#peak, (this.#recentBytes * 8) / this.#recentDuration);
  }

  /** Whether enough has come to state a peak. */
  get ready(): boolean {
    return this.#recentDuration >= this.#span / 2;
  }

  get peak(): BitsPerSecond {
    return Math.ceil(this.#peak);
  }

  get average(): BitsPerSecond {
    return this.#totalDuration === 0 ? 0 : Math.ceil((this.#totalBytes * 8) / this.#totalDuration);
  }

  /** Frames a second; the frames of the unfinished part count for less than one in a hundred once a peak can be stated. */
  frameRate(pending: Seconds): number {
    const time = this.#totalDuration + pending;
    return time === 0 ? 0 : this.#frames / time;
  }
}
