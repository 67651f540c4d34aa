/**
 * One joined topic.
 *
 *   joining ──ok──▶ joined ──socket or channel lost──▶ dropped ──ok──▶ joined …
 *      │               │                                  │
 *      └── refused for good, or closed by the server ─────┴──▶ ended
 *      leave() or the signal, from any of them ──────────────▶ left
 */
import type { Channel } from 'phoenix';
import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import { TokenExpiringSchema } from '../protocol/messages/envelope.ts';
import { Presence } from './presence.ts';
import type { Schema } from './schema.ts';

export type ChannelState = 'joining' | 'joined' | 'dropped' | 'left' | 'ended';

export interface PushOptions<T> {
  /** What the reply must look like; without it the reply is handed over unseen. */
  readonly reply?: Schema<T>;
  readonly timeoutMs?: number;
}

/** A session as its connection sees it, whatever its reply. */
export interface SessionHandle {
  readonly topic: string;
  readonly state: ChannelState;
  start(): void;
  fail(error: GlasscastError): void;
  cast(event: string, payload: object): boolean;
  leave(): Promise<void>;
}

/** What a session needs of its connection. */
export interface SessionHost {
  isOpen(): boolean;
  /** The server refused the token at a join. True when another one is on its way and the join will be tried again. */
  renewAfterRefusal(): boolean;
  tokenExpiring(): void;
  accepted(): void;
  log(message: string, cause: unknown): void;
  released(session: SessionHandle): void;
}

const PUSH_TIMEOUT_MS = 10_000;

export class ChannelSession<R> implements SessionHandle {
  readonly topic: string;
  /** The first join. Rejects on a refusal that retrying cannot change, and when the session is left before it was joined. */
  readonly joined: Promise<R>;
  readonly #channel: Channel;
  readonly #host: SessionHost;
  readonly #reply: Schema<R>;
  readonly #pending = new Set<(error: GlasscastError) => void>();
  readonly #rejoinListeners = new Set<(reply: R) => void>();
  readonly #dropListeners = new Set<() => void>();
  readonly #endListeners = new Set<(error: GlasscastError) => void>();
  #presence: Presence<unknown> | undefined;
  #state: ChannelState = 'joining';
  #started = false;
  #joinedOnce = false;
  #settle: { resolve: (reply: R) => void; reject: (error: GlasscastError) => void };

