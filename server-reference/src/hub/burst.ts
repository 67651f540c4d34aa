/**
 * Sources that send seconds of media at once, as MP4 recorders do with a fragment at every key frame: how long they are silent between, and
 * their frames put into the order of time. Within a fragment the pictures come first and their sound after, behind which outputs would not wait.
 */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import type { CancelTimer } from '../clock.ts';

/** Spells that are remembered, and what is assumed until as many have been seen: recordings with a key frame each 10 s. */
const SPELLS = 4;
const USUAL_BURST: Milliseconds = 10_000;
const LONGEST_BURST: Milliseconds = 15_000;
const BURST_MARGIN = 1.5;
/** A burst is over when nothing has come for this long. */
const QUIET: Milliseconds = 50;
/** One that does not end is passed on piece by piece. */
const LONGEST_HOLD: Milliseconds = 500;

interface HeldFrame<T> {
  readonly time: Seconds;
  readonly frame: T;
}

export interface BurstHost {
  readonly now: Milliseconds;
  after(delay: Milliseconds, task: () => void): CancelTimer;
}

export class Bursts<T> {
  readonly #host: BurstHost;
  readonly #release: (frame: T) => void;
  #spells: Milliseconds[] = [];
  #lastAt: Milliseconds | null = null;
  #held: HeldFrame<T>[] = [];
  #heldSince: Milliseconds = 0;
  #cancel: CancelTimer | null = null;

  constructor(host: BurstHost, release: (frame: T) => void) {
    this.#host = host;
    this.#release = release;
  }

  /** How long nothing may come although all is well; frames are then as late as that. */
  get longest(): Milliseconds {
    if (this.#spells.length < SPELLS) return USUAL_BURST;
    return Math.min(LONGEST_BURST, BURST_MARGIN * Math.max(...this.#spells));
  }

  push(time: Seconds, frame: T): void {
    const now = this.#host.now;
    if (this.#lastAt !== null && now - this.#lastAt > QUIET) this.#spells = [...this.#spells, now - this.#lastAt].slice(-SPELLS);
    this.#lastAt = now;
    if (this.#held.length === 0) this.#heldSince = now;
    this.#held.push({ time, frame });
    if (now - this.#heldSince >= LONGEST_HOLD) this.flush();
    else this.#cancel ??= this.#host.after(QUIET, () => this.#wait());
  }

  /** Passes on what is held, the earliest first. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    const held = this.#held;
    this.#held = [];
    // Frames of one track keep their order, whatever times they have.
    for (const { frame } of held.sort((a, b) => a.time - b.time)) this.#release(frame);
  }

  #wait(): void {
    this.#cancel = null;
    const left = QUIET - (this.#host.now - (this.#lastAt ?? 0));
    if (left > 0) this.#cancel = this.#host.after(left, () => this.#wait());
    else this.flush();
  }
}
