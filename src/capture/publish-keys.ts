/**
 * The keys that prove a page was on air with a stream before, so that a reload takes the stream over again. They live as long as the
 * tab, by server and stream; where the page may not store anything, as long as the page.
 */
export class PublishKeys {
  readonly #storage: () => Storage;
  readonly #memory = new Map<string, string>();

  /** @param storage throws, as `sessionStorage` does, where storing is forbidden */
  constructor(storage: () => Storage = () => sessionStorage) {
    this.#storage = storage;
  }

  get(server: string, stream: string): string | null {
    const name = keyName(server, stream);
    try {
      return this.#storage().getItem(name) ?? this.#memory.get(name) ?? null;
    } catch {
      // A sandboxed frame: what this page itself was given is all there is.
      return this.#memory.get(name) ?? null;
    }
  }

  set(server: string, stream: string, key: string): void {
    const name = keyName(server, stream);
    this.#memory.set(name, key);
    try {
      this.#storage().setItem(name, key);
    } catch {
      // Forbidden or full: the key does not outlive the page, and a reload waits until the server lets the stream go.
      this.#memory.set(name, key);
    }
  }

  /** The broadcast has ended: there is nothing to take over. */
  delete(server: string, stream: string): void {
    const name = keyName(server, stream);
    this.#memory.delete(name);
    try {
      this.#storage().removeItem(name);
    } catch {
      // Nothing was stored either.
      this.#memory.delete(name);
    }
  }
}

const keyName = (server: string, stream: string): string => `glasscast.publish-key ${server} ${stream}`;
