import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import type { Milliseconds } from '../protocol/units.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import { errorFromReply } from '../signaling/refusal.ts';
import type { Timers } from '../workers/worker-timers.ts';

export type IngestAnswer =
  | { readonly kind: 'ok'; readonly body: unknown }
  /** The network failed, or something on the way: it can be tried again. */
  | { readonly kind: 'lost'; readonly error: GlasscastError }
  /** No answer in time: the path is dead, or far too slow. */
  | { readonly kind: 'late'; readonly error: GlasscastError }
  /** The server knows nothing of this session, or goes away for a moment: it has to be opened anew. */
  | { readonly kind: 'gone'; readonly error: GlasscastError }
  | { readonly kind: 'refused'; readonly error: GlasscastError; readonly details: unknown };

export interface IngestRequestsOptions {
  /** The server's origin. */
  readonly server: string;
  readonly token: string | null;
  readonly tokenProvider: TokenProvider | null;
  readonly timers: Timers;
  readonly fetch: typeof globalThis.fetch;
}

/** What matters of a problem (RFC 9457). */
const ProblemSchema = v.object({ code: v.string(), details: v.optional(v.unknown()) });

/** Statuses of a proxy whose server is away. */
const AWAY = new Set([502, 503, 504]);

/** Requests to the server's HTTP ingest, with a token that is renewed when it ends. */
export class IngestRequests {
  readonly #options: IngestRequestsOptions;
  readonly #abort = new AbortController();
  #token: string | null;
  #renewing: Promise<boolean> | null = null;

  constructor(options: IngestRequestsOptions) {
    this.#options = options;
    this.#token = options.token;
  }

  setToken(token: string): void {
    this.#token = token;
  }

  /**
   * Bytes go as media, anything else as JSON. Never rejects.
   * @param timeout for the whole of it
   * @param signal calls it off: it is `lost`
   */
  async post(path: string, body: ArrayBuffer | object, timeout: Milliseconds, signal?: AbortSignal): Promise<IngestAnswer> {
    if (this.#token === null && this.#options.tokenProvider !== null && !(await this.#renew())) return noToken();
    const token = this.#token;
    const answer = await this.#send(path, body, timeout, signal);
    const isTokenRefused = answer.kind === 'refused' && (answer.error.code === 'token-expired' || answer.error.code === 'unauthorized');
    if (!isTokenRefused || this.#options.tokenProvider === null) return answer;
    // Several requests are refused together; the first has asked for another token by now.
    if (this.#token === token && !(await this.#renew())) return noToken();
    return await this.#send(path, body, timeout, signal);
  }

  /** Calls off what is under way. */
  close(): void {
    // A reason without a stack, which would keep everything alive that was under way.
    this.#abort.abort('closed');
  }

  async #send(path: string, body: ArrayBuffer | object, timeout: Milliseconds, signal?: AbortSignal): Promise<IngestAnswer> {
    const { timers, fetch } = this.#options;
    const patience = new AbortController();
    const timer = timers.setTimeout(() => patience.abort('timeout'), timeout);
    const isMedia = body instanceof ArrayBuffer;
    try {
      const response = await fetch(this.#url(path), {
        method: 'POST',
        body: isMedia ? body : JSON.stringify(body),
        // Media has no type: with one, a browser asks the server beforehand whether it may send it, for each number anew.
        ...(isMedia ? {} : { headers: { 'content-type': 'application/json' } }),
        cache: 'no-store',
        signal: AbortSignal.any([patience.signal, this.#abort.signal, ...(signal === undefined ? [] : [signal])]),
      });
      return await read(response);
    } catch (cause) {
      const kind = patience.signal.aborted ? 'late' : 'lost';
      return { kind, error: new GlasscastError('network', `The server at ${this.#options.server} does not answer.`, { cause }) };
    } finally {
      timers.clearTimeout(timer);
    }
  }

  /** The token goes in the address, as in a viewer's: in a header it would again be asked beforehand. */
  #url(path: string): URL {
    const url = new URL(path, this.#options.server);
    if (this.#token !== null) url.searchParams.set('token', this.#token);
    return url;
  }

  #renew(): Promise<boolean> {
    this.#renewing ??= this.#askToken().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #askToken(): Promise<boolean> {
    try {
      this.#token = (await this.#options.tokenProvider?.()) ?? this.#token;
      return true;
    } catch {
      return false;
    }
  }
}

const noToken = (): IngestAnswer => ({
  kind: 'lost',
  error: new GlasscastError('unauthorized', 'The page could not get a token for the server.'),
});

async function read(response: Response): Promise<IngestAnswer> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return { kind: 'ok', body };
  const problem = v.safeParse(ProblemSchema, body);
  const code = problem.success ? problem.output.code : '';
  if (code === 'ingest-gone' || code === 'draining') return { kind: 'gone', error: goneError(code) };
  if (!problem.success && AWAY.has(response.status)) {
    return { kind: 'lost', error: new GlasscastError('network', `A proxy answers in the place of the server (${response.status}).`) };
  }
  const details = problem.success ? problem.output.details : undefined;
  const beside = typeof details === 'object' && details !== null ? details : { details };
  return { kind: 'refused', error: await errorFromReply({ ...beside, reason: code }), details };
}

const goneError = (code: string): GlasscastError =>
  new GlasscastError('network', code === 'draining' ? 'The server is restarting.' : 'The server has let go of this broadcast.');
