import { encodeChunk } from '../protocol/frame-chunk.ts';
import type { BitsPerSecond, Bytes, Milliseconds } from '../protocol/units.ts';
import { BurstMeter } from './burst-meter.ts';
import type { CreditLedger } from './credit-ledger.ts';
import { Delivery } from './delivery.ts';
import { RateController } from './rate-controller.ts';
import { frameBytes, type OutgoingFrame, SendQueue } from './send-queue.ts';

export interface CreditReply {
  readonly credit: Bytes;
  readonly received: Bytes;
  /** Of a container: the epoch that its recording has by now. */
  readonly epoch?: number | undefined;
}

export interface FrameSenderOptions {
  /** What the page asked for; the rate never rises above it. */
  readonly bitrate: BitsPerSecond;
  /** What the sound takes beside it. */
  readonly soundBitrate: () => BitsPerSecond;
  readonly now: () => Milliseconds;
  /** Sends one `chunk`; resolves with the server's reply. */
  readonly push: (chunk: ArrayBuffer) => Promise<CreditReply>;
  /** Pushes that may be under way together; beyond them frames gather. */
  readonly pushesAtOnce: () => number;
  /** Bytes that the socket has not handed to the network. */
  readonly bufferedAmount: () => Bytes;
  /** Nothing is acknowledged though something is on its way. */
  readonly onStalled: () => void;
  readonly onRate: (bitrate: BitsPerSecond) => void;
  /** There is room again, and video can only go on with a key frame. */
  readonly onKeyFrameNeeded: () => void;
  readonly onKeyFrameAcknowledged: () => void;
  readonly onRefused: (error: unknown) => void;
}

/** Frames wait here for so long, and on the way for so long: never a queue beyond two seconds. */
const MAX_QUEUE_AGE: Milliseconds = 1_000;
const MAX_FLIGHT_AGE: Milliseconds = 1_000;
/** What may be on its way at the least, so that a low rate does not wait for each reply. */
const MIN_FLIGHT: Bytes = 96 * 1024;
/** One push carries what has gathered, up to about this; far below the wire's limit for a frame. */
const MAX_PUSH: Bytes = 512 * 1024;
const KEY_REQUEST_INTERVAL: Milliseconds = 500;

/**
 * Sends encoded frames as fast as the server and the network take them. When they do not keep up it first has the bit rate lowered, and
 * then drops to the next key frame.
 */
export class FrameSender {
  readonly #options: FrameSenderOptions;
  readonly #queue = new SendQueue({ maxAge: MAX_QUEUE_AGE });
  readonly #delivery: Delivery;
  readonly #rate: RateController;
  #open = false;
  #held = false;
  /** Replies of an earlier connection are not about this one. */
  #connection = 0;
  #bursts = new BurstMeter();
  #keyRequestedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options.onStalled);
    this.#rate = new RateController({ target: options.bitrate });
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Age of the oldest frame that the server has not acknowledged. */
  get delay(): Milliseconds {
    const now = this.#options.now();
    return Math.max(this.#queue.age(now), this.#ledger.oldestAge(now));
  }

  /** Acknowledged lately. */
  get throughput(): BitsPerSecond {
    return this.#delivery.throughput;
  }

  get #ledger(): CreditLedger {
    return this.#delivery.ledger;
  }

  /** The topic is joined. Video goes on with a key frame. */
  open(credit: Bytes): void {
    this.#open = true;
    this.#held = false;
    this.#connection++;
    this.#queue.clear();
    this.#delivery.open(credit);
    this.#bursts = new BurstMeter();
    this.#keyRequestedAt = this.#options.now();
  }

  /** The topic was lost. What has not been sent is stale and is dropped. */
  close(): void {
    this.#open = false;
    this.#queue.clear();
  }

  /** Keeps frames back while the server prepares a new epoch for them. */
  hold(): void {
    this.#held = true;
    this.#queue.clear();
  }

  release(): void {
    this.#held = false;
    this.#pump();
  }

  add(frame: OutgoingFrame): void {
    if (!this.#open) return;
    this.#queue.add(frame);
    this.#pump();
  }

  /** The page asks for another rate of the video. */
  retarget(bitrate: BitsPerSecond): void {
    this.#options.onRate(this.#rate.retarget(bitrate));
  }

  /** The server's limit for the video. */
  limit(bitrate: BitsPerSecond): void {
    const changed = this.#rate.limit(bitrate);
    if (changed !== null) this.#options.onRate(changed);
  }

  /** To be called a few times a second while open. */
  tick(): void {
    if (!this.#open) return;
    const now = this.#options.now();
    this.#delivery.tick(now);
    this.#pump();
    const changed = this.#rate.update({
      now,
      delay: this.delay,
      minRoundTrip: this.#bursts.minRoundTrip ?? 0,
      throughput: this.throughput,
      sound: this.#options.soundBitrate(),
      capacity: this.#bursts.capacity(now),
    });
    if (changed !== null) this.#options.onRate(changed);
  }

  #pump(): void {
    if (!this.#open) return;
    const now = this.#options.now();
    this.#queue.expire(now);
    if (this.#held) return;
    if (this.#queue.needsKey && this.#budget(now) > 0 && now - this.#keyRequestedAt >= KEY_REQUEST_INTERVAL) {
      this.#keyRequestedAt = now;
      this.#options.onKeyFrameNeeded();
    }
    for (let batch = this.#batch(now); batch.length > 0; batch = this.#batch(now)) void this.#send(batch, now);
  }

  #budget(now: Milliseconds): Bytes {
    if (this.#ledger.oldestAge(now) > MAX_FLIGHT_AGE || this.#ledger.pushes >= this.#options.pushesAtOnce()) return 0;
    const onItsWay = Math.max(this.#ledger.outstanding, this.#options.bufferedAmount());
    // With nothing on its way even a frame above the limit has to go.
    if (onItsWay === 0) return this.#ledger.available;
    const limit = Math.max(MIN_FLIGHT, this.#rate.rate / 8);
    return Math.max(0, Math.min(this.#ledger.available, limit - onItsWay));
  }

  #batch(now: Milliseconds): OutgoingFrame[] {
    const batch: OutgoingFrame[] = [];
    let budget = this.#budget(now);
    let size = 0;
    while (size < MAX_PUSH) {
      const frame = this.#queue.take(budget);
      if (frame === null) break;
      batch.push(frame);
      budget -= frameBytes(frame);
      size += frameBytes(frame);
    }
    return batch;
  }

  async #send(batch: readonly OutgoingFrame[], now: Milliseconds): Promise<void> {
    const connection = this.#connection;
    const chunk = encodeChunk(batch.map((frame) => frame.record));
    const id = this.#ledger.sent(chunk.byteLength, now);
    const hasKey = batch.some((frame) => frame.kind === 'video' && frame.record.key);
    try {
      const reply = await this.#options.push(chunk);
      if (connection !== this.#connection) return;
      const acknowledgedAt = this.#options.now();
      const roundTrip = this.#ledger.acknowledge(id, reply, acknowledgedAt);
      if (roundTrip !== null) this.#bursts.acknowledged(chunk.byteLength, roundTrip, acknowledgedAt);
      if (hasKey) this.#options.onKeyFrameAcknowledged();
    } catch (error) {
      this.#ledger.forget(id);
      if (connection === this.#connection && this.#open) this.#options.onRefused(error);
    }
    this.#pump();
  }
}