  constructor(channel: Channel, host: SessionHost, reply: Schema<R>) {
    this.topic = channel.topic;
    this.#channel = channel;
    this.#host = host;
    this.#reply = reply;
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.joined = promise;
    this.#settle = { resolve, reject };
    // The refusal is also told to onEnd listeners: whoever awaits neither must not meet an unhandled rejection.
    promise.catch(() => undefined);
    channel.onError(() => this.#dropped());
    channel.onClose(() => this.#closed());
    this.on('token_expiring', TokenExpiringSchema, () => host.tokenExpiring());
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** Sends the join. The connection calls it once its socket is on the way. */
  start(): void {
    if (this.#state !== 'joining') return;
    this.#started = true;
    this.#channel
      .join()
      .receive('ok', (reply: unknown) => this.#accepted(reply))
      .receive('error', (response: unknown) => void this.#refused(response));
  }

  /**
   * Sends an event and resolves with the server's reply. Rejects at once unless joined: nothing is ever buffered, since what is
   * late is wrong (candidates, media). A drop rejects what is under way.
   * @throws GlasscastError the code of the server's refusal; `network` when dropped, not joined, or after 10 s without a reply
   */
  push<T = unknown>(event: string, payload: object, options: PushOptions<T> = {}): Promise<T> {
    if (!this.#canPush()) return Promise.reject(new GlasscastError('network', `Not connected: ${event} was not sent.`));
    return new Promise<T>((resolve, reject) => {
      const fail = (error: GlasscastError): void => {
        this.#pending.delete(fail);
        reject(error);
      };
      this.#pending.add(fail);
      this.#channel
        .push(event, wirePayload(payload), options.timeoutMs ?? PUSH_TIMEOUT_MS)
        .receive('ok', (response: unknown) => {
          this.#pending.delete(fail);
          if (options.reply === undefined) return resolve(response as T);
          const parsed = v.safeParse(options.reply, response);
          if (parsed.success) resolve(parsed.output);
          else reject(new GlasscastError('server', `The server's reply to ${event} makes no sense.`, { details: parsed.issues }));
        })
        .receive('error', (response: unknown) => void understood(response).then(({ error }) => fail(error)))
        .receive('timeout', () => fail(new GlasscastError('network', `The server did not answer ${event}.`)));
    });
  }

  /** Sends an event whose reply nobody awaits. False when it was dropped because the topic is not joined at the moment. */
  cast(event: string, payload: object): boolean {
    if (!this.#canPush()) return false;
    this.#channel.push(event, wirePayload(payload), PUSH_TIMEOUT_MS);
    return true;
  }

  /** Calls the listener with each valid payload of the event; others are logged and dropped. Returns what removes it. */
  on<T>(event: string, schema: Schema<T>, listener: (payload: T) => void): () => void {
    const ref = this.#channel.on(event, (payload: unknown) => {
      if (this.#state === 'left' || this.#state === 'ended') return;
      const parsed = v.safeParse(schema, payload);
      if (parsed.success) listener(parsed.output);
      else this.#host.log(`${this.topic}: ${event} was not understood`, parsed.issues);
    });
    return () => this.#channel.off(event, ref);
  }

  onRejoin(listener: (reply: R) => void): () => void {
    return addTo(this.#rejoinListeners, listener);
  }

  /** The socket or the channel was lost; it is being joined again. */
  onDrop(listener: () => void): () => void {
    return addTo(this.#dropListeners, listener);
  }

  /** The server refused for good, or closed the topic. */
  onEnd(listener: (error: GlasscastError) => void): () => void {
    return addTo(this.#endListeners, listener);
  }

  /** Call it in the same task as `join`, before the first state can have arrived. One per session. */
  presence<M>(meta: Schema<M>): Presence<M> {
    if (this.#presence !== undefined) throw new Error(`${this.topic} has a presence already`);
    const presence = new Presence(this.#channel, meta);
    this.#presence = presence as Presence<unknown>;
    return presence;
  }

  /** Says goodbye; resolves when that is on its way, or at once where it cannot be said. */
  leave(): Promise<void> {
    if (this.#state === 'left' || this.#state === 'ended') return Promise.resolve();
    const leaving = new GlasscastError('aborted', 'The topic was left.');
    this.#finish('left', leaving);
    return this.#leaveChannel();
  }

  #canPush(): boolean {
    return this.#state === 'joined' && this.#host.isOpen();
  }

  #accepted(response: unknown): void {
    if (this.#state === 'left' || this.#state === 'ended') return;
    const parsed = v.safeParse(this.#reply, response);
    if (!parsed.success) {
      this.#end(new GlasscastError('server', "The server's answer to joining makes no sense.", { details: parsed.issues }));
      return;
    }
    this.#state = 'joined';
    this.#host.accepted();
    if (this.#joinedOnce) {
      for (const listener of [...this.#rejoinListeners]) listener(parsed.output);
      return;
    }
    this.#joinedOnce = true;
    this.#settle.resolve(parsed.output);
  }

  async #refused(response: unknown): Promise<void> {
    const { error, passes } = await understood(response);
    if (this.#state === 'left' || this.#state === 'ended') return;
    if (passes) {
      // Phoenix tries again by itself.
      this.#host.log(`${this.topic}: joining was refused for now`, response);
      return;
    }
    if ((error.code === 'unauthorized' || error.code === 'token-expired') && this.#host.renewAfterRefusal()) return;
    this.fail(error);
  }

  /** A refusal that the connection itself found to be final. */
  fail(error: GlasscastError): void {
    if (this.#state !== 'left' && this.#state !== 'ended') this.#end(error);
  }

  #dropped(): void {
    if (this.#state !== 'joined') return;
    this.#state = 'dropped';
    this.#presence?.dropped();
    this.#rejectPending(new GlasscastError('network', 'The connection was lost.'));
    for (const listener of [...this.#dropListeners]) listener();
  }

  #closed(): void {
    if (this.#state === 'left' || this.#state === 'ended') return;
    this.#end(new GlasscastError('kicked', 'You were removed, or this was closed.', { details: { topic: this.topic } }));
  }

  #end(error: GlasscastError): void {
    this.#finish('ended', error);
    // The client would join a refused topic again for ever.
    void this.#leaveChannel();
    for (const listener of [...this.#endListeners]) listener(error);
  }

  #finish(state: 'left' | 'ended', error: GlasscastError): void {
    this.#state = state;
    this.#settle.reject(error);
    this.#rejectPending(error);
    this.#host.released(this);
  }

  #leaveChannel(): Promise<void> {
    // What was never joined must not be left: another session may be in the topic.
    if (!this.#started) return Promise.resolve();
    return new Promise((resolve) => {
      this.#channel
        .leave()
        .receive('ok', () => resolve())
        .receive('timeout', () => resolve());
    });
  }

  #rejectPending(error: GlasscastError): void {
    for (const reject of [...this.#pending]) reject(error);
    this.#pending.clear();
  }
}

/** What a reply with `status: "error"` says. Reading it is loaded with the first one. */
async function understood(response: unknown): Promise<{ readonly error: GlasscastError; readonly passes: boolean }> {
  try {
    const { errorFromReply, isPassing } = await import('./refusal.ts');
    return { error: await errorFromReply(response), passes: isPassing(response) };
  } catch (cause) {
    // A server that was replaced meanwhile may not have this chunk any more.
    return { error: new GlasscastError('server', 'The server refused.', { cause, details: response }), passes: false };
  }
}

/** The client sends a payload as a binary frame only when it is an ArrayBuffer itself; a view would turn into JSON. */
function wirePayload(payload: object): object {
  if (!ArrayBuffer.isView(payload)) return payload;
  return payload.buffer.slice(payload.byteOffset, payload.byteOffset + payload.byteLength);
}

function addTo<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
