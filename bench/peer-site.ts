/** One origin whose pages hold the contenders of a call: ours, and the peers that it stands beside, each from its own build. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const LIBRARIES: Readonly<Record<string, string>> = {
  '/peerjs.js': fileURLToPath(import.meta.resolve('peerjs/dist/peerjs.min.js')),
  '/simple-peer.js': fileURLToPath(import.meta.resolve('simple-peer/simplepeer.min.js')),
};

export interface PeerSite {
  /** A page with one `<video>` and this library. */
  page(library: 'peerjs' | 'simple-peer'): string;
  /** A page with the elements that this server serves, and nothing in it. */
  elements(server: string): string;
  close(): Promise<void>;
}

export async function startPeerSite(): Promise<PeerSite> {
  const http = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
    const library = LIBRARIES[pathname];
    if (library !== undefined) {
      readFile(library).then((file) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(file));
      return;
    }
    const script = searchParams.get('script');
    if (pathname !== '/page' || script === null) {
      response.writeHead(404).end();
      return;
    }
    const module = searchParams.has('module');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Contender</title><script ${module ? 'type="module" ' : ''}src="${script}"></script>` +
        `<body>${module ? '' : '<video autoplay playsinline></video>'}</body></html>`,
    );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    page: (library) => `${origin}/page?script=/${library}.js`,
    elements: (server) => `${origin}/page?module&script=${server}/glasscast.js`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
