/** How long ago a socket was given what it has not sent yet, told from how many bytes wait in it. */
import type { Milliseconds } from '../../../src/protocol/index.ts';

/** What was given within this time counts as given at once. */
const GRAIN: Milliseconds = 100;

interface Stretch {
  readonly at: Milliseconds;
  /** Bytes given in all, up to the end of this stretch. */
  upTo: number;
}

export class Backlog {
  #given = 0;
  #stretches: Stretch[] = [];

  give(bytes: number, now: Milliseconds): void {
    this.#given += bytes;
    const last = this.#stretches.at(-1);
    if (last !== undefined && now - last.at < GRAIN) last.upTo = this.#given;
    else this.#stretches.push({ at: now, upTo: this.#given });
  }

  /** @param waiting bytes that the socket has not sent */
  age(waiting: number, now: Milliseconds): Milliseconds {
    const sent = this.#given - waiting;
    while (this.#stretches[0] !== undefined && this.#stretches[0].upTo <= sent) this.#stretches.shift();
    const oldest = this.#stretches[0];
    return oldest === undefined ? 0 : now - oldest.at;
  }
}
