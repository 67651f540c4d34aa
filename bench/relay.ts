/** The floor for signaling: sockets of a pair, and whatever one sends goes to the other as it is. Prints its port. */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
const waiting = new Map<string, WebSocket>();

server.on('listening', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
server.on('connection', (socket, request) => {
  const pair = request.url ?? '';
  const other = waiting.get(pair);
  if (other === undefined) {
    waiting.set(pair, socket);
    return;
  }
  waiting.delete(pair);
  socket.on('message', (data, binary) => other.send(data, { binary }));
  other.on('message', (data, binary) => socket.send(data, { binary }));
});
process.once('SIGTERM', () => process.exit(0));
