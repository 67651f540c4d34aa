/**
 * The body of a request as it arrives. What has arrived is kept here rather than in the request: a sender that closes its connection behind the
 * last byte takes with it what the request has not handed over.
 */
import type { IncomingMessage } from 'node:http';
import type { Bytes } from '../../../src/protocol/index.ts';

/** What may wait here; the sender is held up beyond it. */
const MOST_WAITING: Bytes = 512 * 1024;

export class ArrivingBody {
  readonly #request: IncomingMessage;
  readonly #pieces: Buffer[] = [];
  #waiting: Bytes = 0;
  #state: 'arriving' | 'complete' | 'broken' = 'arriving';
  #wake: (() => void) | null = null;
  readonly #ends: () => void;

  constructor(request: IncomingMessage) {
    this.#request = request;
    const data = (piece: Buffer): void => {
      this.#pieces.push(piece);
      this.#waiting += piece.byteLength;
      if (this.#waiting > MOST_WAITING) request.pause();
      this.#wake?.();
    };
    const over = (): void => {
      // A connection that is gone may have brought everything first.
      this.#state = request.complete ? 'complete' : 'broken';
      this.#wake?.();
    };
    request.on('data', data).on('end', over).on('error', over).on('close', over);
    this.#ends = () => {
      request.off('data', data).off('end', over).off('close', over);
    };
  }

  /** The next bytes; null behind the last. Throws where the body broke off. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#waiting -= piece.byteLength;
        if (this.#waiting <= MOST_WAITING) this.#request.resume();
        return piece;
      }
      if (this.#state === 'complete') return null;
      if (this.#state === 'broken') throw new Error('the body broke off');
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Nothing more will come. */
  breakOff(): void {
    if (this.#state === 'arriving') this.#state = 'broken';
    this.#wake?.();
  }

  /** Nothing more of it is read. */
  close(): void {
    this.#ends();
    this.#request.pause();
  }
}
