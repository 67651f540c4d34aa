/**
 * Viewers of `media:<name>` that read no more of a frame than its head, so that a crowd of them costs little.
 *
 *     node bench/media-swarm.ts http://127.0.0.1:4000 stream viewers seconds
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeTextFrame, mediaTopic, WIRE_VERSION } from '../src/protocol/index.ts';
import { SwarmCount } from './swarm.ts';

const [address = '', stream = '', viewers = '0', seconds = '0'] = process.argv.slice(2);
const url = new URL(address);
const topic = mediaTopic(stream);
const SETTLE_MS = 3_000;
const OPCODE_BINARY = 2;
/** Behind the head of a broadcast: track, epoch, time of capture. */
const PART_HEAD = 10;

/** A text frame with a mask of zeros, which masks nothing. */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.of(0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0), payload]);
}

/** Takes the heads out of a stream of WebSocket frames. */
class FrameHeads {
  readonly #head = Buffer.alloc(300);
  readonly #found: (bytes: number, capturedAt: number) => void;
  #length = 0;
  #need = 2;
  #skip = 0;

  constructor(found: (bytes: number, capturedAt: number) => void) {
    this.#found = found;
  }

  read(bytes: Buffer, length: number): void {
    for (let at = 0; at < length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      this.#head[this.#length++] = bytes[at++] ?? 0;
      if (this.#length === this.#need) this.#advance();
    }
  }

  #advance(): void {
    const head = this.#head;
    const code = (head[1] ?? 0) & 127;
    const start = code === 127 ? 10 : code === 126 ? 4 : 2;
    if (this.#length < start) {
      this.#need = start;
      return;
    }
    const payload = code === 127 ? Number(head.readBigUInt64BE(2)) : code === 126 ? head.readUInt16BE(2) : code;
    const binary = ((head[0] ?? 0) & 15) === OPCODE_BINARY;
    if (binary && this.#length < start + 3) {
      this.#need = start + 3;
      return;
    }
    const names = start + 3 + (head[start + 1] ?? 0);
    const body = names + (head[start + 2] ?? 0);
    if (binary && this.#length < body + PART_HEAD) {
      this.#need = body + PART_HEAD;
      return;
    }
    if (binary && head.toString('latin1', names, body) === 'part' && head[body] === 0) {
      this.#found(payload, Number(head.readBigInt64BE(body + 2)));
    }
    this.#skip = payload - (this.#length - start);
    this.#length = 0;
    this.#need = 2;
  }
}

const count = new SwarmCount(Number(viewers));
const shared = Buffer.alloc(256 * 1024);

function watch(viewer: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const heads = new FrameHeads((bytes, capturedAt) => count.add(viewer, bytes, Date.now() - capturedAt));
    let answer: string | null = '';
    const socket = connect({
      host: url.hostname,
      port: Number(url.port),
      onread: {
        buffer: shared,
        callback: (length) => {
          if (answer === null) {
            heads.read(shared, length);
            return true;
          }
          answer += shared.toString('latin1', 0, length);
          const end = answer.indexOf('\r\n\r\n');
          if (end < 0) return true;
          if (!answer.startsWith('HTTP/1.1 101')) reject(new Error(answer));
          const rest = Buffer.from(answer.slice(end + 4), 'latin1');
          answer = null;
          heads.read(rest, rest.length);
          socket.write(clientFrame(encodeTextFrame({ joinRef: '1', ref: '1', topic, event: 'phx_join', payload: { v: WIRE_VERSION } })));
          resolve();
          return true;
        },
      },
    });
    socket.setNoDelay();
    socket.once('error', reject);
    socket.write(
      `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const beat = clientFrame(encodeTextFrame({ joinRef: null, ref: '2', topic: 'phoenix', event: 'heartbeat', payload: {} }));
    setInterval(() => socket.write(beat), 25_000);
  });
}

for (let viewer = 0; viewer < Number(viewers); viewer++) await watch(viewer);
await sleep(SETTLE_MS);
count.begin();
await sleep(Number(seconds) * 1000);
count.end();
