/**
 * How long this process was kept from running, for tests that measure time: client and server are both in it, so that what a busy machine withholds
 * from it is known, and is no fault of theirs.
 */

const TICK_MS = 10;

export class Lateness implements Disposable {
  #expected = performance.now() + TICK_MS;
  #sum = 0;
  readonly #timer = setInterval(() => this.#look(), TICK_MS);

  /** Milliseconds since it was made in which nothing ran that was due. */
  get milliseconds(): number {
    this.#look();
    return this.#sum;
  }

  #look(): void {
    const now = performance.now();
    if (now < this.#expected) return;
    this.#sum += now - this.#expected;
    this.#expected = now + TICK_MS;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
