/** Somebody in a room, by the real Phoenix client: joins as an element does, a fresh `resume` at each, and keeps what it hears. */
import type { Channel, Socket } from 'phoenix';
import { type ClientOptions, phoenixClient, settled } from './wire.ts';

export interface Heard {
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

interface Waiting {
  readonly event: string;
  readonly resolve: (payload: Record<string, unknown>) => void;
}

export interface RoomPeerOptions extends ClientOptions {
  readonly params?: Record<string, unknown>;
}

export class RoomPeer {
  readonly socket: Socket;
  readonly channel: Channel;
  /** Every message from the server since the join, replies aside, in order. */
  readonly heard: Heard[] = [];
  /** How many joins were answered with ok. */
  joins = 0;
  #reply: Record<string, unknown> = {};
  #taken = 0;
  #waiting: Waiting | null = null;

  private constructor(socketUrl: string, slug: string, { params = {}, ...options }: RoomPeerOptions) {
    this.socket = phoenixClient(socketUrl, options);
    const join = (): Record<string, unknown> => ({ v: 1, ...params, ...(this.joins === 0 ? {} : { resume: this.resume }) });
    this.channel = this.socket.channel(`room:${slug}`, join);
    this.channel.onMessage = (event, payload) => {
      if (event !== 'phx_reply' && !event.startsWith('chan_reply')) this.#hear({ event, payload });
      return payload;
    };
  }

  /** Rejects with the response of a refusal, and gives up then. */
  static async join(socketUrl: string, slug: string, options: RoomPeerOptions = {}): Promise<RoomPeer> {
    const peer = new RoomPeer(socketUrl, slug, options);
    const push = peer.channel.join();
    push.receive('ok', (response: Record<string, unknown>) => {
      peer.#reply = response;
      peer.joins++;
    });
    try {
      await settled(push);
    } catch (error) {
      peer.leave();
      throw error;
    }
    return peer;
  }

  get id(): string {
    return String(this.#reply['peer_id']);
  }

  get resume(): string {
    return String(this.#reply['resume']);
  }

  get name(): string {
    return (this.#reply['me'] as { name: string }).name;
  }

  /** The response; rejects with the response of an error. */
  push(event: string, payload: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return settled(this.channel.push(event, payload));
  }

  /** The response of the error that this push is answered with. */
  refused(event: string, payload: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return refusal(this.push(event, payload));
  }

  /** The payload of the next event of this name; what comes before it is passed over. */
  next(event: string): Promise<Record<string, unknown>> {
    while (this.#taken < this.heard.length) {
      const heard = this.heard[this.#taken++];
      if (heard?.event === event) return Promise.resolve(heard.payload);
    }
    return new Promise((resolve) => {
      this.#waiting = { event, resolve };
    });
  }

  /** Loses the socket as a network does: without a word on the channel. */
  cut(): Promise<void> {
    return new Promise((resolve) => this.socket.disconnect(resolve));
  }

  /** Connects anew, after which the client rejoins by itself; the chat's history as it comes then. */
  back(): Promise<Record<string, unknown>> {
    this.#taken = this.heard.length;
    const history = this.next('chat_history');
    this.socket.connect();
    return history;
  }

  /** Says goodbye; resolves when the server has heard it. */
  async quit(): Promise<void> {
    // The client calls a leave done as soon as it is sent.
    const heard = new Promise<void>((resolve) => {
      this.socket.onMessage((message) => {
        if ('event' in message && message.event === 'phx_close') resolve();
      });
    });
    this.channel.leave();
    await heard;
    this.socket.disconnect();
  }

  leave(): void {
    this.socket.disconnect();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  #hear(heard: Heard): void {
    this.heard.push(heard);
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#taken = this.heard.length;
    if (waiting.event !== heard.event) return;
    this.#waiting = null;
    waiting.resolve(heard.payload);
  }
}

/** What a push or a join was refused with; rejects where it was not. */
export async function refusal(attempt: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Error && 'response' in error) return error.response as Record<string, unknown>;
    throw error;
  }
  throw new Error('it was not refused');
}
