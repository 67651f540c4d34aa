/**
 * The Phoenix wire, protocol 2.0.0, above any transport: references, heartbeat, joins and leaves, and one
 * {@link JoinedChannel} a topic. Whatever a client sends ends in a reply, in silence where the wire says so, or in a close with a
 * code; it never reaches another socket.
 */
import * as v from 'valibot';
import {
  decodeClientBinaryFrame,
  decodeTextFrame,
  describeIssues,
  FrameError,
  LIMITS,
  type PhoenixMessage,
  TokenPushSchema,
  WIRE_VERSIONS,
} from '../../../src/protocol/index.ts';
import { AuthError, type Authenticator } from '../auth/authenticator.ts';
import type { Principal } from '../auth/principal.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Frame } from '../pubsub/pubsub.ts';
import type { Log } from '../telemetry/log.ts';
import type { Body, Reply } from './channel.ts';
import { ok, refuse } from './channel.ts';
import { replyFrame } from './frames.ts';
import { GrantTimer } from './grant-timer.ts';
import { type ChannelHost, JoinedChannel } from './joined-channel.ts';
import { type Families, routeTopic, textLimit } from './topics.ts';
import { CLOSE, type Transport } from './transport.ts';

export interface SocketContext {
  readonly families: Families;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who is at the other end, as the handshake told. */
export interface Client {
  readonly principal: Principal;
  /** The name by which it reached this server, without a port. */
  readonly hostname: string;
  readonly address: string;
}

export class PhoenixSocket implements ChannelHost {
  readonly hostname: string;
  readonly address: string;
  readonly #context: SocketContext;
  readonly #transport: Transport;
  readonly #channels = new Map<string, JoinedChannel>();
  readonly #pausing = new Set<JoinedChannel>();
  readonly #grantTimer: GrantTimer;
  #principal: Principal;
  #closed = false;
  #lastHeard: number;
  #cancelSilence: CancelTimer;

