import { GlasscastError } from '../protocol/errors.ts';
import type { Frame } from './link-interface.ts';

/** What the page sends: JSON, or the bytes of a buffer. */
export type Body = string | ArrayBuffer;

/** Bytes of one message. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_WAITING = 1000;
/** In front of the bytes of a binary message: its number. */
export const NUMBER_BYTES = 4;

interface Waiting {
  readonly frame: Frame;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: GlasscastError) => void;
}

/**
 * The page's own messages to and from one peer. A data channel is reliable for as long as its connection lives; the numbers make
 * it so beyond: what was not acknowledged goes again over the next connection, and what has been heard is not heard twice.
 */
export class DirectLane {
  readonly #send: (frame: Frame) => boolean;
  readonly #waiting = new Map<number, Waiting>();
  #bytes = 0;
  #sent = 0;
  #received = 0;

  constructor(send: (frame: Frame) => boolean) {
    this.#send = send;
  }

  /** Resolves once the other side has it. @throws GlasscastError `limit`; `no-peer` when the peer leaves first */
  send(body: Body): Promise<void> {
    const bytes = sizeOf(body);
    if (this.#waiting.size >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES) {
      return Promise.reject(new GlasscastError('limit', 'Too many messages to a participant are waiting. Try again in a moment.'));
    }
    this.#sent += 1;
    const n = this.#sent;
    const frame = typeof body === 'string' ? `{"n":${n},"data":${body}}` : numbered(n, body);
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { frame, bytes, resolve, reject });
      this.#send(frame);
    });
  }

  /** There is another connection: nobody knows what of the last one has arrived. */
  opened(): void {
    for (const { frame } of this.#waiting.values()) this.#send(frame);
  }

  acknowledged(n: number): void {
    this.#take(n)?.resolve();
  }

  /** Acknowledges a message. True when it was not heard before. */
  hear(n: number): boolean {
    this.#send(`{"ack":${n}}`);
    if (n <= this.#received) return false;
    this.#received = n;
    return true;
  }

  /** The peer is gone, at least for now. */
  end(): void {
    for (const n of [...this.#waiting.keys()]) this.#take(n)?.reject(noPeer());
  }

  #take(n: number): Waiting | undefined {
    const waiting = this.#waiting.get(n);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(n);
    this.#bytes -= waiting.bytes;
    return waiting;
  }
}

export function noPeer(): GlasscastError {
  return new GlasscastError('no-peer', 'That participant is no longer here.');
}

/** In bytes, as it goes over the wire. */
export function sizeOf(body: Body): number {
  return typeof body === 'string' ? new TextEncoder().encode(body).length : body.byteLength;
}

function numbered(n: number, body: ArrayBuffer): ArrayBuffer {
  const frame = new Uint8Array(NUMBER_BYTES + body.byteLength);
  new DataView(frame.buffer).setUint32(0, n);
  frame.set(new Uint8Array(body), NUMBER_BYTES);
  return frame.buffer;
}
