/**
 * A Phoenix application that knows nothing of calls: its one channel does `broadcast_from` on a join and on every event. No presence,
 * no stamped `from`, no ids, nothing directed.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Frame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: unknown];

export async function startPlainPhoenix(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const joined = new Map<WebSocket, string>();
  const broadcastFrom = (sender: WebSocket, topic: string, event: string, payload: unknown): void => {
    for (const socket of joined.keys()) if (socket !== sender) socket.send(JSON.stringify([null, null, topic, event, payload]));
  };
  server.on('connection', (socket) => {
    const reply = (frame: Frame, response: object = {}): void =>
      socket.send(JSON.stringify([frame[0], frame[1], frame[2], 'phx_reply', { status: 'ok', response }]));
    socket.on('close', () => joined.delete(socket));
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      const [joinRef, , topic, event, payload] = frame;
      reply(frame);
      if (event === 'heartbeat') return;
      if (event === 'phx_leave') joined.delete(socket);
      else if (event === 'phx_join') {
        joined.set(socket, joinRef ?? '');
        broadcastFrom(socket, topic, 'new', payload);
      } else broadcastFrom(socket, topic, event, payload);
    });
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
