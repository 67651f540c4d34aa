import { GlasscastError } from '../../protocol/errors.ts';
import { loadParts } from '../../ui/parts.ts';

/** The links come first, but for no longer than this. */
const PATIENCE_MS = 500;

export interface PartLoadingHost {
  /** The first links of a call are on their way. */
  linking(): boolean;
  /** Where parts may stand. */
  roots(): readonly ParentNode[];
  failed(error: GlasscastError): void;
  passed(): void;
}

/**
 * Loads the parts that stand in a room: what is no picture waits for the links, for a moment at most. What could not be loaded is told
 * once, and tried again when the user says so or the network is back.
 */
export class PartLoading {
  readonly #host: PartLoadingHost;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #impatient = false;
  #isMissing = false;

  constructor(host: PartLoadingHost) {
    this.#host = host;
  }

  /** Whether a part could not be loaded. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Loads what stands there now. */
  update(): void {
    if (this.#impatient || !this.#host.linking()) {
      void this.#load();
      return;
    }
    this.#patience ??= setTimeout(() => {
      this.#impatient = true;
      void this.#load();
    }, PATIENCE_MS);
  }

  retry(): void {
    if (!this.#isMissing) return;
    this.#isMissing = false;
    this.#host.passed();
    void this.#load();
  }

  close(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  async #load(): Promise<void> {
    if (this.#isMissing) return;
    try {
      await Promise.all(this.#host.roots().map(loadParts));
    } catch (cause) {
      if (this.#isMissing) return;
      this.#isMissing = true;
      this.#host.failed(
        new GlasscastError('network', 'A part of the call could not be loaded. Check your network, or reload the page.', { cause }),
      );
    }
  }
}
