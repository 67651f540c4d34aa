/** A server that takes PUT and DELETE, such as nginx with its WebDAV module or a CDN's ingest. */
import { deliver, fileHeaders, type MirrorFile, type MirrorTarget } from './target.ts';
import type { Fetch } from './uploader.ts';

export class HttpTarget implements MirrorTarget {
  readonly #base: URL;
  readonly #authorization: string | null;
  readonly #send: Fetch;

  /** @param address name and password in it become a header, unless `authorization` is given */
  constructor(address: URL, authorization: string | null, send: Fetch) {
    this.#base = new URL(address);
    const { username, password } = this.#base;
    this.#base.username = '';
    this.#base.password = '';
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#authorization = authorization ?? (username === '' ? null : `Basic ${Buffer.from(pair).toString('base64')}`);
    this.#send = send;
  }

  put(file: MirrorFile, signal: AbortSignal): Promise<void> {
    return deliver(this.#send, this.#request(file.path, { method: 'PUT', body: file.body, headers: fileHeaders(file), signal }));
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return deliver(this.#send, this.#request(path, { method: 'DELETE', signal }));
  }

  #request(path: string, init: RequestInit): Request {
    const url = new URL(this.#base);
    url.pathname += path;
    const request = new Request(url, { ...init, redirect: 'manual' });
    if (this.#authorization !== null) request.headers.set('authorization', this.#authorization);
    return request;
  }
}
