/**
 * The long-poll transport: HTTP 200 always, the real status in the body, since that is where the Phoenix client looks.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AuthError } from '../auth/authenticator.ts';
import { hostnameOf } from '../net/loopback.ts';
import type { SiteGuard } from '../net/site-guard.ts';
import { nonEmpty, refuseVersion, tokenInQuery } from './handshake.ts';
import { LongPollSession } from './long-poll-session.ts';
import { PhoenixSocket, type SocketContext } from './phoenix-socket.ts';

/** As the client batches them. */
const MAX_LINES = 100;
/** A batch of big offers, or one binary frame as base64, with room to spare. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_SESSIONS = 10_000;
/** Of one address, behind which a household or an office may sit. */
const MAX_SESSIONS_PER_ADDRESS = 200;

export interface LongPollEndpointOptions extends SocketContext {
  readonly guard: SiteGuard;
  /** The Phoenix endpoint without `/longpoll`. */
  readonly path: string;
}

interface Entry {
  readonly address: string;
  readonly session: LongPollSession;
  readonly socket: PhoenixSocket;
}

interface Body {
  readonly status: number;
  readonly token?: string;
  readonly messages?: readonly string[];
}

export class LongPollEndpoint {
  readonly #options: LongPollEndpointOptions;
  readonly #entries = new Map<string, Entry>();
  #draining = false;

  constructor(options: LongPollEndpointOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Registers the routes in a scope of their own, whose bodies are lines of text. */
  async routes(app: FastifyInstance): Promise<void> {
    app.addContentTypeParser(
      ['application/x-ndjson', 'text/plain'],
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    app.addHook('onRequest', async (request) => this.#options.guard.checkOrigin(request.headers));
    app.get(`${this.#options.path}/longpoll`, (request, reply) => this.#poll(request, reply));
    // A body of megabytes is read for a session alone.
    const inSession = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> =>
      this.#entryOf(request) === undefined ? answer(reply, { status: 410 }) : undefined;
    app.post(`${this.#options.path}/longpoll`, { onRequest: inSession }, (request, reply) => this.#receive(request, reply));
  }

  /** Ends every session; their clients connect anew. */
  close(): void {
    this.#draining = true;
    for (const { session } of [...this.#entries.values()]) session.close();
  }

  async #poll(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const query = queryOf(request);
    const token = sessionToken(request, query);
    if (token === null) return answer(reply, await this.#open(request, query));
    const entry = this.#entries.get(token);
    if (entry === undefined) return answer(reply, { status: 410 });
    entry.socket.heard();
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const result = await entry.session.poll(gone.signal);
    entry.socket.heard();
    return answer(reply, { token, messages: [], ...result });
  }

  async #open(request: FastifyRequest, query: URLSearchParams): Promise<Body> {
    const { authenticator, clock, log } = this.#options;
    if (this.#draining || this.#isFull(request.ip)) return { status: 503 };
    const refusal = refuseVersion(query.get('vsn'));
    if (refusal !== null) {
      log.debug({ refusal }, 'a long poll was refused');
      return { status: 403 };
    }
    try {
      const principal = await authenticator.authenticate(credential(request, query));
      const token = randomBytes(24).toString('base64url');
      const session = new LongPollSession(clock, () => this.#remove(token));
      const address = request.ip;
      const socket = new PhoenixSocket(this.#options, session, { principal, hostname: hostnameOf(request.headers.host ?? ''), address });
      this.#entries.set(token, { address, session, socket });
      return { status: 410, token, messages: [] };
    } catch (error) {
      if (error instanceof AuthError) return { status: 403 };
      throw error;
    }
  }

  async #receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const entry = this.#entryOf(request);
    if (entry === undefined) return answer(reply, { status: 410 });
    const lines = String(request.body ?? '')
      .split('\n')
      .filter((line) => line !== '');
    if (lines.length > MAX_LINES) return answer(reply, { status: 413 });
    for (const line of lines) {
      if (line.startsWith('[')) entry.socket.receiveText(line, Buffer.byteLength(line));
      else entry.socket.receiveBinary(Buffer.from(line, 'base64'));
    }
    // A line that is not on the wire has ended the session.
    return answer(reply, { status: entry.session.closed ? 410 : 200 });
  }

  #entryOf(request: FastifyRequest): Entry | undefined {
    const token = sessionToken(request, queryOf(request));
    return token === null ? undefined : this.#entries.get(token);
  }

  #isFull(address: string): boolean {
    if (this.#entries.size >= MAX_SESSIONS) return true;
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.address === address) count++;
    return count >= MAX_SESSIONS_PER_ADDRESS;
  }

  #remove(token: string): void {
    const entry = this.#entries.get(token);
    this.#entries.delete(token);
    entry?.socket.transportClosed();
  }
}

function answer(reply: FastifyReply, body: Body): FastifyReply {
  return reply.code(200).header('cache-control', 'no-store').send(body);
}

const queryOf = (request: FastifyRequest): URLSearchParams => new URLSearchParams(request.url.split('?', 2)[1] ?? '');

/** The client appends its session to whatever its page put into the query, so the last `token` is the session's. */
function sessionToken(request: FastifyRequest, query: URLSearchParams): string | null {
  const header = request.headers['x-phoenix-longpoll-token'];
  if (typeof header === 'string' && header !== '') return header;
  const token = query.getAll('token').at(-1);
  return token === undefined || token === '' || token === 'null' || looksLikeCredential(token) ? null : token;
}

/** A JWT or Phoenix.Token has dots, a session token has none. */
const looksLikeCredential = (token: string): boolean => token.includes('.');

function credential(request: FastifyRequest, query: URLSearchParams): string | null {
  const header = request.headers['x-phoenix-authtoken'];
  if (typeof header === 'string' && header !== '') return header;
  const inQuery = tokenInQuery(query);
  return nonEmpty(inQuery === 'null' ? null : inQuery);
}
