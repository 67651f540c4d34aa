/** The WebSocket transport: the upgrade, and one {@link PhoenixSocket} a connection. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { LIMITS, type Milliseconds } from '../../../src/protocol/index.ts';
import { AuthError } from '../auth/authenticator.ts';
import { hostnameOf } from '../net/loopback.ts';
import type { SiteGuard } from '../net/site-guard.ts';
import { Problem, toProblem } from '../problem.ts';
import type { Log } from '../telemetry/log.ts';
import { clientAddress } from './client-address.ts';
import { nonEmpty, readProtocols, refuseVersion, tokenInQuery } from './handshake.ts';
import { type Client, PhoenixSocket, type SocketContext } from './phoenix-socket.ts';
import { CLOSE, MAX_BUFFERED_BYTES, type Transport } from './transport.ts';

export interface WebSocketEndpointOptions extends SocketContext {
  readonly guard: SiteGuard;
  /** The Phoenix endpoint without `/websocket`. */
  readonly path: string;
  /** Whether `X-Forwarded-For` is believed; off where it is left out. */
  readonly trustProxy?: boolean;
}

class WebSocketTransport implements Transport {
  readonly carriesBinary = true;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #log: Log;
  #corked = false;

  /** `stream` is the connection below `ws`. */
  constructor(ws: WebSocket, stream: Duplex, log: Log) {
    this.#ws = ws;
    this.#stream = stream;
    this.#log = log;
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  send(frame: string | Uint8Array): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#cork();
    this.#ws.send(frame);
    if (this.#ws.bufferedAmount <= MAX_BUFFERED_BYTES) return;
    this.#log.warn({ buffered: this.#ws.bufferedAmount }, 'a client that does not read was cut off');
    // Behind that much, a close frame would wait with the rest.
    this.#ws.terminate();
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  /** Whatever else this turn sends leaves in the same system call, the dearest part of a small message. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#stream.uncork();
    });
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }
}

export class WebSocketEndpoint {
  readonly #options: WebSocketEndpointOptions;
  readonly #open = new Set<WebSocket>();
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Media does not compress, and a deflate context a socket costs more memory than signaling saves.
    perMessageDeflate: false,
    maxPayload: LIMITS.binaryFrameBytes,
    handleProtocols: (offered) => (offered.has('phoenix') ? 'phoenix' : false),
  });
  #draining = false;

  constructor(options: WebSocketEndpointOptions) {
    this.#options = options;
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#open.size;
  }

  /** The listener for a server's `upgrade`. */
  readonly upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const ignoreReset = (error: Error): void => this.#options.log.debug({ err: error }, 'a connection broke during its upgrade');
    stream.on('error', ignoreReset);
    this.#admit(request).then(
      (client) => {
        stream.off('error', ignoreReset);
        this.#server.handleUpgrade(request, stream, head, (ws) => this.#run(ws, stream, client));
      },
      (error: unknown) => this.#refuse(stream, toProblem(error)),
    );
  };

  /** Closes every socket with 1012 and resolves when all are gone; after `patience` they are cut off. */
  async close(patience: Milliseconds): Promise<void> {
    this.#draining = true;
    const gone = [...this.#open].map((ws) => new Promise<void>((resolve) => ws.once('close', () => resolve())));
    for (const ws of this.#open) ws.close(CLOSE.restart, 'the server restarts');
    // In real time, whatever the clock: the process is to end.
    const cut = setTimeout(() => {
      for (const ws of this.#open) ws.terminate();
    }, patience);
    await Promise.all(gone);
    clearTimeout(cut);
  }

  /** Everything that is decided before the upgrade; throws the refusal. */
  async #admit(request: IncomingMessage): Promise<Client> {
    const { guard, authenticator, path, trustProxy = false } = this.#options;
    const { host, origin } = request.headers;
    if (this.#draining) throw new Problem(503, 'draining', 'The server is shutting down.', { headers: { 'retry-after': '5' } });
    guard.checkHost(host);
    const [pathname = '', search = ''] = (request.url ?? '').split('?', 2);
    if (pathname !== `${path}/websocket`) throw new Problem(404, 'not-found', `Sockets are at ${path}/websocket.`);
    guard.checkOrigin({ host, origin });
    const query = new URLSearchParams(search);
    const refusal = refuseVersion(query.get('vsn'));
    if (refusal !== null) throw new Problem(403, 'version', refusal);
    const offered = readProtocols(request.headers['sec-websocket-protocol']);
    // Standard base64 has characters that a subprotocol must not have (RFC 6455 §4.1); the token has been read, so ws need not see it.
    if (offered.phoenix) request.headers['sec-websocket-protocol'] = 'phoenix';
    const token = offered.token ?? tokenInQuery(query) ?? bearer(request.headers.authorization);
    try {
      const principal = await authenticator.authenticate(token);
      return { principal, hostname: hostnameOf(host ?? ''), address: clientAddress(request, trustProxy) };
    } catch (error) {
      if (error instanceof AuthError) throw new Problem(403, error.code, error.message, { cause: error });
      throw error;
    }
  }

  #run(ws: WebSocket, stream: Duplex, client: Client): void {
    const { log } = this.#options;
    const socket = new PhoenixSocket(this.#options, new WebSocketTransport(ws, stream, log), client);
    this.#open.add(ws);
    ws.on('message', (data, isBinary) => {
      // With the default binaryType, ws hands over one Buffer, unless a fragmented message came as several.
      const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
      if (isBinary) socket.receiveBinary(bytes);
      else socket.receiveText(bytes.toString('utf8'), bytes.byteLength);
    });
    ws.on('ping', () => socket.heard());
    ws.on('error', (error) => log.debug({ err: error }, 'a socket broke'));
    ws.on('close', () => {
      this.#open.delete(ws);
      socket.transportClosed();
    });
    if (this.#draining) ws.close(CLOSE.restart, 'the server restarts');
  }

  #refuse(stream: Duplex, problem: Problem): void {
    if (problem.status >= 500 && problem.code === 'server') this.#options.log.error({ err: problem.cause }, 'an upgrade failed');
    const body = JSON.stringify(problem);
    const headers = {
      ...problem.headers,
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    // A client that keeps its half open would keep the connection.
    stream.once('finish', () => stream.destroy());
    stream.end(`HTTP/1.1 ${problem.status} ${problem.toJSON().title}\r\n${lines.join('')}\r\n${body}`);
  }
}

function bearer(header: string | undefined): string | null {
  return nonEmpty(/^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1]);
}
