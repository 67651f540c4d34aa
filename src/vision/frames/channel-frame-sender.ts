/** Pictures over a socket of their own: they must not wait behind signaling, nor signaling behind them. */
import * as v from 'valibot';
import { GlasscastError } from '../../protocol/errors.ts';
import { framesTopic } from '../../protocol/names.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import type { ChannelSession } from '../../signaling/channel-session.ts';
import { Connection } from '../../signaling/connection.ts';
import { impatientNetwork } from '../../signaling/impatient-network.ts';
import { errorFromReply } from '../../signaling/refusal.ts';
import type { EncodedPicture } from './encode-picture.ts';
import { answerOf, type FrameAnswer, readReply } from './frame-answer.ts';
import type { FrameSender, FrameSenderOptions } from './frame-sender.ts';

const ATTEMPT_PATIENCE: Milliseconds = 3_000;

/** What a join is answered with says nothing that is needed here. */
const ANY_REPLY = v.unknown();
const FullSchema = v.looseObject({ reason: v.literal('limit') });

export class ChannelFrameSender implements FrameSender {
  readonly #connection: Connection;
  readonly #session: ChannelSession<unknown>;
  /** Those who wait for the connection to be there. */
  readonly #waiting = new Set<{ resolve(): void; reject(error: GlasscastError): void }>();
  #ended: GlasscastError | null = null;

  constructor(options: FrameSenderOptions) {
    this.#connection = new Connection({
      server: options.server,
      socketPath: options.socketPath,
      timers: options.timers,
      // Pictures do not fit through long polling in time; `transport="http"` is for such networks.
      longPoll: false,
      ...impatientNetwork(options.timers, ATTEMPT_PATIENCE),
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.tokenProvider === undefined ? {} : { tokenProvider: options.tokenProvider }),
    });
    this.#connection.on('error', (error) => {
      if (this.#connection.state !== 'failed') options.trouble(error);
    });
    this.#connection.on('log', ({ cause }) => void this.#refusedForNow(cause, options.trouble));
    this.#session = this.#connection.join(framesTopic(options.id), { params: () => ({}), reply: ANY_REPLY });
    this.#session.onRejoin(() => this.#tellReady());
    this.#session.onEnd((error) => this.#end(error));
    // What it rejects with is told by onEnd.
    this.#session.joined.then(
      () => this.#tellReady(),
      () => undefined,
    );
  }

  ready(): Promise<void> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    if (this.#session.state === 'joined' && this.#connection.state === 'open') return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  async send(picture: EncodedPicture): Promise<FrameAnswer> {
    try {
      return readReply(await this.#session.push('frame', picture.bytes));
    } catch (cause) {
      return cause instanceof GlasscastError ? answerOf(cause) : answerOf(new GlasscastError('server', String(cause), { cause }));
    }
  }

  setToken(token: string | undefined): void {
    this.#connection.setToken(token);
  }

  close(): void {
    this.#connection.close();
    this.#end(new GlasscastError('aborted', 'The connection is closed.'));
  }

  /** A join that the server has no room for is tried again; whoever waits wants to know why. */
  async #refusedForNow(cause: unknown, trouble: (error: GlasscastError) => void): Promise<void> {
    if (!v.is(FullSchema, cause)) return;
    const error = await errorFromReply(cause);
    if (this.#waiting.size > 0) trouble(error);
  }

  #tellReady(): void {
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #end(error: GlasscastError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting) reject(this.#ended);
    this.#waiting.clear();
  }
}
