/** What a mirror pushes to: keeps files in memory, writes down what was asked, and fails when it is told to. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly status: number;
}

export class PutServer implements AsyncDisposable {
  readonly files = new Map<string, string>();
  readonly received: Received[] = [];
  /** What to answer instead of taking the request; null takes it. */
  fails: (method: string, path: string) => number | null = () => null;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #waiting: (() => void)[] = [];

  static async start(): Promise<PutServer> {
    const server = new PutServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves as soon as it holds, asked after each request. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.setEncoding('latin1');
    const body = await text(request);
    const { method = '', url: path = '', headers } = request;
    const status = this.fails(method, path) ?? (method === 'PUT' ? 201 : 204);
    if (status < 300) {
      if (method === 'PUT') this.files.set(path, body);
      else this.files.delete(path);
    }
    this.received.push({ method, path, headers, body, status });
    response.writeHead(status, status >= 300 && status < 400 ? { location: `${this.url}/elsewhere` } : {}).end();
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
