/** One keep-alive connection that asks one thing after the other and reads no more than it has to: a thousand of them fit into a process. */
import { connect, type Socket } from 'node:net';

const shared = Buffer.alloc(256 * 1024);

export interface Answer {
  readonly status: number;
  readonly bytes: number;
  /** Empty unless it was asked for. */
  readonly body: string;
}

interface Pending {
  readonly wantsBody: boolean;
  readonly resolve: (answer: Answer) => void;
}

export class HttpLine {
  readonly #socket: Socket;
  readonly #host: string;
  #pending: Pending | null = null;
  #head = '';
  #status = 0;
  #length = 0;
  #left = -1;
  #body = '';

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
  }

  static open({ hostname, port, host }: URL): Promise<HttpLine> {
    return new Promise((resolve, reject) => {
      let line: HttpLine | null = null;
      const callback = (length: number): boolean => {
        if (line !== null) line.#read(length);
        return true;
      };
      const socket = connect({ host: hostname, port: Number(port), onread: { buffer: shared, callback } });
      line = new HttpLine(socket, host);
      const opened = line;
      socket.setNoDelay();
      socket.once('connect', () => resolve(opened));
      socket.once('error', reject);
    });
  }

  get(path: string, wantsBody: boolean): Promise<Answer> {
    return new Promise((resolve) => {
      this.#pending = { wantsBody, resolve };
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    });
  }

  #read(length: number): void {
    let start = 0;
    if (this.#left < 0) {
      const before = this.#head.length;
      this.#head += shared.toString('latin1', 0, length);
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#status = Number(this.#head.slice(9, 12));
      this.#length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head.slice(0, end))?.[1] ?? Number.NaN);
      if (Number.isNaN(this.#length)) throw new Error(`an answer without a length: ${this.#head.slice(0, end)}`);
      this.#left = this.#length;
      start = end + 4 - before;
    }
    if (this.#pending?.wantsBody === true) this.#body += shared.toString('latin1', start, length);
    this.#left -= length - start;
    if (this.#left > 0) return;
    const answer = { status: this.#status, bytes: this.#length, body: this.#body };
    const pending = this.#pending;
    this.#pending = null;
    this.#head = '';
    this.#body = '';
    this.#left = -1;
    pending?.resolve(answer);
  }
}
