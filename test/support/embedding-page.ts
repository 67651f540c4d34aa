/**
 * Stands for the website of a user: pages on an origin of their own that embed elements from the server, under the strict
 * Content Security Policy that the documentation promises.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EmbeddingSite {
  readonly origin: string;
  /** The URL of a page with this body. */
  page(body: string): string;
  /** The URL of a script of the site's own. */
  script(source: string): string;
  close(): Promise<void>;
}

export interface EmbeddingOptions {
  /** Where the page's policy lets workers come from (`worker-src`), where it is not as documented: `blob:` and the server. */
  readonly workers?: "'none'" | "'self'";
  /** Another server that its pages may talk to. */
  readonly connect?: string;
}

export function strictPolicy(
  server: string,
  { workers = `blob: ${server}`, connect }: { workers?: string; connect?: string } = {},
): string {
  const sockets = [server, ...(connect === undefined ? [] : [connect])]
    .flatMap((origin) => [origin, origin.replace(/^http/, 'ws')])
    .join(' ');
  return [
    "default-src 'none'",
    `script-src 'self' ${server} 'wasm-unsafe-eval'`,
    "style-src 'self'",
    `worker-src ${workers}`,
    `connect-src 'self' ${sockets}`,
    `media-src 'self' blob: ${server}`,
    `img-src 'self' data: blob: ${server}`,
    "require-trusted-types-for 'script'",
    "base-uri 'none'",
  ].join('; ');
}

/** A site on a free port whose pages load the SDK from `server`. */
export async function startEmbeddingSite(server: string, options: EmbeddingOptions = {}): Promise<EmbeddingSite> {
  const bodies: string[] = [];
  const scripts: string[] = [];
  const http = createServer((request, response) => {
    const [, kind, index] = /^\/(page|script)-(\d+)$/.exec(request.url ?? '') ?? [];
    const script = kind === 'script' ? scripts[Number(index)] : undefined;
    if (script !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
      return;
    }
    const body = kind === 'page' ? bodies[Number(index)] : undefined;
    if (body === undefined) {
      response.writeHead(request.url === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': strictPolicy(server, options) });
    response.end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Embedding page</title>` +
        `<script type="module" src="${server}/glasscast.js"></script><body>${body}</body></html>`,
    );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    origin,
    page: (body) => `${origin}/page-${bodies.push(body) - 1}`,
    script: (source) => `${origin}/script-${scripts.push(source) - 1}`,
    close: () =>
      new Promise<void>((resolve, reject) => {
        http.close((error) => (error ? reject(error) : resolve()));
        http.closeAllConnections();
      }),
  };
}
