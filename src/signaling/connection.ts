/**
 * One socket to one server, shared by every topic joined through it.
 *
 *   idle ──first join──▶ connecting ──open──▶ open ──lost──▶ reconnecting ──open──▶ open …
 *                            │                                    │
 *                            └────── refused for good ────────────┴──▶ failed
 *   close(), from any of them ───────────────────────────────────────▶ closed
 *
 * The Phoenix client does the wire. Reconnecting and heartbeats are ours: its own stop in a hidden tab, where a call goes on.
 */
import type { Socket } from 'phoenix';
import { GlasscastError } from '../protocol/errors.ts';
import { WIRE_VERSION } from '../protocol/version.ts';
import { backgroundTimers } from '../workers/background-timers.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import { ChannelSession, type SessionHandle } from './channel-session.ts';
import type { Diagnosis } from './diagnose.ts';
import { Emitter } from './emitter.ts';
import { Heartbeat } from './heartbeat.ts';
import { equip, makeClient, type WebSocketClass } from './phoenix-client.ts';
import type { Schema } from './schema.ts';

export type ConnectionState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closed' | 'failed';

export type TokenProvider = () => string | Promise<string>;

export interface ConnectionOptions {
  /** The server's origin, for example `https://live.example.org`. */
  readonly server: string;
  /** @default '/socket' */
  readonly socketPath?: string;
  readonly token?: string;
  /** Asked before the first connection, when a token is about to expire, and when one was refused. */
  readonly tokenProvider?: TokenProvider;
  /** Falls back to long polling where WebSockets are blocked. @default true */
  readonly longPoll?: boolean;
  /** When to connect again after so many failures in a row, in milliseconds. @default after 10 ms, then later and later up to 5 s */
  readonly retryDelay?: (failures: number) => number;
  readonly WebSocket?: WebSocketClass;
  readonly fetch?: typeof globalThis.fetch;
  readonly timers?: Timers;
}

export interface ConnectionEvents {
  state: ConnectionState;
  /** While the state is `reconnecting` the error may pass; in `failed` it will not. */
  error: GlasscastError;
  log: { readonly message: string; readonly cause: unknown };
}

export interface JoinOptions<R> {
  /** Evaluated anew for each rejoin, so that a resume key is fresh. The wire's version is added. */
  readonly params: () => Record<string, unknown>;
  readonly reply: Schema<R>;
  /** Leaves the topic when aborted. */
  readonly signal?: AbortSignal;
}

const RECONNECT_MS = [10, 50, 100, 150, 200, 250, 500, 1000, 2000];
const RECONNECT_MAX_MS = 5000;
const GOODBYE_MS = 2000;
const ERROR_GRACE_MS = 100;

export class Connection extends Emitter<ConnectionEvents> {
  readonly server: string;
  readonly #endpoint: string;
  readonly #socket: Socket;
  readonly #timers: Timers;
  readonly #fetch: typeof globalThis.fetch;
  readonly #WebSocket: WebSocketClass | undefined;
  readonly #longPoll: boolean;
  readonly #retryDelay: (failures: number) => number;
  readonly #tokenProvider: TokenProvider | undefined;
  readonly #sessions = new Set<SessionHandle>();
  readonly #abort = new AbortController();
  #state: ConnectionState = 'idle';
  #token: string | undefined;
  #renewed = false;
  /** Which attempt to connect is under way; null when none is. */
  #attempt: symbol | null = null;
  #polling = false;
  #forbidden = false;
  #attempts = 0;
  #retry: TimerId | undefined;
  /** Whether the next attempt begins with a token that the page could not give for the last one. */
  #lacksToken = false;
  readonly #heartbeat: Heartbeat;
  #told: string | undefined;

