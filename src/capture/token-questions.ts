import { GlasscastError } from '../protocol/errors.ts';

/** Asks the page for tokens from within a worker, where the page's function cannot be called. */
export class TokenQuestions {
  readonly #post: (id: number) => void;
  readonly #open = new Map<number, { resolve: (token: string) => void; reject: (error: GlasscastError) => void }>();
  #nextId = 1;

  constructor(post: (id: number) => void) {
    this.#post = post;
  }

  ask(): Promise<string> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#open.set(id, { resolve, reject });
    this.#post(id);
    return promise;
  }

  answer(id: number, token: string): void {
    this.#open.get(id)?.resolve(token);
    this.#open.delete(id);
  }

  refuse(id: number, message: string): void {
    this.#open.get(id)?.reject(new GlasscastError('unauthorized', message));
    this.#open.delete(id);
  }
}
