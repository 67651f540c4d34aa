const SHOWN_MS = 8000;

/** A sentence that the user should read, and that passes. */
export class PassingNotice {
  readonly #changed: () => void;
  #text: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get text(): string | null {
    return this.#text;
  }

  show(text: string): void {
    this.clear();
    this.#text = text;
    this.#timer = setTimeout(() => this.clear(), SHOWN_MS);
    this.#changed();
  }

  clear(): void {
    clearTimeout(this.#timer);
    if (this.#text === null) return;
    this.#text = null;
    this.#changed();
  }
}