  constructor(options: ConnectionOptions) {
    super();
    this.server = new URL(options.server).origin;
    this.#timers = options.timers ?? backgroundTimers();
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#WebSocket = options.WebSocket ?? (globalThis.WebSocket as typeof globalThis.WebSocket | undefined);
    this.#longPoll = options.longPoll ?? true;
    this.#retryDelay = options.retryDelay ?? ((failures) => RECONNECT_MS[failures] ?? RECONNECT_MAX_MS);
    this.#token = options.token || undefined;
    this.#tokenProvider = options.tokenProvider;
    const endpoint = new URL(options.socketPath ?? '/socket', this.server);
    endpoint.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#endpoint = endpoint.href.replace(/\/$/, '');
    this.#socket = makeClient(this.#endpoint, this.#abort.signal);
    const ask = (): boolean => this.#socket.ping(() => undefined);
    this.#heartbeat = new Heartbeat({ timers: this.#timers, ask, dead: () => this.#lost() });
    this.#socket.onOpen(() => this.#opened());
    this.#socket.onMessage(() => this.#heartbeat.heard());
    this.#socket.onClose(() => this.#lost());
    this.#socket.onError((reason: unknown) => {
      // How the long poll transport reports a refusal; a WebSocket reports none.
      this.#forbidden = reason === 403;
      // A socket that the page's policy forbids fails in Chromium without a close event.
      const attempt = this.#attempt;
      this.#timers.setTimeout(() => {
        if (attempt !== null && attempt === this.#attempt) this.#lost();
      }, ERROR_GRACE_MS);
    });
    if (typeof addEventListener === 'function') {
      const soon = { signal: this.#abort.signal };
      addEventListener('online', () => this.#retryNow(), soon);
      // Fired at the document; it bubbles up to the window.
      addEventListener('visibilitychange', () => this.#retryNow(), soon);
    }
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Bytes handed to the socket that it has not handed to the network: what whoever sends media has to watch. */
  get bufferedAmount(): number {
    // A WebSocket's own figure; long polling has none, and the published types of the client leave its transport out.
    const { conn } = this.#socket as Socket & { conn?: { bufferedAmount?: number } | null };
    return conn?.bufferedAmount ?? 0;
  }

  /**
   * Joins a topic; the socket is opened with the first. Register listeners and presence in the same task.
   * The session joins again by itself after a drop, until it is left or refused for good.
   */
  join<R>(topic: string, options: JoinOptions<R>): ChannelSession<R> {
    const taken = [...this.#sessions].some((session) => session.topic === topic);
    const channel = this.#socket.channel(topic, () => ({ v: WIRE_VERSION, ...options.params() }));
    const session = new ChannelSession(
      channel,
      {
        isOpen: () => this.#state === 'open' && this.#socket.isConnected(),
        renewAfterRefusal: () => this.#renewAfterRefusal(),
        tokenExpiring: () => void this.#renewToken(),
        accepted: () => {
          this.#renewed = false;
        },
        log: (message, cause) => this.emit('log', { message, cause }),
        released: (released) => this.#sessions.delete(released),
      },
      options.reply,
    );
    this.#sessions.add(session);
    const obstacle = this.#obstacle(taken ? topic : null, options.signal);
    if (obstacle !== undefined) {
      session.fail(obstacle);
      this.#socket.remove(channel);
      return session;
    }
    options.signal?.addEventListener('abort', () => void session.leave(), { once: true });
    session.start();
    if (this.#state === 'idle') {
      this.#setState('connecting');
      void this.#connect(this.#tokenProvider !== undefined && this.#token === undefined);
    }
    return session;
  }

  /** Uses another token from here on: at once on a live socket, and for every later connection. */
  setToken(token: string | undefined): void {
    this.#token = token || undefined;
    if (this.#token === undefined || this.#state !== 'open') return;
    // One push renews the grant of the whole socket.
    for (const session of this.#sessions) if (session.cast('token', { token: this.#token })) return;
  }

  /** Connects at once where that was to be tried again later, and asks an open socket whether it still is: after a sleep it hardly is. */
  wake(): void {
    this.#retryNow();
    if (this.#state === 'open') this.#heartbeat.beat();
  }

  /** Asks the server for a sign of life. False where no socket is open that could be asked. */
  ping(answered: () => void): boolean {
    return this.#state === 'open' && !this.#polling && this.#socket.ping(answered);
  }

  /** Opens a second socket to the server, which joins nothing, until the signal. */
  twin(signal: AbortSignal, opened: () => void): void {
    const socket = makeClient(this.#endpoint, signal);
    equip(socket, this.#token, this.#transport);
    socket.onOpen(opened);
    signal.addEventListener('abort', () => socket.disconnect(), { once: true });
    socket.connect();
  }

  /** Takes the socket for lost, and connects anew. */
  giveUp(): void {
    this.#lost();
  }

  /** Leaves every topic and closes the socket, for good. */
  close(): void {
    if (this.#state === 'closed') return;
    for (const session of [...this.#sessions]) void session.leave();
    // A goodbye over long polling is a request that disconnecting would abort.
    this.#shutDown(this.#polling && this.#state === 'open');
    this.#setState('closed');
    this.removeAllListeners();
  }

  #obstacle(taken: string | null, signal: AbortSignal | undefined): GlasscastError | undefined {
    if (this.#isOver()) return new GlasscastError('aborted', 'The connection is closed.');
    if (signal?.aborted) return new GlasscastError('aborted', 'The join was called off.');
    // A second join of a topic on one socket would end the first.
    if (taken !== null) return new GlasscastError('invalid', `This page is in ${taken} already, over the same connection.`);
    return undefined;
  }

  /** WebSocket first; a fallback holds for one outage only. */
  get #transport(): WebSocketClass | undefined {
    return this.#polling ? undefined : this.#WebSocket;
  }

  async #connect(askToken: boolean): Promise<void> {
    if (askToken && !(await this.#askToken())) return;
    if (this.#isOver()) return;
    this.#forbidden = false;
    equip(this.#socket, this.#token, this.#transport);
    this.#attempt = Symbol();
    try {
      this.#socket.connect();
    } catch (cause) {
      // The constructor of WebSocket throws where the page may not have this socket, and would do so each time.
      void this.#forbiddenByPage(cause);
    }
  }

  /** Asks the page for a token. False when it has none to give; the attempt is then over and another one scheduled. */
  async #askToken(): Promise<boolean> {
    if (this.#tokenProvider === undefined) return true;
    try {
      this.#token = await this.#tokenProvider();
      this.#lacksToken = false;
      return true;
    } catch (cause) {
      this.#lacksToken = true;
      this.#tell(new GlasscastError('unauthorized', 'The page could not get a token for the server.', { cause }));
      this.#scheduleRetry();
      return false;
    }
  }

  #opened(): void {
    this.#attempt = null;
    this.#attempts = 0;
    this.#told = undefined;
    this.#setState('open');
    this.#heartbeat.start();
  }

  /** The socket is gone, or never opened. Disconnecting takes the client's own reconnect timer out of play. */
  #lost(): void {
    const wasOpen = this.#state === 'open';
    if (this.#isOver() || (!wasOpen && this.#attempt === null)) return;
    this.#attempt = null;
    this.#heartbeat.stop();
    this.#socket.disconnect();
    if (wasOpen) {
      this.#polling = false;
      this.#setState('reconnecting');
      this.#scheduleRetry();
      return;
    }
    void this.#findCause();
  }

  async #findCause(): Promise<void> {
    if (this.#forbidden) {
      if (!this.#renewAfterRefusal()) this.#fail(new GlasscastError('unauthorized', 'The server does not accept the token of this page.'));
      return;
    }
    const { kind, error } = await this.#diagnose();
    if (this.#isOver() || this.#state === 'open') return;
    if (kind === 'refused') {
      this.#fail(error);
      return;
    }
    // Something on the way blocks WebSockets, or the token was refused; long polling carries the first and tells the second.
    this.#polling = kind === 'reachable' && this.#longPoll && !this.#polling;
    if (this.#polling) {
      void this.#connect(false);
      return;
    }
    this.#tell(error);
    this.#scheduleRetry();
  }

  /** Asking, and the words for what is found, are loaded when something is wrong. */
  async #diagnose(): Promise<Diagnosis> {
    try {
      const { diagnose } = await import('./diagnose.ts');
      return await diagnose(this.server, this.#fetch, this.#abort.signal);
    } catch (cause) {
      // Where the script comes from the server, it is as far away as the server is.
      return { kind: 'unreachable', error: unreachable(this.server, cause) };
    }
  }

  async #forbiddenByPage(cause: unknown): Promise<void> {
    let error = unreachable(this.server, cause);
    try {
      const { forbiddenSocket } = await import('./diagnose.ts');
      error = forbiddenSocket(this.server, cause);
    } finally {
      this.#fail(error);
    }
  }

  #scheduleRetry(): void {
    this.#timers.clearTimeout(this.#retry);
    this.#retry = this.#timers.setTimeout(() => this.#retryNow(), this.#retryDelay(this.#attempts++));
  }

  #retryNow(): void {
    if (this.#retry === undefined) return;
    this.#timers.clearTimeout(this.#retry);
    this.#retry = undefined;
    void this.#connect(this.#lacksToken);
  }

  /** A refused token is replaced once; a second refusal in a row is final. */
  #renewAfterRefusal(): boolean {
    if (this.#tokenProvider === undefined || this.#renewed) return false;
    this.#renewed = true;
    this.#socket.disconnect();
    this.#heartbeat.stop();
    this.#setState('reconnecting');
    void this.#connect(true);
    return true;
  }

  async #renewToken(): Promise<void> {
    if (this.#tokenProvider === undefined) return;
    try {
      this.setToken(await this.#tokenProvider());
    } catch (cause) {
      this.emit('error', new GlasscastError('token-expired', 'The page could not get a new token for the server.', { cause }));
    }
  }

  /** One message an outage, however many attempts. */
  #tell(error: GlasscastError): void {
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.emit('error', error);
  }

  #fail(error: GlasscastError): void {
    this.#shutDown();
    this.#setState('failed');
    for (const session of [...this.#sessions]) session.fail(error);
    this.emit('error', error);
  }

  #shutDown(saysGoodbye = false): void {
    // A reason without a stack, which would keep everything alive that was under way.
    this.#abort.abort('closed');
    this.#heartbeat.stop();
    this.#timers.clearTimeout(this.#retry);
    this.#retry = undefined;
    if (saysGoodbye) this.#timers.setTimeout(() => this.#socket.disconnect(), GOODBYE_MS);
    else this.#socket.disconnect();
  }

  #isOver(): boolean {
    return this.#state === 'closed' || this.#state === 'failed';
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

/** What can be said without the words that {@link Connection} loads. */
function unreachable(server: string, cause: unknown): GlasscastError {
  return new GlasscastError('network', `The server at ${server} does not answer. Check its address and your network.`, { cause });
}
