/** What costs something to make, kept for those who ask again soon: only so much of it, and nothing whose making failed. */
export class RecentlyAsked<T> {
  readonly #most: number;
  /** The longest unasked-for first. */
  readonly #kept = new Map<string, Promise<T>>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break;
      this.#kept.delete(oldest);
    }
    // Whoever asked hears of it; the next one tries again.
    made.catch(() => this.delete(key));
    return made;
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }
}
