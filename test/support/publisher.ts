/**
 * A broadcaster in Node: publishes a clip that ffmpeg encoded over the real wire, in real time or as fast as the server gives credit.
 *
 *     node test/support/publisher.ts --server http://127.0.0.1:4000 --stream demo [--duration 60] [--size 1280x720] [--rate 30]
 *       [--bitrate 2000000] [--audio opus|aac|none] [--token …] [--fast]
 *       [--film FILE] [--overlay server:faces]
 */
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import {
  decodeTextFrame,
  encodeChunk,
  encodeClientPush,
  encodeTextFrame,
  type Payload,
  type StreamReply,
  streamTopic,
  type TrackDescription,
  WIRE_VERSION,
} from '../../src/protocol/index.ts';
import { type PlayOptions, playClip, trackDescriptions } from './clip-player.ts';
import { type Clip, encodeClip } from './encoded-clip.ts';

export interface PublisherOptions {
  /** Origin of the server. */
  readonly server: string;
  readonly stream: string;
  readonly token?: string;
  readonly publishKey?: string;
  readonly takeOver?: boolean;
  readonly tracks: readonly TrackDescription[];
  readonly container?: string;
  readonly title?: string;
  readonly record?: boolean;
  readonly overlay?: string;
}

export interface WireReply {
  readonly status: string;
  readonly response: Record<string, unknown>;
}

/** One joined `stream:*` topic on a socket of its own. */
export class Publisher {
  readonly #socket: WebSocket;
  readonly #topic: string;
  readonly #replies = new Map<string, (reply: WireReply) => void>();
  /** What the server pushed, oldest first. */
  readonly pushes: { event: string; payload: Payload }[] = [];
  #ref = 1;
  joinReply: WireReply = { status: 'none', response: {} };

  private constructor(socket: WebSocket, stream: string) {
    this.#socket = socket;
    this.#topic = streamTopic(stream);
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (binary) return;
      const { ref, event, payload, topic } = decodeTextFrame(data.toString());
      if (event === 'phx_reply' && ref !== null) this.#replies.get(ref)?.(payload as unknown as WireReply);
      else if (topic === this.#topic) this.pushes.push({ event, payload });
    });
  }

  /** Connects and joins; `joinReply` tells how that went. */
  static async connect(options: PublisherOptions): Promise<Publisher> {
    const url = new URL('/socket/websocket', options.server.replace(/^http/, 'ws'));
    url.searchParams.set('vsn', '2.0.0');
    if (options.token !== undefined) url.searchParams.set('token', options.token);
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const publisher = new Publisher(socket, options.stream);
    publisher.joinReply = await publisher.push('phx_join', {
      v: WIRE_VERSION,
      container: options.container ?? 'frames',
      tracks: options.tracks,
      ...(options.publishKey === undefined ? {} : { publish_key: options.publishKey }),
      ...(options.takeOver === undefined ? {} : { take_over: options.takeOver }),
      ...(options.title === undefined ? {} : { title: options.title }),
      ...(options.record === undefined ? {} : { record: options.record }),
      ...(options.overlay === undefined ? {} : { overlay: options.overlay }),
    });
    return publisher;
  }

  get session(): StreamReply {
    return this.joinReply.response as unknown as StreamReply;
  }

  push(event: string, payload: Record<string, unknown> | Uint8Array): Promise<WireReply> {
    const ref = String(this.#ref++);
    return new Promise((resolve) => {
      this.#replies.set(ref, (reply) => {
        this.#replies.delete(ref);
        resolve(reply);
      });
      if (payload instanceof Uint8Array) this.#socket.send(encodeClientPush('1', ref, this.#topic, event, payload));
      else this.#socket.send(encodeTextFrame({ joinRef: '1', ref, topic: this.#topic, event, payload }));
    });
  }

  async end(): Promise<void> {
    await this.push('end', {});
    this.#socket.close();
  }

  /** The connection breaks. */
  drop(): void {
    this.#socket.terminate();
  }

  /** Publishes until the clip's `duration` or the signal ends it; keeps the server's credit. */
  async play(clip: Clip, options: PlayOptions & { signal?: AbortSignal; fast?: boolean } = {}): Promise<void> {
    const { videoOrigin = 1000, audioOrigin = 5, duration = 0, fast = false, signal } = options;
    // What is sent faster than time passes was captured in the past.
    const began = Date.now() - (fast ? duration * 1000 : 0);
    const { server_ms } = (await this.push('time', {})).response as { server_ms: number };
    const offset_ms = server_ms - Date.now();
    const clock = async (time: number): Promise<void> => {
      const wall_ms = began + time * 1000;
      await this.push('clock', { track: 0, dts: Math.round((videoOrigin + time) * 1e6), wall_ms, offset_ms });
      if (clip.audio !== null) await this.push('clock', { track: 1, dts: Math.round((audioOrigin + time) * 1e6), wall_ms, offset_ms });
    };
    await clock(0);
    let credit = this.session.credit;
    let sent = 0;
    let nextClock = 10;
    for (const { time, record } of playClip(clip, options)) {
      if (signal?.aborted === true) return;
      const wait = began + time * 1000 - Date.now();
      if (!fast && wait > 1) await delay(wait, signal);
      const bytes = new Uint8Array(encodeChunk([record]));
      sent += bytes.byteLength;
      const reply = this.push('chunk', bytes).then(({ status, response }) => {
        if (status !== 'ok') throw new Error(`chunk refused: ${JSON.stringify(response)}`);
        credit = Number(response['credit']);
      });
      if (sent > credit || fast) await reply;
      else reply.catch((error: unknown) => this.#socket.emit('error', error));
      if (time >= nextClock) {
        nextClock += 10;
        await clock(time);
      }
    }
  }
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      server: { type: 'string', default: 'http://127.0.0.1:4000' },
      stream: { type: 'string', default: 'demo' },
      token: { type: 'string' },
      duration: { type: 'string' },
      size: { type: 'string', default: '1280x720' },
      rate: { type: 'string', default: '30' },
      bitrate: { type: 'string', default: '2000000' },
      audio: { type: 'string', default: 'opus' },
      fast: { type: 'boolean', default: false },
      film: { type: 'string' },
      overlay: { type: 'string' },
    },
  });
  const [width = 1280, height = 720] = values.size.split('x').map(Number);
  const audio = values.audio === 'none' ? null : values.audio === 'aac' ? 'aac' : 'opus';
  const { film, overlay } = values;
  const shown = film === undefined ? {} : { film };
  const [frameRate, bitrate] = [Number(values.rate), Number(values.bitrate)];
  const clip = await encodeClip({ width, height, frameRate, bitrate, duration: 10, audio, ...shown });
  const { server, stream, token } = values;
  const more = { ...(token === undefined ? {} : { token }), ...(overlay === undefined ? {} : { overlay }) };
  const publisher = await Publisher.connect({ server, stream, tracks: trackDescriptions(clip), ...more });
  if (publisher.joinReply.status !== 'ok') throw new Error(`the server refused: ${JSON.stringify(publisher.joinReply.response)}`);
  console.log(`publishing ${new URL(publisher.session.playback.hls ?? '', server).href}`);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const duration = values.duration === undefined ? {} : { duration: Number(values.duration) };
  await publisher.play(clip, { ...duration, fast: values.fast, signal: stop.signal });
  await publisher.end();
}

if (import.meta.main) await main();
