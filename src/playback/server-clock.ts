import * as v from 'valibot';
import { type Milliseconds, ServerTimeSchema } from '../protocol/index.ts';
import { ClockOffset } from '../signaling/clock-offset.ts';

export interface ServerClockOptions {
  /** Base URL of the server. */
  readonly server: string;
  readonly fetch: typeof fetch;
  /** The local wall clock. */
  readonly now: () => Milliseconds;
}

const SAMPLES = 3;

/** The server's wall clock as seen from here, by `GET /api/time`. */
export class ServerClock {
  readonly #options: ServerClockOptions;
  #offset: Milliseconds | null = null;

  constructor(options: ServerClockOptions) {
    this.#options = options;
  }

  /** Server clock minus local clock; null until {@link ServerClock.synchronize} succeeded. */
  get offset(): Milliseconds | null {
    return this.#offset;
  }

  /** The server's time; the local one until synchronized. */
  now(): Milliseconds {
    return this.#options.now() + (this.#offset ?? 0);
  }

  /** Rejects where the server does not answer; what was known before stays. */
  async synchronize(signal?: AbortSignal): Promise<void> {
    const { server, now } = this.#options;
    const address = new URL('api/time', server.endsWith('/') ? server : `${server}/`);
    const offset = new ClockOffset();
    for (let sample = 0; sample < SAMPLES; sample++) {
      const sent = now();
      const response = await this.#options.fetch(address, { cache: 'no-store', ...(signal === undefined ? {} : { signal }) });
      const received = now();
      const { server_ms } = v.parse(ServerTimeSchema, await response.json());
      offset.add(sent, received, server_ms);
      this.#offset = offset.value ?? this.#offset;
    }
  }
}
