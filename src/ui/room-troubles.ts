import type { GlasscastError } from '../protocol/errors.ts';

/** What a failure of a call is about: it stays until that has passed. */
export type Concern = 'call' | 'socket' | 'links' | 'media' | 'request' | 'parts' | 'overlay';

/** What is wrong at the moment, by what it is about; the newest is shown. */
export class Troubles {
  readonly #errors = new Map<Concern, GlasscastError>();

  add(about: Concern, error: GlasscastError): void {
    this.#errors.delete(about);
    this.#errors.set(about, error);
  }

  /** False where nothing was wrong with it. */
  passed(about: Concern): boolean {
    return this.#errors.delete(about);
  }

  /** The user has read it. */
  dismiss(error: GlasscastError): void {
    for (const [about, shown] of this.#errors) if (shown === error) this.#errors.delete(about);
  }

  clear(): void {
    this.#errors.clear();
  }

  get newest(): GlasscastError | null {
    return [...this.#errors.values()].at(-1) ?? null;
  }
}
