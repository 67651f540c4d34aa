/** A plain Phoenix channel on a port of its own. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { PlainChannel } from './plain-channel.ts';

export async function startPlainPhoenix(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const channel = new PlainChannel();
  server.on('connection', (socket) => {
    const send = (text: string): void => socket.send(text);
    channel.connect(send);
    socket.on('close', () => channel.disconnect(send));
    socket.on('message', (data) => channel.receive(send, String(data)));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of server.clients) socket.terminate();
        server.close(() => resolve());
      }),
  };
}
