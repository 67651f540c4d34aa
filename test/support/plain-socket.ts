/** A plain Phoenix channel within one page: sockets that reach it without a network, for calls of real peer connections. */
import { PlainChannel } from './plain-channel.ts';

/** What stands in for `WebSocket`; all of one class meet in the same channel. */
export function plainSockets(): new (url: string) => object {
  const channel = new PlainChannel();
  return class {
    readyState: number = WebSocket.CONNECTING;
    readonly bufferedAmount = 0;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    onclose: ((event: { code: number; wasClean: boolean }) => void) | null = null;
    onerror: (() => void) | null = null;
    readonly #hear = (data: string): void =>
      queueMicrotask(() => {
        if (this.readyState === WebSocket.OPEN) this.onmessage?.({ data });
      });

    constructor() {
      queueMicrotask(() => {
        if (this.readyState !== WebSocket.CONNECTING) return;
        this.readyState = WebSocket.OPEN;
        channel.connect(this.#hear);
        this.onopen?.();
      });
    }

    send(text: string): void {
      channel.receive(this.#hear, text);
    }

    close(code = 1000): void {
      if (this.readyState === WebSocket.CLOSED) return;
      this.readyState = WebSocket.CLOSED;
      channel.disconnect(this.#hear);
      queueMicrotask(() => this.onclose?.({ code, wasClean: true }));
    }
  };
}
