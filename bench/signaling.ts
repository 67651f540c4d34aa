/** Server CPU a delivered signaling message, beside a bare relay that looks at nothing, in turns. */
import path from 'node:path';
import WebSocket from 'ws';
import { WIRE_VERSION } from '../src/protocol/index.ts';
import { median, printTable } from './figures.ts';
import { ChildServer } from './server-process.ts';

const PAIRS = 10;
const MESSAGES = 3000;
/** Messages of a pair under way at once: enough to keep the server busy, too few to queue. */
const WINDOW = 20;
const ROUNDS = 5;
/** An ICE candidate, the commonest message of a call. */
const CANDIDATE = {
  candidate:
    'candidate:842163049 1 udp 1677729535 192.0.2.17 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 ufrag EEtu network-cost 999',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'EEtu',
};

interface Pair {
  readonly from: WebSocket;
  readonly to: WebSocket;
  readonly message: string;
  isDelivery(text: string): boolean;
}

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => socket.once('open', () => resolve()).once('error', reject));

async function phoenixPeer(url: string, room: string): Promise<{ socket: WebSocket; id: string }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket/websocket?vsn=2.0.0`);
  await opened(socket);
  const id = await new Promise<string>((resolve, reject) => {
    socket.on('message', function reply(data) {
      const [, , , event, payload] = JSON.parse(data.toString()) as [
        unknown,
        unknown,
        unknown,
        string,
        { status: string; response: { peer_id: string } },
      ];
      if (event !== 'phx_reply') return;
      socket.off('message', reply);
      if (payload.status === 'ok') resolve(payload.response.peer_id);
      else reject(new Error(`The join was refused: ${JSON.stringify(payload.response)}`));
    });
    socket.send(JSON.stringify(['1', '1', `room:${room}`, 'phx_join', { v: WIRE_VERSION }]));
  });
  return { socket, id };
}

async function roomPair(url: string, index: number, round: number): Promise<Pair> {
  const room = `bench-${round}-${index}`;
  const from = await phoenixPeer(url, room);
  const to = await phoenixPeer(url, room);
  const message = JSON.stringify(['1', null, `room:${room}`, 'ice', { to: to.id, n: 1, candidate: CANDIDATE }]);
  return { from: from.socket, to: to.socket, message, isDelivery: (text) => text.includes('"ice"') };
}

async function relayPair(url: string, index: number, round: number): Promise<Pair> {
  const [from, to] = [0, 1].map(() => new WebSocket(`${url.replace('http', 'ws')}/${round}-${index}`));
  if (from === undefined || to === undefined) throw new Error('unreachable');
  await Promise.all([opened(from), opened(to)]);
  return {
    from,
    to,
    message: JSON.stringify(['1', null, 'room:bench', 'ice', { to: 'x'.repeat(16), n: 1, candidate: CANDIDATE }]),
    isDelivery: () => true,
  };
}

function exchange({ from, to, message, isDelivery }: Pair): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0;
    let received = 0;
    const send = (): void => {
      while (sent < MESSAGES && sent - received < WINDOW) {
        from.send(message);
        sent++;
      }
    };
    to.on('message', (data) => {
      if (!isDelivery(data.toString())) return;
      received++;
      if (received === MESSAGES) resolve();
      else send();
    });
    send();
  });
}

async function round(
  server: ChildServer,
  connect: (url: string, index: number, round: number) => Promise<Pair>,
  number: number,
): Promise<number> {
  const pairs: Pair[] = [];
  for (let index = 0; index < PAIRS; index++) pairs.push(await connect(server.url, index, number));
  const before = server.cpuSeconds;
  await Promise.all(pairs.map(exchange));
  const used = server.cpuSeconds - before;
  for (const { from, to } of pairs) for (const socket of [from, to]) socket.terminate();
  return (used / (PAIRS * MESSAGES)) * 1e6;
}

export async function benchSignaling(): Promise<void> {
  const server = await ChildServer.glasscast(['--auto-create']);
  const relay = await ChildServer.script(path.join(import.meta.dirname, 'relay.ts'));
  const ours: number[] = [];
  const floor: number[] = [];
  try {
    // The first round of each warms the compiler and is not counted.
    for (let number = 0; number <= ROUNDS; number++) {
      const one = await round(relay, relayPair, number);
      const other = await round(server, roomPair, number);
      if (number === 0) continue;
      floor.push(one);
      ours.push(other);
    }
  } finally {
    await server.stop();
    await relay.stop();
  }
  const text = (values: number[]): string =>
    `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;
  console.log(`\nSignaling: server CPU a delivered message, µs, median (spread) of ${ROUNDS} rounds of ${PAIRS * MESSAGES} messages`);
  printTable([
    ['', 'µs', 'ratio', 'budget'],
    ['bare ws relay', text(floor), '1.00', ''],
    ['room channel, directed', text(ours), (median(ours) / median(floor)).toFixed(2), '1.3'],
  ]);
}
