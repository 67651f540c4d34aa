/** Sends pictures over `frames:<id>` and times their answers. */
import * as v from 'valibot';
import { encodeClientPush, type FramesReply, FramesReplySchema } from '../src/protocol/index.ts';

export interface Answer {
  /** `ok`, or the reason of a refusal. */
  readonly outcome: string;
  /** Null where it was refused. */
  readonly reply: FramesReply | null;
  /** From the send to the answer, in milliseconds. */
  readonly took: number;
}

export class FrameSender {
  readonly #ws: WebSocket;
  readonly #topic: string;
  readonly #waiting = new Map<string, (payload: { status: string; response: Record<string, unknown> }) => void>();
  #ref = 1;

  private constructor(ws: WebSocket, topic: string) {
    this.#ws = ws;
    this.#topic = topic;
    ws.addEventListener('message', ({ data }) => {
      const [, ref, , event, payload] = JSON.parse(String(data)) as [unknown, string, string, string, never];
      if (event !== 'phx_reply') return;
      this.#waiting.get(ref)?.(payload);
      this.#waiting.delete(ref);
    });
  }

  static async open(server: string, id: string): Promise<FrameSender> {
    const ws = new WebSocket(`${server.replace(/^http/, 'ws')}/socket/websocket?vsn=2.0.0`);
    await new Promise((resolve, reject) => {
      ws.addEventListener('open', resolve);
      ws.addEventListener('error', () => reject(new Error('the socket was refused')));
    });
    const sender = new FrameSender(ws, `frames:${id}`);
    const { status } = await new Promise<{ status: string }>((resolve) => {
      sender.#waiting.set('1', resolve);
      ws.send(JSON.stringify(['1', '1', sender.#topic, 'phx_join', { v: 1 }]));
    });
    if (status !== 'ok') throw new Error('the join was refused');
    return sender;
  }

  send(picture: Uint8Array): Promise<Answer> {
    const ref = String(++this.#ref);
    const since = performance.now();
    return new Promise((resolve) => {
      this.#waiting.set(ref, ({ status, response }) => {
        const took = performance.now() - since;
        if (status === 'ok') resolve({ outcome: status, reply: v.parse(FramesReplySchema, response), took });
        else resolve({ outcome: String(response['reason']), reply: null, took });
      });
      this.#ws.send(encodeClientPush('1', ref, this.#topic, 'frame', picture));
    });
  }

  close(): void {
    this.#ws.close();
  }
}
