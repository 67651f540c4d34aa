import { decodeTextFrame, encodeTextFrame } from '../../src/protocol/index.ts';
import type { TestServer } from './server.ts';

/** One who watches `live:<name>`, and what it hears. */
export class Watcher {
  readonly heard: { event: string; payload: Record<string, unknown>; ref: string | null }[] = [];
  readonly #socket: WebSocket;
  readonly #topic: string;
  #ref = 2;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket, name: string) {
    this.#socket = socket;
    this.#topic = `live:${name}`;
    socket.addEventListener('message', ({ data }) => {
      const { event, payload, ref } = decodeTextFrame(String(data));
      this.heard.push({ event, payload: payload as Record<string, unknown>, ref });
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async join(server: TestServer, name: string, token?: string, params: Record<string, unknown> = {}): Promise<Watcher> {
    const query = token === undefined ? '' : `&token=${token}`;
    const socket = new WebSocket(`${server.socketUrl}/websocket?vsn=2.0.0${query}`);
    const watcher = new Watcher(socket, name);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.send(encodeTextFrame({ joinRef: '1', ref: '1', topic: `live:${name}`, event: 'phx_join', payload: { v: 1, ...params } }));
    await watcher.until('phx_reply');
    return watcher;
  }

  get reply(): { status: string; response: Record<string, unknown> } {
    return this.heard.find(({ event }) => event === 'phx_reply')?.payload as { status: string; response: Record<string, unknown> };
  }

  async until(event: string, matches: (payload: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.heard.find((it) => it.event === event && matches(it.payload));
      if (found !== undefined) return found.payload;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async push(event: string, payload: Record<string, unknown>): Promise<{ status: string; response: Record<string, unknown> }> {
    const ref = String(this.#ref++);
    this.#socket.send(encodeTextFrame({ joinRef: '1', ref, topic: this.#topic, event, payload }));
    for (;;) {
      const found = this.heard.find((it) => it.event === 'phx_reply' && it.ref === ref);
      if (found !== undefined) return found.payload as { status: string; response: Record<string, unknown> };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Payloads of what it heard, by event, oldest first. */
  all(event: string): Record<string, unknown>[] {
    return this.heard.filter((it) => it.event === event).map(({ payload }) => payload);
  }

  close(): void {
    this.#socket.close();
  }
}
