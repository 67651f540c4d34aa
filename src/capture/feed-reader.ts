export interface FeedHandler<T> {
  /** Takes over the frame: whoever gets it closes it. */
  frame(frame: T): void;
  /** The track has ended, or its feed broke. Not called after {@link FeedReader.close}. */
  ended(cause: unknown): void;
}

/** Reads a track's frames one after the other until it ends or is closed. */
export class FeedReader<T extends { close(): void }> {
  readonly #reader: ReadableStreamDefaultReader<T>;
  readonly #handler: FeedHandler<T>;
  #closed = false;

  constructor(feed: ReadableStream<T>, handler: FeedHandler<T>) {
    this.#reader = feed.getReader();
    this.#handler = handler;
    void this.#run();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.cancel().catch(() => undefined); // a feed that broke by itself is closed all the same
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (value !== undefined && this.#closed) value.close();
        if (done || this.#closed) break;
        this.#handler.frame(value);
      }
      this.#end(null);
    } catch (cause) {
      this.#end(cause);
    }
  }

  #end(cause: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler.ended(cause);
  }
}
