/** Runs steps one after the other. A step that throws is told, and leaves those behind it alone. */
export class StepQueue {
  readonly #failed: (cause: unknown) => void;
  #steps: (() => Promise<unknown>)[] = [];
  #working = false;
  #closed = false;

  constructor(failed: (cause: unknown) => void) {
    this.#failed = failed;
  }

  /** A step begins at once where none is under way: joining a call is a race. */
  add(step: () => Promise<unknown>): void {
    if (this.#closed) return;
    this.#steps.push(step);
    if (!this.#working) void this.#work();
  }

  /** Lets the step that is under way end, and begins no other. */
  close(): void {
    this.#closed = true;
    this.#steps = [];
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      try {
        await step();
      } catch (cause) {
        if (!this.#closed) this.#failed(cause);
      }
    }
    this.#working = false;
  }
}
