/**
 * A broadcaster that sends requests instead of holding a socket (docs/protocol.md, "HTTP ingest"). Requests carry numbers, since several
 * are under way at once and overtake each other:
 *
 *   numbered as expected ──▶ done, and whatever waited for it
 *   further on ──▶ waits, until what is missing comes, or PATIENCE has passed and it is given up
 *   done before ──▶ answered as it was
 *
 *   open ──no request for IDLE, end, taken over──▶ over
 */
import { randomBytes } from 'node:crypto';
import type { IngestRequest, Milliseconds } from '../../../src/protocol/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { type Body, type Reply, refuse } from '../socket/channel.ts';
import type { BroadcasterPort, Broadcasting } from './broadcasting.ts';

/** A client that has sent nothing for this long has lost its connection, or its page. */
const IDLE: Milliseconds = 5_000;
/** What a missing request holds up at most. */
const PATIENCE: Milliseconds = 3_000;
/** Requests that may wait for one before them. */
const UNDER_WAY = 8;
/** Replies that are kept for requests that are sent again. */
const REMEMBERED = 2 * UNDER_WAY;
/** What a client that only hears when it asks is told at most. */
const MOST_REQUESTS = 16;

interface WaitingRequest {
  readonly event: string;
  readonly payload: Body;
  readonly resolve: (reply: Reply) => void;
  readonly reply: Promise<Reply>;
}

const passedOver = (): Reply => refuse('invalid', { details: 'This request came too late: what followed it has been done without it.' });

export class HttpSession implements BroadcasterPort {
  readonly id = randomBytes(18).toString('base64url');
  readonly name: string;
  readonly bursty: boolean;
  readonly #clock: Clock;
  readonly #over: (session: HttpSession) => void;
  readonly #waiting = new Map<number, WaitingRequest>();
  readonly #replies = new Map<number, Reply>();
  #principal: Principal;
  #broadcasting: Broadcasting | null = null;
  #requests: IngestRequest[] = [];
  #next = 0;
  #epoch = 0;
  #underWay = 0;
  #cancelIdle: CancelTimer | null = null;
  #cancelPatience: CancelTimer | null = null;

  constructor(name: string, principal: Principal, clock: Clock, over: (session: HttpSession) => void, bursty = false) {
    this.name = name;
    this.bursty = bursty;
    this.#principal = principal;
    this.#clock = clock;
    this.#over = over;
  }

  get principal(): Principal {
    return this.#principal;
  }

  get broadcasting(): Broadcasting | null {
    return this.#broadcasting;
  }

  open(broadcasting: Broadcasting): void {
    this.#broadcasting = broadcasting;
    this.#watchIdle();
  }

  /** Whether these are the same person as at the start. What they may do is for the caller to check. */
  identifies({ sub }: Principal): boolean {
    return this.#principal.sub === null || this.#principal.sub === sub;
  }

  renew(principal: Principal): void {
    this.#principal = principal;
  }

  /** A request has begun to arrive; call `finished` once it has been answered or is gone. */
  began(): void {
    this.#underWay++;
    this.#cancelIdle?.();
    this.#cancelIdle = null;
  }

  finished(): void {
    this.#underWay--;
    if (this.#underWay === 0) this.#watchIdle();
  }

  /** Does what was asked in the order of the numbers; without one at once. A greater `epoch` counts from 0 again. */
  request(seq: number | null, event: string, payload: Body, epoch: number | null = null): Promise<Reply> {
    if (epoch !== null && epoch < this.#epoch) return Promise.resolve(passedOver());
    if (epoch !== null && epoch > this.#epoch) this.#restart(epoch);
    if (seq === null) return Promise.resolve(this.#do(event, payload));
    if (seq < this.#next) return Promise.resolve(this.#replies.get(seq) ?? passedOver());
    const known = this.#waiting.get(seq);
    if (known !== undefined) return known.reply;
    if (this.#waiting.size >= UNDER_WAY || seq >= this.#next + REMEMBERED) {
      return Promise.resolve(refuse('limit', { details: `Number ${this.#next} is missing, and too much waits for it.` }));
    }
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.set(seq, { event, payload, resolve, reply: promise });
    this.#advance();
    return promise;
  }

  /** What the client has not been told yet. */
  takeRequests(): IngestRequest[] {
    return this.#requests.splice(0);
  }

  push(event: string, payload: Record<string, unknown>): void {
    if (event === 'keyframe' && this.#requests.some((request) => request.event === 'keyframe')) return;
    this.#requests.push({ event, payload });
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
  }

  /** Nothing of it will be done any more; it can still be asked why. */
  close(): void {
    this.#refuseWaiting(refuse('stream-taken'));
  }

  /** Ends all timers without a word to the stream. */
  dispose(): void {
    this.close();
    this.#cancelIdle?.();
    this.#cancelIdle = null;
  }

  #restart(epoch: number): void {
    this.#refuseWaiting(passedOver());
    this.#replies.clear();
    this.#next = 0;
    this.#epoch = epoch;
  }

  #refuseWaiting(reply: Reply): void {
    this.#cancelPatience?.();
    this.#cancelPatience = null;
    for (const { resolve } of this.#waiting.values()) resolve(reply);
    this.#waiting.clear();
  }

  #do(event: string, payload: Body): Reply {
    return this.#broadcasting?.handle(event, payload) ?? refuse('stream-taken');
  }

  #advance(): void {
    for (let request = this.#waiting.get(this.#next); request !== undefined; request = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      const reply = this.#do(request.event, request.payload);
      this.#replies.set(this.#next, reply);
      this.#replies.delete(this.#next - REMEMBERED);
      this.#next++;
      request.resolve(reply);
    }
    this.#cancelPatience?.();
    this.#cancelPatience = this.#waiting.size === 0 ? null : this.#clock.after(PATIENCE, () => this.#giveUp());
  }

  #giveUp(): void {
    this.#cancelPatience = null;
    this.#next = Math.min(...this.#waiting.keys());
    this.#broadcasting?.lost();
    this.#advance();
  }

  #watchIdle(): void {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#clock.after(IDLE, () => {
      this.#cancelIdle = null;
      this.close();
      this.#broadcasting?.dropped();
      this.#over(this);
    });
  }
}
