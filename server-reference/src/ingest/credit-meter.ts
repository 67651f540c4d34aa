/** How much one broadcaster has sent, may send, and sends too much of. */
import type { BitsPerSecond, Bytes, Milliseconds, Ticks } from '../../../src/protocol/index.ts';
import { BitrateLimit } from './bitrate-limit.ts';

/** What the client may have under way beyond what the server has read. */
const CREDIT_WINDOW: Milliseconds = 2_000;
const SMALLEST_CREDIT: Bytes = 1024 * 1024;

/** Share of the limit that a client over it is asked to go down to. */
const BITRATE_BACK_OFF = 0.8;

/** What a client that was over the limit is asked to send, all tracks together. */
export const reducedBitrate = (maxBitrate: BitsPerSecond): BitsPerSecond => Math.floor(BITRATE_BACK_OFF * maxBitrate);

export interface IngestOptions {
  /** Of all tracks together. */
  readonly maxBitrate: BitsPerSecond;
  readonly now: () => Milliseconds;
}

export type ChunkOutcome =
  | { readonly ok: true; readonly credit: Bytes; readonly received: Bytes }
  | { readonly ok: false; readonly reason: 'invalid' | 'limit' | 'codec-unsupported'; readonly details: string };

/** What takes the chunks of one broadcaster. */
export interface Ingest {
  /** Cumulative bytes that the client may send. */
  readonly credit: Bytes;
  readonly received: Bytes;
  chunk(bytes: Uint8Array): ChunkOutcome;
  /** The broadcaster has said when this was captured. */
  clock(track: number, dts: Ticks): void;
  /** How long to wait before so many more are given to it, where the sender can wait. */
  patience(bytes: Bytes): Milliseconds;
  close(): void;
}

export class CreditMeter {
  readonly #maxBitrate: BitsPerSecond;
  readonly #now: () => Milliseconds;
  readonly #limit: BitrateLimit;
  #received: Bytes = 0;

  constructor({ maxBitrate, now }: IngestOptions) {
    this.#maxBitrate = maxBitrate;
    this.#now = now;
    this.#limit = new BitrateLimit(maxBitrate, now());
  }

  get credit(): Bytes {
    return this.#received + Math.max(SMALLEST_CREDIT, (this.#maxBitrate / 8000) * CREDIT_WINDOW);
  }

  get received(): Bytes {
    return this.#received;
  }

  get maxBitrate(): BitsPerSecond {
    return this.#maxBitrate;
  }

  /** How long until so many more are not too many. */
  delay(bytes: Bytes): Milliseconds {
    return this.#limit.delay(bytes, this.#now());
  }

  /** Counts what was sent, even where it is refused: the client counts it too. False where it is too much. */
  take(bytes: Bytes): boolean {
    this.#received += bytes;
    return this.#limit.take(bytes, this.#now());
  }

  get taken(): ChunkOutcome {
    return { ok: true, credit: this.credit, received: this.#received };
  }

  get tooMuch(): ChunkOutcome {
    return { ok: false, reason: 'limit', details: `More than ${this.#maxBitrate} bits a second.` };
  }
}
