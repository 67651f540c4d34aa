import type { TokenProvider } from '../signaling/connection.ts';
import { Emitter } from '../signaling/emitter.ts';

/** What the page says of its tokens, as it stands at the moment of asking. */
export interface PageTokens {
  readonly token: string | undefined;
  readonly provider: TokenProvider | undefined;
}

/** The token that opens a stream: the page's, or what its provider gave last. It may change while the stream plays. */
export class TokenSource extends Emitter<{ changed: string | undefined }> {
  readonly #page: PageTokens;
  /** What the provider gave, for as long as the page has not set another token itself. */
  #given: { readonly token: string; readonly insteadOf: string | undefined } | null = null;

  constructor(page: PageTokens) {
    super();
    this.#page = page;
  }

  /** The newest token; undefined where there is none, or none yet. */
  get current(): string | undefined {
    const { token } = this.#page;
    return this.#given !== null && this.#given.insteadOf === token ? this.#given.token : token;
  }

  /** The page's provider; what it gives goes with every request from then on. Undefined where the page has none. */
  get provider(): TokenProvider | undefined {
    const { provider } = this.#page;
    return provider && (() => this.#renew(provider));
  }

  /** The token to begin with, asked for where the page has set none. Rejects as the page's provider does. */
  async ask(): Promise<string | undefined> {
    return this.#page.token ?? (await this.provider?.());
  }

  /** To be called when the page has set another token. */
  pageChanged(): void {
    this.emit('changed', this.current);
  }

  async #renew(provider: TokenProvider): Promise<string> {
    const { token: insteadOf } = this.#page;
    const token = await provider();
    this.#given = { token, insteadOf };
    return token;
  }
}
