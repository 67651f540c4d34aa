/**
 * A Phoenix server inside the page: takes the place of `WebSocket`, so that an element can be shown each thing that a server may say
 * or fail to say. What it says is up to the test.
 */
type Frame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Record<string, unknown>];

export type Answer = { readonly status: 'ok' | 'error'; readonly response: unknown };

export class PagePhoenix {
  /** What was pushed, joins included. */
  readonly heard: { readonly topic: string; readonly event: string; readonly payload: Record<string, unknown> }[] = [];
  /** Answers a push, or does not. */
  answer: (event: string, payload: Record<string, unknown>) => Answer | undefined = () => ({ status: 'ok', response: {} });
  /** Called when a topic was joined, after the reply. */
  joined: (topic: string) => void = () => undefined;
  readonly #original = globalThis.WebSocket;
  readonly #sockets = new Set<PageSocket>();

  constructor() {
    const server = this;
    globalThis.WebSocket = class extends PageSocket {
      readonly url: string;

      constructor(url: string) {
        super();
        this.url = url;
        server.#sockets.add(this);
        this.received = (text) => server.#received(this, JSON.parse(text) as Frame);
        this.ended = () => server.#sockets.delete(this);
      }
    } as unknown as typeof WebSocket;
  }

  /** Says something to everybody. */
  broadcast(topic: string, event: string, payload: unknown): void {
    for (const socket of this.#sockets) socket.deliver([null, null, topic, event, payload]);
  }

  /** Cuts every connection. */
  drop(): void {
    for (const socket of [...this.#sockets]) socket.end(1006);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  restore(): void {
    this.drop();
    globalThis.WebSocket = this.#original;
  }

  #received(socket: PageSocket, [joinRef, ref, topic, event, payload]: Frame): void {
    if (topic === 'phoenix') {
      socket.deliver([null, ref, topic, 'phx_reply', { status: 'ok', response: {} }]);
      return;
    }
    this.heard.push({ topic, event, payload });
    const answer = this.answer(event, payload);
    if (answer === undefined) return;
    socket.deliver([joinRef, ref, topic, 'phx_reply', answer]);
    if (event === 'phx_join' && answer.status === 'ok') this.joined(topic);
  }
}

class PageSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 0;
  bufferedAmount = 0;
  binaryType = 'blob';
  onopen: ((event: object) => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  onmessage: ((event: object) => void) | null = null;
  received: (text: string) => void = () => undefined;
  ended: () => void = () => undefined;

  constructor() {
    setTimeout(() => {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.({});
    });
  }

  send(text: string): void {
    setTimeout(() => this.received(text));
  }

  deliver(frame: unknown[]): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  close(code = 1000): void {
    this.end(code);
  }

  end(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.ended();
    this.onclose?.({ code, wasClean: code === 1000 });
  }
}
