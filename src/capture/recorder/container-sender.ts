import type { BitsPerSecond, Bytes, Milliseconds } from '../../protocol/units.ts';
import type { CreditLedger } from '../credit-ledger.ts';
import { Delivery } from '../delivery.ts';
import type { CreditReply } from '../frame-sender.ts';

export interface ContainerSenderOptions {
  readonly now: () => Milliseconds;
  readonly push: (chunk: ArrayBuffer) => Promise<CreditReply>;
  readonly pushesAtOnce: () => number;
  readonly bufferedAmount: () => Bytes;
  /** Nothing is acknowledged though something is on its way. */
  readonly onStalled: () => void;
  readonly onAcknowledged: (reply: CreditReply) => void;
  /** What gathers is too old, or the server missed something. A container cannot be read over a hole: another recording has to begin. */
  readonly onBroken: (error: unknown) => void;
}

/** Bytes wait here for so long, and on the way for so long: never a queue beyond two seconds. */
const MAX_QUEUE_AGE: Milliseconds = 1_000;
const MAX_FLIGHT_AGE: Milliseconds = 1_000;
const MAX_PUSH: Bytes = 512 * 1024;
/** What a socket may hold back before more is handed to it. */
const MAX_BUFFERED: Bytes = 96 * 1024;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly queuedAt: Milliseconds;
}

/** Sends the bytes of a recording in order, as fast as the server and the network take them, and gives a recording up that they do not follow. */
export class ContainerSender {
  readonly #options: ContainerSenderOptions;
  readonly #delivery: Delivery;
  #queue: Waiting[] = [];
  #open = false;
  /** Replies to pushes of an earlier recording or connection are not about this one. */
  #recording = 0;
  #minRoundTrip: Milliseconds | null = null;

  constructor(options: ContainerSenderOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options.onStalled);
  }

  /** Age of the oldest byte that the server has not acknowledged. */
  get delay(): Milliseconds {
    const now = this.#options.now();
    return Math.max(this.#age(now), this.#ledger.oldestAge(now));
  }

  /** Of the pushes of this connection the shortest; 0 before the first. */
  get minRoundTrip(): Milliseconds {
    return this.#minRoundTrip ?? 0;
  }

  /** Acknowledged lately. */
  get throughput(): BitsPerSecond {
    return this.#delivery.throughput;
  }

  get #ledger(): CreditLedger {
    return this.#delivery.ledger;
  }

  open(credit: Bytes): void {
    this.#open = true;
    this.#delivery.open(credit);
    this.#minRoundTrip = null;
    this.begin();
  }

  close(): void {
    this.#open = false;
    this.begin();
  }

  /** What is added from here on is of another recording; what still waits of the one before is stale. */
  begin(): void {
    this.#recording++;
    this.#queue = [];
  }

  add(bytes: ArrayBuffer): void {
    if (!this.#open) return;
    this.#queue.push({ bytes: new Uint8Array(bytes), queuedAt: this.#options.now() });
    this.#pump();
  }

  /** To be called a few times a second while open. */
  tick(): void {
    if (!this.#open) return;
    const now = this.#options.now();
    this.#delivery.tick(now);
    if (this.#age(now) > MAX_QUEUE_AGE) this.#break(null);
    else this.#pump();
  }

  #age(now: Milliseconds): Milliseconds {
    const [head] = this.#queue;
    return head === undefined ? 0 : now - head.queuedAt;
  }

  #break(error: unknown): void {
    this.begin();
    this.#options.onBroken(error);
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#mayPush()) {
      const batch = this.#batch();
      if (batch === null) return;
      void this.#send(batch);
    }
  }

  #mayPush(): boolean {
    if (this.#ledger.oldestAge(this.#options.now()) > MAX_FLIGHT_AGE) return false;
    return this.#ledger.pushes < this.#options.pushesAtOnce() && this.#options.bufferedAmount() < MAX_BUFFERED;
  }

  /** What has gathered, as far as the credit reaches. */
  #batch(): ArrayBuffer | null {
    const room = Math.min(MAX_PUSH, this.#ledger.available);
    let size = 0;
    let count = 0;
    for (const { bytes } of this.#queue) {
      if (size + bytes.byteLength > room) break;
      size += bytes.byteLength;
      count++;
    }
    if (count === 0) return this.#part(room);
    const batch = new Uint8Array(size);
    let offset = 0;
    for (const { bytes } of this.#queue.splice(0, count)) {
      batch.set(bytes, offset);
      offset += bytes.byteLength;
    }
    return batch.buffer;
  }

  /** Containers may be cut anywhere: of a slice larger than a push, the beginning. */
  #part(room: Bytes): ArrayBuffer | null {
    const [head] = this.#queue;
    if (head === undefined || head.bytes.byteLength <= MAX_PUSH || room < MAX_PUSH) return null;
    this.#queue[0] = { ...head, bytes: head.bytes.subarray(room) };
    return head.bytes.slice(0, room).buffer;
  }

  async #send(chunk: ArrayBuffer): Promise<void> {
    const recording = this.#recording;
    const sentAt = this.#options.now();
    const id = this.#ledger.sent(chunk.byteLength, sentAt);
    try {
      const reply = await this.#options.push(chunk);
      const roundTrip = this.#ledger.acknowledge(id, reply, this.#options.now());
      if (roundTrip !== null) this.#minRoundTrip = Math.min(this.#minRoundTrip ?? roundTrip, roundTrip);
      if (recording === this.#recording) this.#options.onAcknowledged(reply);
    } catch (error) {
      this.#ledger.forget(id);
      if (recording === this.#recording && this.#open) this.#break(error);
    }
    if (this.#open) this.#pump();
  }
}
