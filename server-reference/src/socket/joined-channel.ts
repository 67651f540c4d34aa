/**
 * One channel of one socket, from its join to its end.
 *
 *   joining ──ok──▶ joined ──leave, rejoin, drop, close, crash──▶ ended
 *      └──────────refused, or the socket went──────────────────────▲
 *
 * Messages are handled one after the other: while a handler's promise is open, later messages wait here, and beyond
 * {@link PAUSE_AT} the transport stops reading, so that a client is slowed down rather than buffered. A channel may be `overlapping`
 * instead.
 */
import type { PhoenixMessage } from '../../../src/protocol/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Frame } from '../pubsub/pubsub.ts';
import type { Body, Channel, ChannelFamily, ChannelPort, JoinOutcome, LeaveReason, Reply } from './channel.ts';
import { refuse } from './channel.ts';
import { endFrame, pushFrame, replyFrame } from './frames.ts';

export const PAUSE_AT = 32;

/** What a channel needs of the socket that it lives on. */
export interface ChannelHost {
  readonly principal: Principal;
  readonly carriesBinary: boolean;
  readonly bufferedAmount: number;
  readonly hostname: string;
  readonly address: string;
  send(frame: Frame): void;
  /** The channel has ended; its topic is free. */
  removed(channel: JoinedChannel): void;
  /** Called once after a successful join. */
  joined(channel: JoinedChannel): void;
  /** Renews the socket's grant; the reply to a `token` push. */
  renew(payload: Body): Promise<Reply>;
  pause(channel: JoinedChannel): void;
  resume(channel: JoinedChannel): void;
  crashed(channel: JoinedChannel, error: unknown): void;
}

export class JoinedChannel implements ChannelPort {
  readonly topic: string;
  readonly name: string;
  readonly joinRef: string;
  readonly #host: ChannelHost;
  readonly #family: ChannelFamily;
  readonly #abort = new AbortController();
  #state: 'joining' | 'joined' | 'ended' = 'joining';
  #endedBy: LeaveReason = 'dropped';
  #channel: Channel | undefined;
  #busy = false;
  #paused = false;
  #waiting: PhoenixMessage[] = [];

  constructor(host: ChannelHost, family: ChannelFamily, topic: string, name: string, joinRef: string) {
    this.#host = host;
    this.#family = family;
    this.topic = topic;
    this.name = name;
    this.joinRef = joinRef;
  }

  get principal(): Principal {
    return this.#host.principal;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get carriesBinary(): boolean {
    return this.#host.carriesBinary;
  }

  get bufferedAmount(): number {
    return this.#host.bufferedAmount;
  }

  get hostname(): string {
    return this.#host.hostname;
  }

  get address(): string {
    return this.#host.address;
  }

  push(event: string, payload: Body): void {
    if (this.#state === 'joined') this.#host.send(pushFrame(this.joinRef, this.topic, event, payload));
  }

  send(frame: Frame): void {
    if (this.#state === 'joined') this.#host.send(frame);
  }

  close(): void {
    this.end('closed');
  }

  /** Asks the family; the reply to the join is sent when it has answered. */
  start(params: Record<string, unknown>, ref: string): void {
    this.#run(
      () => this.#family.join(params, this),
      (outcome) => this.#settle(outcome, ref),
      () => {
        this.#state = 'ended';
        this.#abort.abort();
        this.#host.removed(this);
        this.#reply(ref, refuse('server'));
      },
    );
  }

  receive(message: PhoenixMessage): void {
    if (this.#state === 'ended') return;
    if (!this.#busy) {
      this.#handle(message);
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length >= PAUSE_AT && !this.#paused) {
      this.#paused = true;
      this.#host.pause(this);
    }
  }

  renewed(): void {
    if (this.#state !== 'joined') return;
    try {
      this.#channel?.renewed?.();
    } catch (error) {
      this.#crash(error);
    }
  }

  end(reason: LeaveReason): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endedBy = reason;
    this.#waiting = [];
    this.#unpause();
    this.#host.removed(this);
    if (reason === 'crashed') this.#host.send(endFrame(this.joinRef, this.topic, 'phx_error'));
    else if (reason !== 'dropped') this.#host.send(endFrame(this.joinRef, this.topic, 'phx_close'));
    this.#abort.abort();
    if (this.#channel !== undefined) this.#tellLeft(this.#channel);
  }

  #settle(outcome: JoinOutcome, ref: string): void {
    if (this.#state === 'ended') {
      // Left, replaced or dropped while the family was still deciding: what it reserved must go.
      if (outcome.ok) this.#tellLeft(outcome.channel);
      return;
    }
    if (!outcome.ok) {
      this.#state = 'ended';
      this.#waiting = [];
      this.#unpause();
      this.#abort.abort();
      this.#host.removed(this);
      this.#reply(ref, { status: 'error', response: outcome.response });
      return;
    }
    this.#state = 'joined';
    this.#channel = outcome.channel;
    this.#reply(ref, { status: 'ok', response: outcome.response });
    this.#host.joined(this);
    outcome.channel.joined?.();
  }

  #handle(message: PhoenixMessage): void {
    const { ref, event, payload } = message;
    if (event === 'phx_leave') {
      if (ref !== null) this.#reply(ref, { status: 'ok', response: {} });
      this.end('left');
      return;
    }
    this.#run(
      () => (event === 'token' ? this.#host.renew(payload) : this.#channel?.handle(event, payload)),
      (reply) => {
        if (reply === undefined || this.#state !== 'joined') return;
        if (ref !== null) this.#reply(ref, reply);
        if (reply.status === 'ok' && reply.ends === true) this.end('closed');
      },
      (error) => this.#crash(error),
      event !== 'token' && this.#channel?.overlapping === true,
    );
  }

  /** Runs one step, now or over a promise; messages that come in between wait for its end, unless steps are `overlapping`. */
  #run<T>(step: () => T | Promise<T>, done: (value: T) => void, failed: (error: unknown) => void, overlapping = false): void {
    const settle = (value: T): void => {
      try {
        done(value);
      } catch (error) {
        this.#crash(error);
      }
    };
    let result: T | Promise<T>;
    try {
      result = step();
    } catch (error) {
      this.#reportFailure(error, failed);
      return;
    }
    if (!(result instanceof Promise)) {
      settle(result);
      return;
    }
    const end = result.then(settle, (error: unknown) => this.#reportFailure(error, failed));
    if (overlapping) return;
    this.#busy = true;
    end.finally(() => this.#next());
  }

  #reportFailure(error: unknown, failed: (error: unknown) => void): void {
    if (this.#state === 'joining') this.#host.crashed(this, error);
    if (this.#state !== 'ended') failed(error);
  }

  #next(): void {
    this.#busy = false;
    while (!this.#busy && this.#state === 'joined') {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      this.#handle(message);
    }
    if (this.#waiting.length === 0) this.#unpause();
  }

  #unpause(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#host.resume(this);
  }

  #reply(ref: string, reply: Reply): void {
    this.#host.send(replyFrame(this.joinRef, ref, this.topic, reply.status, reply.response));
  }

  #crash(error: unknown): void {
    this.#host.crashed(this, error);
    this.end('crashed');
  }

  #tellLeft(channel: Channel): void {
    try {
      channel.left(this.#endedBy);
    } catch (error) {
      this.#host.crashed(this, error);
    }
  }
}
