/**
 * The HTTP of a careful player: it says when each byte came, what was said about caching and coding, and follows redirects itself so
 * that they can be counted. Nothing is thrown: an origin that cannot be reached is an answer too.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { ByteRange } from './media-playlist.ts';

export interface Answer {
  readonly ok: true;
  /** As it was asked for. */
  readonly url: string;
  /** Where the answer came from, redirects followed. */
  readonly finalUrl: string;
  readonly redirects: number;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestedAt: Milliseconds;
  /** When the last byte was there. */
  readonly answeredAt: Milliseconds;
  /** When bytes of the body came, and how many there were by then. */
  readonly progress: readonly { readonly at: Milliseconds; readonly bytes: number }[];
  /** Content coding taken off. */
  readonly body: Buffer;
  readonly httpVersion: string;
}

export interface Unanswered {
  readonly ok: false;
  readonly url: string;
  readonly requestedAt: Milliseconds;
  readonly answeredAt: Milliseconds;
  /** A sentence. */
  readonly error: string;
}

export type Outcome = Answer | Unanswered;

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  readonly range?: ByteRange | null;
  readonly timeout?: Milliseconds;
}

export type Get = (url: string, ask?: Ask) => Promise<Outcome>;

export interface HttpClientOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Take certificates that nobody vouches for. */
  readonly insecure: boolean;
}

const LONGEST_WAIT: Milliseconds = 30_000;
const MOST_REDIRECTS = 5;
/** More than any segment; what never ends is cut off here. */
const MOST_BYTES = 64 * 1024 * 1024;

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#https = new HttpsAgent({ keepAlive: true, rejectUnauthorized: !options.insecure });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  readonly get: Get = async (url, ask = {}) => {
    const requestedAt = this.#options.clock.now();
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const outcome = await this.#once(at, ask, requestedAt, url, redirects);
      const location = outcome.ok && outcome.status >= 300 && outcome.status < 400 ? outcome.headers['location'] : undefined;
      if (location === undefined || redirects >= MOST_REDIRECTS || !URL.canParse(location, at)) return outcome;
      at = new URL(location, at).href;
    }
  };

  #once(at: string, ask: Ask, requestedAt: Milliseconds, url: string, redirects: number): Promise<Outcome> {
    const { clock, signal } = this.#options;
    const failed = (error: string): Unanswered => ({ ok: false, url, requestedAt, answeredAt: clock.now(), error });
    if (!/^https?:\/\//.test(at)) return Promise.resolve(failed(`${at} is no address that begins with http: or https:`));
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const headers: Record<string, string> = { 'accept-encoding': 'gzip', 'user-agent': 'glasscast-server check', ...ask.headers };
    if (ask.range !== null && ask.range !== undefined) {
      headers['range'] = `bytes=${ask.range.offset}-${ask.range.offset + ask.range.length - 1}`;
    }
    const secure = at.startsWith('https:');
    const options = { headers, agent: secure ? this.#https : this.#http, signal };
    const take = (message: IncomingMessage): void => {
      void receive(message, () => clock.now()).then(
        (received) => resolve({ ok: true, url, finalUrl: at, redirects, requestedAt, ...received }),
        (error: Error) => resolve(failed(error.message)),
      );
    };
    const request = secure ? httpsRequest(at, options, take) : httpRequest(at, options, take);
    const timeout = ask.timeout ?? LONGEST_WAIT;
    const cancelTimer = clock.after(timeout, () => request.destroy(new Error(`nothing came for ${timeout / 1000} s`)));
    request.on('close', cancelTimer);
    request.on('error', (error) => resolve(failed(signal.aborted ? 'the check had ended' : error.message)));
    request.end();
    return promise;
  }
}

type Received = Pick<Answer, 'status' | 'headers' | 'answeredAt' | 'progress' | 'body' | 'httpVersion'>;

async function receive(message: IncomingMessage, now: () => Milliseconds): Promise<Received> {
  const chunks: Buffer[] = [];
  const progress: { at: Milliseconds; bytes: number }[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    progress.push({ at: now(), bytes });
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes came`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  const body = decoded(Buffer.concat(chunks), headers['content-encoding']);
  return { status: message.statusCode ?? 0, headers, answeredAt: now(), progress, body, httpVersion: message.httpVersion };
}

function decoded(body: Buffer, coding: string | undefined): Buffer {
  if (body.byteLength === 0) return body;
  if (coding === 'gzip') return gunzipSync(body);
  if (coding === 'br') return brotliDecompressSync(body);
  return coding === 'deflate' ? inflateSync(body) : body;
}
