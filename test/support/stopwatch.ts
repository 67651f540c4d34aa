/**
 * Time for tests that hold something to a limit, less what a busy machine kept this process from running in: where client and server are both in it,
 * that is no fault of theirs.
 */
import assert from 'node:assert/strict';

const TICK_MS = 10;
/** Timers are that inexact on a machine that does nothing else. */
const INEXACT_MS = 5;

export class Stopwatch implements Disposable {
  readonly #began = performance.now();
  #expected = this.#began + TICK_MS;
  #late = 0;
  readonly #timer = setInterval(() => this.#look(), TICK_MS);

  get elapsed(): number {
    return performance.now() - this.#began;
  }

  /** Milliseconds since it was made in which nothing ran that was due. */
  get late(): number {
    this.#look();
    return this.#late;
  }

  /** @param milliseconds of what is measured; by default of the time since it was made */
  assertBelow(limit: number, milliseconds = this.elapsed): void {
    const { late } = this;
    assert.ok(milliseconds < limit + late, `${milliseconds.toFixed(0)} ms, with ${late.toFixed(0)} ms in which nothing could run`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    if (now < this.#expected) return;
    if (now - this.#expected > INEXACT_MS) this.#late += now - this.#expected;
    this.#expected = now + TICK_MS;
  }
}
