import { GlasscastError } from '../protocol/errors.ts';
import type { Frame } from './link-interface.ts';
import type { PeerMessages, PeerMessagesOptions, WatchedSlot } from './peer-messages.ts';

/** Characters or bytes that may come before they can be understood. */
const MAX_EARLY_SIZE = 4 * 1024 * 1024;

/**
 * {@link PeerMessages}, loaded with the first that there is to say or to hear: a first call needs nothing of it. What comes
 * meanwhile is kept, in order.
 */
export class LateMessages {
  readonly #options: PeerMessagesOptions;
  #messages: Promise<PeerMessages> | undefined;
  #early: { readonly id: string; readonly frame: Frame }[] = [];
  #earlySize = 0;

  constructor(options: PeerMessagesOptions) {
    this.#options = options;
  }

  watch(id: string, slot: WatchedSlot, watched: boolean): void {
    // Nothing was ever told: all is shown.
    if (watched && this.#messages === undefined) return;
    this.#then((messages) => messages.watch(id, slot, watched));
  }

  /** @param peers whom it goes to, as of when it is sent */
  async send(data: unknown, to: string | undefined, peers: () => readonly string[]): Promise<void> {
    const body = bodyOf(data);
    const messages = await this.#load();
    await (to === undefined ? messages.sendAll(peers(), body) : messages.send(to, body));
  }

  hear(id: string, frame: Frame): void {
    const size = this.#earlySize + (typeof frame === 'string' ? frame.length : frame.byteLength);
    if (size < MAX_EARLY_SIZE) {
      this.#earlySize = size;
      this.#early.push({ id, frame });
    }
    // What could not be loaded is tried again with the next that comes; until then nothing is acknowledged.
    this.#then((messages) => {
      this.#earlySize = 0;
      for (const early of this.#early.splice(0)) messages.handle(early.id, early.frame);
    });
  }

  opened(id: string): void {
    if (this.#messages !== undefined) this.#then((messages) => messages.opened(id));
  }

  removed(id: string, mayReturn: boolean): void {
    if (this.#messages !== undefined) this.#then((messages) => messages.removed(id, mayReturn));
  }

  /** Where it cannot be loaded, more is sent than is shown, and what was sent here waits. */
  #then(use: (messages: PeerMessages) => void): void {
    void this.#load().then(use, () => undefined);
  }

  #load(): Promise<PeerMessages> {
    this.#messages ??= import('./peer-messages.ts').then(
      ({ PeerMessages }) => new PeerMessages(this.#options),
      (cause) => {
        this.#messages = undefined;
        throw new GlasscastError('network', 'The message could not be sent: the server does not answer.', { cause });
      },
    );
    return this.#messages;
  }
}

/** As it is now: the page may change it afterwards. Undefined for what is not JSON. */
function bodyOf(data: unknown): string | ArrayBuffer | undefined {
  if (data instanceof ArrayBuffer) return data.slice();
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer;
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}
