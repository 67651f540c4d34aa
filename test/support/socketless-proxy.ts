/** A proxy that lets requests through and WebSockets not, as firewalls and old proxies do. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SocketlessProxy {
  readonly url: string;
  /** How many WebSockets were asked for. */
  readonly refused: () => number;
  close(): Promise<void>;
}

/** @param how `refuse` answers an upgrade with 403; `drop` closes the connection without a word. */
export async function startSocketlessProxy(server: string, how: 'refuse' | 'drop'): Promise<SocketlessProxy> {
  const { hostname, port } = new URL(server);
  let refused = 0;
  const http = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request({ hostname, port, method, path: url, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  http.on('upgrade', (_request, socket) => {
    refused++;
    if (how === 'refuse') socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    else socket.destroy();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    refused: () => refused,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