  constructor(context: SocketContext, transport: Transport, { principal, hostname, address }: Client) {
    this.#context = context;
    this.#transport = transport;
    this.#principal = principal;
    this.hostname = hostname;
    this.address = address;
    this.#lastHeard = context.clock.now();
    this.#cancelSilence = this.#watchSilence(LIMITS.silenceMs);
    this.#grantTimer = new GrantTimer(context.clock, {
      expiring: (left) => this.#pushAll('token_expiring', { in: left }),
      expired: () => this.#grantEnded(),
    });
    this.#grantTimer.watch(principal.expiresAt);
  }

  get principal(): Principal {
    return this.#principal;
  }

  get carriesBinary(): boolean {
    return this.#transport.carriesBinary;
  }

  get bufferedAmount(): number {
    return this.#transport.bufferedAmount;
  }

  /** Any sign of life, such as a poll, puts off the silence timeout. */
  heard(): void {
    this.#lastHeard = this.#context.clock.now();
  }

  receiveText(text: string, byteLength: number): void {
    if (byteLength > LIMITS.textFrameBytes && byteLength > textLimit(this.#context.families, text)) {
      this.#close(CLOSE.tooBig, 'the text frame is too big');
      return;
    }
    this.#receive(() => decodeTextFrame(text));
  }

  /** The payload that reaches the channel is a view into `bytes`. */
  receiveBinary(bytes: Uint8Array): void {
    if (bytes.byteLength > LIMITS.binaryFrameBytes) {
      this.#close(CLOSE.tooBig, 'the binary frame is too big');
      return;
    }
    this.#receive(() => decodeClientBinaryFrame(bytes));
  }

  /** The transport is gone: every channel ends as dropped. */
  transportClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelSilence();
    this.#grantTimer.stop();
    for (const channel of [...this.#channels.values()]) channel.end('dropped');
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    if (typeof frame !== 'string' && !this.#transport.carriesBinary) {
      this.#context.log.debug('a binary frame was not sent: this transport carries text alone');
      return;
    }
    this.#transport.send(frame);
  }

  removed(channel: JoinedChannel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
  }

  joined(channel: JoinedChannel): void {
    const left = this.#grantTimer.expiringIn();
    if (left !== null) channel.push('token_expiring', { in: left });
  }

  async renew(payload: Body): Promise<Reply> {
    const parsed = v.safeParse(TokenPushSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    let renewed: Principal;
    try {
      renewed = await this.#context.authenticator.authenticate(parsed.output.token);
    } catch (error) {
      if (error instanceof AuthError) return refuse(error.code);
      throw error;
    }
    // Who somebody is was settled at the connect; names, presence and resume secrets hang on it.
    if (this.#principal.sub !== null && renewed.sub !== this.#principal.sub) return refuse('unauthorized');
    this.#principal = renewed;
    this.#grantTimer.watch(renewed.expiresAt);
    for (const channel of [...this.#channels.values()]) channel.renewed();
    return ok();
  }

  pause(channel: JoinedChannel): void {
    if (this.#pausing.size === 0) this.#transport.pause();
    this.#pausing.add(channel);
  }

  resume(channel: JoinedChannel): void {
    if (this.#pausing.delete(channel) && this.#pausing.size === 0) this.#transport.resume();
  }

  crashed(channel: JoinedChannel, error: unknown): void {
    this.#context.log.error({ err: error, topic: channel.topic }, 'a channel crashed');
  }

  #receive(decode: () => PhoenixMessage): void {
    if (this.#closed) return;
    this.heard();
    let message: PhoenixMessage;
    try {
      message = decode();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#context.log.debug({ reason: error.reason }, 'a frame that is not on the wire closed its socket');
      this.#close(CLOSE.invalidData, error.message);
      return;
    }
    this.#dispatch(message);
  }

  #dispatch(message: PhoenixMessage): void {
    const { topic, event, ref, joinRef } = message;
    if (topic === 'phoenix' && event === 'heartbeat') {
      if (ref !== null) this.send(replyFrame(null, ref, topic, 'ok', {}));
      return;
    }
    if (event === 'phx_join') {
      this.#join(message);
      return;
    }
    const channel = this.#channels.get(topic);
    if (channel === undefined) {
      if (ref === null) return;
      if (event === 'phx_leave') this.send(replyFrame(joinRef, ref, topic, 'ok', {}));
      else this.send(replyFrame(null, ref, topic, 'error', refuse('unmatched topic').response));
      return;
    }
    // A reference of an earlier join: its channel has already ended, and this message is not meant for the new one.
    if (joinRef !== null && joinRef !== channel.joinRef) return;
    channel.receive(message);
  }

  #join({ topic, ref, joinRef, payload }: PhoenixMessage): void {
    if (ref === null) return;
    this.#channels.get(topic)?.end('rejoined');
    const refused = (join: string | null, reply: Reply): void => this.send(replyFrame(join, ref, topic, reply.status, reply.response));
    const route = routeTopic(this.#context.families, topic);
    const join = joinRef ?? ref;
    if (route === undefined) refused(null, refuse('unmatched topic'));
    else if (this.#grantTimer.expired) refused(join, refuse('token-expired'));
    else if (this.#channels.size >= LIMITS.channelsPerSocket) refused(join, refuse('limit', { channels: LIMITS.channelsPerSocket }));
    else if (payload instanceof Uint8Array) refused(join, invalid('', 'a join carries a JSON object'));
    else if (!speaks(payload['v'])) refused(join, refuse('version', { versions: WIRE_VERSIONS }));
    else if (!route.nameIsValid) refused(join, invalid('topic', 'the name must be 1 to 63 of a-z, 0-9 and -, and not start with -'));
    else {
      const channel = new JoinedChannel(this, route.family, topic, route.name, join);
      this.#channels.set(topic, channel);
      channel.start(payload, ref);
    }
  }

  #pushAll(event: string, payload: Record<string, unknown>): void {
    for (const channel of [...this.#channels.values()]) channel.push(event, payload);
  }

  #grantEnded(): void {
    this.#principal = this.#context.authenticator.anonymous;
    this.#pushAll('token_expiring', { in: 0 });
    for (const channel of [...this.#channels.values()]) channel.close();
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#transport.close(code, reason);
    this.transportClosed();
  }

  /** One timer a socket, put off lazily: a message costs a timestamp and no timer. */
  #watchSilence(delay: number): CancelTimer {
    return this.#context.clock.after(delay, () => {
      const left = this.#lastHeard + LIMITS.silenceMs - this.#context.clock.now();
      if (left > 0) this.#cancelSilence = this.#watchSilence(left);
      else this.#close(CLOSE.normal, 'silent for too long');
    });
  }
}

const speaks = (version: unknown): boolean => typeof version === 'number' && WIRE_VERSIONS.includes(version);

const invalid = (path: string, message: string): Reply => refuse('invalid', { details: [{ path, message }] });
