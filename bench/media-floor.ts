/** The floor for viewers on sockets: a bare `ws` server that sends what a stream of 2 Mbit/s at 30 frames a second comes to. Prints its port. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { encodeMediaPart, encodeServerBroadcast, mediaTopic } from '../src/protocol/index.ts';

const RATE = 30;
const fragment = new Uint8Array(2_000_000 / 8 / RATE);
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('listening', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
setInterval(() => {
  const payload = encodeMediaPart({ track: 0, epoch: 1, capturedAt: Date.now(), fragment });
  const frame = Buffer.from(encodeServerBroadcast(mediaTopic('bench'), 'part', payload).buffer);
  for (const socket of server.clients) socket.send(frame);
}, 1000 / RATE);
process.once('SIGTERM', () => process.exit(0));
