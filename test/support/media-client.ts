/** Viewers on sockets: the real endpoint around a simulated broadcast, and a client that writes down what it hears. */
import { WebSocket } from 'ws';
import { mediaFamily } from '../../server-reference/src/channels/media.ts';
import { Fanout } from '../../server-reference/src/fanout/fanout.ts';
import type { Hub, HubOptions } from '../../server-reference/src/hub/hub.ts';
import {
  decodeMediaInit,
  decodeMediaPart,
  decodeTextFrame,
  encodeTextFrame,
  FRAME_KIND,
  type MediaInit,
  type MediaPart,
  mediaTopic,
} from '../../src/protocol/index.ts';
import { FakeClock } from './fake-clock.ts';
import { type BroadcastOptions, SimulatedBroadcast, testHub } from './simulated-broadcast.ts';
import { startWireServer } from './wire-server.ts';

export interface MediaStage extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly hub: Hub;
  readonly fanout: Fanout;
  readonly socketUrl: string;
  broadcast(options?: BroadcastOptions): SimulatedBroadcast;
}

export async function startMediaStage(options: Partial<HubOptions> & { readonly maxViewers?: number } = {}): Promise<MediaStage> {
  const clock = new FakeClock();
  const hub = testHub(clock, options);
  const fanout = new Fanout({ hub, maxViewers: options.maxViewers ?? 100 });
  const server = await startWireServer([mediaFamily({ hub, fanout })], clock);
  return {
    clock,
    hub,
    fanout,
    socketUrl: server.socketUrl,
    broadcast: (more) => new SimulatedBroadcast(hub, clock, more),
    async [Symbol.asyncDispose]() {
      hub.close();
      fanout.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

export type Heard =
  | { readonly event: 'init'; readonly init: MediaInit; readonly bytes: number }
  | { readonly event: 'part'; readonly part: MediaPart; readonly bytes: number }
  | { readonly event: 'text'; readonly name: string; readonly payload: Record<string, unknown> };

export interface JoinReply {
  readonly status: string;
  readonly response: Record<string, unknown>;
}

export class MediaClient {
  readonly socket: WebSocket;
  readonly heard: Heard[] = [];
  readonly #topic: string;
  readonly #replies = new Map<string, (reply: JoinReply) => void>();
  #ref = 1;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket, stream: string) {
    this.socket = socket;
    this.#topic = mediaTopic(stream);
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (binary) this.#media(data);
      else this.#text(data.toString());
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async connect(socketUrl: string, stream = 'demo', query = ''): Promise<MediaClient> {
    const socket = new WebSocket(`${socketUrl}/websocket?vsn=2.0.0${query}`);
    const client = new MediaClient(socket, stream);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return client;
  }

  join(params: Record<string, unknown> = {}): Promise<JoinReply> {
    return this.push('phx_join', { v: 1, ...params });
  }

  push(event: string, payload: Record<string, unknown>): Promise<JoinReply> {
    const ref = String(this.#ref++);
    return new Promise((resolve) => {
      this.#replies.set(ref, resolve);
      this.socket.send(encodeTextFrame({ joinRef: '1', ref, topic: this.#topic, event, payload }));
    });
  }

  get parts(): MediaPart[] {
    return this.heard.flatMap((it) => (it.event === 'part' ? [it.part] : []));
  }

  get inits(): MediaInit[] {
    return this.heard.flatMap((it) => (it.event === 'init' ? [it.init] : []));
  }

  /** Payloads of an event in JSON, oldest first. */
  said(name: string): Record<string, unknown>[] {
    return this.heard.flatMap((it) => (it.event === 'text' && it.name === name ? [it.payload] : []));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Whatever the server sent before this was asked has been heard once it resolves. */
  async settle(): Promise<void> {
    const topic = this.#topic;
    await new Promise<void>((resolve) => {
      const ref = String(this.#ref++);
      this.#replies.set(ref, () => resolve());
      // An event that is refused is answered in its turn.
      this.socket.send(encodeTextFrame({ joinRef: '1', ref, topic, event: 'settle', payload: {} }));
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.terminate();
    await closed;
  }

  #text(text: string): void {
    const { ref, event, payload } = decodeTextFrame(text);
    if (event === 'phx_reply' && ref !== null) this.#replies.get(ref)?.(payload as unknown as JoinReply);
    else if (!(payload instanceof Uint8Array)) this.heard.push({ event: 'text', name: event, payload });
  }

  #media(frame: Buffer): void {
    const [kind, topicLength = 0, eventLength = 0] = frame;
    if (kind !== FRAME_KIND.broadcast) throw new Error(`a frame of kind ${kind}`);
    const name = frame.toString('utf8', 3 + topicLength, 3 + topicLength + eventLength);
    const payload = frame.subarray(3 + topicLength + eventLength);
    const bytes = frame.byteLength;
    if (name === 'init') this.heard.push({ event: 'init', init: decodeMediaInit(payload), bytes });
    else if (name === 'part') this.heard.push({ event: 'part', part: decodeMediaPart(payload), bytes });
    else throw new Error(`a binary broadcast called ${name}`);
  }
}

/** What a fragment of one sample run says: decode time, whether it begins with a sync sample, how many samples, their durations. */
export function readFragment(fragment: Uint8Array): { time: number; key: boolean; samples: number; duration: number } {
  const view = new DataView(fragment.buffer, fragment.byteOffset, fragment.byteLength);
  const find = (name: string): number => {
    const at = Buffer.from(fragment.buffer, fragment.byteOffset, fragment.byteLength).indexOf(name);
    if (at < 0) throw new Error(`no ${name}`);
    return at + 4;
  };
  const trun = find('trun');
  const flags = view.getUint32(trun) & 0xffffff;
  const samples = view.getUint32(trun + 4);
  const sample = 8 + (flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0);
  let duration = 0;
  for (let index = 0; index < samples; index++) duration += view.getUint32(trun + 12 + index * sample);
  const key = (flags & 0x400) === 0 || view.getUint32(trun + 12 + 8) === 0x02000000;
  return { time: Number(view.getBigUint64(find('tfdt') + 4)), key, samples, duration };
}
