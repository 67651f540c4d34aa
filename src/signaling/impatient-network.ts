import type { Timers } from '../workers/worker-timers.ts';
import type { ConnectionOptions } from './connection.ts';

/**
 * A network on which an attempt that neither comes about nor fails is given up: a browser waits for a minute and more on a path that swallows
 * everything, and does not notice when the path is there again.
 * @param patience in milliseconds
 */
export function impatientNetwork(
  timers: Timers,
  patience: number,
  fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init),
): Pick<ConnectionOptions, 'WebSocket' | 'fetch'> {
  class ImpatientSocket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      const timer = timers.setTimeout(() => this.close(), patience);
      const settled = (): void => timers.clearTimeout(timer);
      for (const event of ['open', 'close']) this.addEventListener(event, settled, { once: true });
    }
  }
  const impatientFetch: typeof globalThis.fetch = async (input, init = {}) => {
    const late = new AbortController();
    const timer = timers.setTimeout(() => late.abort('late'), patience);
    try {
      return await fetch(input, { ...init, signal: AbortSignal.any([late.signal, ...(init.signal ? [init.signal] : [])]) });
    } finally {
      timers.clearTimeout(timer);
    }
  };
  return { WebSocket: ImpatientSocket, fetch: impatientFetch };
}
