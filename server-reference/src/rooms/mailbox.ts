import type { Frame } from '../pubsub/pubsub.ts';

/** More than a renegotiation and its candidates. */
const MOST_FRAMES = 64;
/** An offer to thirteen peers has 64 KiB; some of them may be waiting. */
const MOST_SIZE = 1024 * 1024;

/** What waits for a peer that is away. What does not fit is lost, as it would be without a mailbox. */
export class Mailbox {
  #frames: Frame[] = [];
  #size = 0;

  put(frame: Frame): void {
    if (this.#frames.length >= MOST_FRAMES || this.#size + frame.length > MOST_SIZE) return;
    this.#frames.push(frame);
    this.#size += frame.length;
  }

  /** All of it, once. */
  empty(): Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    this.#size = 0;
    return frames;
  }
}
