/**
 * A client that cannot hold a WebSocket: messages for it wait here until it polls. One poll is open at a time; a newer one takes
 * over from an older, which is answered as empty.
 */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { MAX_BUFFERED_BYTES, type Transport } from './transport.ts';

/** How long a poll stays open when there is nothing to say. */
export const POLL_WAIT: Milliseconds = 10_000;

export type PollResult = { readonly status: 200; readonly messages: readonly string[] } | { readonly status: 204 | 410 };

interface OpenPoll {
  readonly answer: (result: PollResult) => void;
  readonly cancel: CancelTimer;
}

export class LongPollSession implements Transport {
  readonly carriesBinary = false;
  readonly #clock: Clock;
  readonly #ended: () => void;
  #messages: string[] = [];
  #buffered = 0;
  #poll: OpenPoll | null = null;
  #closed = false;

  /** `ended` is called once, when the server ends the session. */
  constructor(clock: Clock, ended: () => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  get bufferedAmount(): number {
    return this.#buffered;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(frame: string | Uint8Array): void {
    if (this.#closed || typeof frame !== 'string') return;
    this.#messages.push(frame);
    this.#buffered += frame.length;
    if (this.#buffered > MAX_BUFFERED_BYTES) {
      this.close();
      return;
    }
    // Whatever else this turn of the event loop says goes into the same answer.
    if (this.#messages.length === 1) setImmediate(() => this.#flush());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#answer({ status: 410 });
    this.#ended();
  }

  pause(): void {
    // Each POST is answered only when it has been read; there is no stream to hold back.
  }

  resume(): void {
    // See pause.
  }

  /** Waits for messages. The promise always resolves; aborting the signal (the client went away) frees the place. */
  poll(signal: AbortSignal): Promise<PollResult> {
    this.#answer({ status: 204 });
    if (this.#closed) return Promise.resolve({ status: 410 });
    return new Promise((resolve) => {
      const gone = (): void => this.#answer({ status: 204 });
      signal.addEventListener('abort', gone, { once: true });
      const cancel = this.#clock.after(POLL_WAIT, gone);
      this.#poll = {
        answer: (result) => {
          signal.removeEventListener('abort', gone);
          resolve(result);
        },
        cancel,
      };
      if (signal.aborted) gone();
      else this.#flush();
    });
  }

  #flush(): void {
    if (this.#messages.length === 0 || this.#poll === null) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#buffered = 0;
    this.#answer({ status: 200, messages });
  }

  #answer(result: PollResult): void {
    const poll = this.#poll;
    if (poll === null) return;
    this.#poll = null;
    poll.cancel();
    poll.answer(result);
  }
}
