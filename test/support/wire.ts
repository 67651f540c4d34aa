/** Clients for tests of the wire: one that speaks frames, and the real Phoenix client behind promises. */
import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import { type Channel, Socket, type SocketConnectOption } from 'phoenix';

export type TextFrame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Record<string, unknown>];
export type Received = TextFrame | Uint8Array;

/** Frames as they are, in the order in which they come. */
export class RawSocket {
  readonly ws: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #received: Received[] = [];
  readonly #waiting: ((frame: Received) => void)[] = [];

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.binaryType = 'arraybuffer';
    this.closed = new Promise((resolve) => ws.addEventListener('close', ({ code, reason }) => resolve({ code, reason })));
    ws.addEventListener('message', ({ data }) => {
      const frame: Received = typeof data === 'string' ? JSON.parse(data) : new Uint8Array(data as ArrayBuffer);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#received.push(frame);
      else waiting(frame);
    });
  }

  /** `url` is the Phoenix endpoint, without `/websocket`. */
  static open(url: string, query = 'vsn=2.0.0', protocols?: string[]): Promise<RawSocket> {
    const ws = new WebSocket(`${url}/websocket?${query}`, protocols);
    const socket = new RawSocket(ws);
    return new Promise((resolve, reject) => {
      ws.addEventListener('open', () => resolve(socket));
      ws.addEventListener('error', () => reject(new Error('the socket was refused')));
    });
  }

  send(frame: unknown): void {
    this.ws.send(JSON.stringify(frame));
  }

  /** What came next, text or binary; rejects when nothing comes for five seconds. */
  next(): Promise<Received> {
    const frame = this.#received.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no frame came')), 5000);
      this.#waiting.push((received) => {
        clearTimeout(late);
        resolve(received);
      });
    });
  }

  /** The next text frame of this event; what comes before it is passed over. */
  async event(name: string): Promise<TextFrame> {
    for (;;) {
      const frame = await this.next();
      if (Array.isArray(frame) && frame[3] === name) return frame;
    }
  }

  /** The response of the reply to `ref`; frames before it are passed over. */
  async reply(ref: string): Promise<{ status: string; response: Record<string, unknown> }> {
    for (;;) {
      const frame = await this.next();
      if (Array.isArray(frame) && frame[1] === ref && frame[3] === 'phx_reply')
        return frame[4] as { status: string; response: Record<string, unknown> };
    }
  }

  async join(
    topic: string,
    params: Record<string, unknown> = {},
    ref = '1',
  ): Promise<{ status: string; response: Record<string, unknown> }> {
    this.send([ref, ref, topic, 'phx_join', { v: 1, ...params }]);
    return this.reply(ref);
  }

  /** Proves that nothing is under way: whatever was sent before has been dealt with when this resolves with no other frame. */
  async assertSilent(): Promise<void> {
    this.send([null, 'silence', 'phoenix', 'heartbeat', {}]);
    assert.deepEqual(await this.next(), [null, 'silence', 'phoenix', 'phx_reply', { status: 'ok', response: {} }]);
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}

export interface HandshakeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A WebSocket handshake with headers that a WebSocket API would not let through. */
export function handshake(url: string, headers: Record<string, string> = {}): Promise<HandshakeAnswer> {
  const key = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const sent = request(url.replace(/^ws/, 'http'), { headers: { ...key, ...headers } });
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
    });
    sent.on('response', async (response) => {
      response.setEncoding('utf8');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: (await response.toArray()).join('') });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A plain request whose path is sent as it stands, dots and all. */
export function rawGet(origin: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<HandshakeAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers });
    sent.on('response', async (response) => {
      response.setEncoding('utf8');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: (await response.toArray()).join('') });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** After bad input: a newcomer is served over HTTP and over a socket. */
export async function assertServes(server: { readonly url: string; readonly socketUrl: string }): Promise<void> {
  const hello = await fetch(`${server.url}/api/hello`);
  assert.equal(hello.status, 200);
  await hello.body?.cancel();
  const socket = await RawSocket.open(server.socketUrl);
  await socket.assertSilent();
  await socket.close();
}

// @types/phoenix is of 1.6; the client is of 1.8.
export type ClientOptions = Partial<SocketConnectOption> & { readonly authToken?: string };

/** The real Phoenix client, connected. */
export function phoenixClient(socketUrl: string, options: ClientOptions = {}): Socket {
  const socket = new Socket(socketUrl, { reconnectAfterMs: () => 10, rejoinAfterMs: () => 10, ...options });
  socket.connect();
  return socket;
}

/** Settles as the push does; rejects with the response of an error. */
export function settled(push: ReturnType<Channel['push']>): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    push
      .receive('ok', resolve)
      .receive('error', (response: unknown) => reject(Object.assign(new Error(JSON.stringify(response)), { response })))
      .receive('timeout', () => reject(new Error('the push timed out')));
  });
}

/** The payload of the channel's next event of this name. */
export function nextEvent<T = Record<string, unknown>>(channel: Channel, name: string): Promise<T> {
  return new Promise((resolve) => {
    const ref = channel.on(name, (payload) => {
      channel.off(name, ref);
      resolve(payload as T);
    });
  });
}
