import { LongPoll, Socket } from 'phoenix';
import { listeningUntil } from './page-listeners.ts';

export type WebSocketClass = new (url: string, protocols?: string[]) => object;

/** The longest delay a timer takes (2³¹ − 1 ms): in effect, never. */
const NEVER_MS = 2_147_483_647;

/**
 * A client of a Phoenix endpoint that is not connected yet. Reconnecting and heartbeats are left to whoever holds it.
 * @param signal the client listens to the page for ever, and with it would stay all that ever heard of it: it stops with the signal
 */
export function makeClient(endpoint: string, signal: AbortSignal): Socket {
  const settings = {
    heartbeatIntervalMs: NEVER_MS,
    // Without one the client reaches for sessionStorage, which throws in a sandboxed frame.
    sessionStorage: { getItem: () => null, setItem: () => undefined },
  };
  return listeningUntil(signal, () => new Socket(endpoint, settings));
}

/** Says what it connects with from here on. The published types leave out what is read when the transport is made. */
export function equip(client: Socket, token: string | undefined, transport: WebSocketClass | undefined): void {
  Object.assign(client, { authToken: token === undefined ? undefined : () => token, transport: transport ?? LongPoll });
}
