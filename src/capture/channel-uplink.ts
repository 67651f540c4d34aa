/**
 * A stream's topic on a socket of its own: media must not wait behind signaling, nor signaling behind media.
 *
 *   closed ──open──▶ joining ──ok──▶ joined ──lost──▶ dropped ──ok (next epoch)──▶ joined …
 *                       └── refused for good, stopped by the server ──┴──▶ ended
 *   end() and close(), from any of them ─────────────────────────────────▶ closed
 */
import * as v from 'valibot';
import { GlasscastError } from '../protocol/errors.ts';
import {
  BitratePushSchema,
  CreditSchema,
  OverlayPushSchema,
  RecordingPushSchema,
  StoppedSchema,
  type StreamReply,
  StreamReplySchema,
  TimeReplySchema,
  type TrackDescription,
  type TracksReply,
  TracksReplySchema,
} from '../protocol/messages/stream.ts';
import { streamTopic } from '../protocol/names.ts';
import type { Bytes, Milliseconds } from '../protocol/units.ts';
import type { ChannelSession } from '../signaling/channel-session.ts';
import { Connection } from '../signaling/connection.ts';
import { impatientNetwork } from '../signaling/impatient-network.ts';
import { errorFromReply } from '../signaling/refusal.ts';
import type { ClockReport } from './clock-reporter.ts';
import type { CreditReply } from './frame-sender.ts';
import { mediaRetryDelay } from './media-retry.ts';
import type { StreamInfo, UplinkOptions } from './publisher-options.ts';
import { isRestart, joinParams, stoppedError, type Uplink, type UplinkEnvironment, type UplinkHandler } from './uplink.ts';

const END_TIMEOUT: Milliseconds = 1_500;
const ATTEMPT_PATIENCE: Milliseconds = 3_000;
const EmptySchema = v.looseObject({});
const FullSchema = v.looseObject({ reason: v.literal('limit') });

export class ChannelUplink implements Uplink {
  readonly transport = 'channel';
  readonly pushesAtOnce = Number.POSITIVE_INFINITY;
  readonly #options: UplinkOptions;
  readonly #handler: UplinkHandler;
  readonly #connection: Connection;
  #session: ChannelSession<StreamReply> | null = null;
  #publishKey: string | null;
  #stopped: GlasscastError | null = null;
  #info: StreamInfo;

  constructor(options: UplinkOptions, handler: UplinkHandler, environment: UplinkEnvironment) {
    this.#options = options;
    this.#handler = handler;
    this.#publishKey = options.publishKey;
    this.#info = options.info ?? {};
    const connect = environment.connect ?? ((init) => new Connection(init));
    this.#connection = connect({
      server: options.server,
      socketPath: options.socketPath,
      timers: environment.timers,
      // Media over long polling would arrive too late to be live.
      longPoll: false,
      retryDelay: (failures) => mediaRetryDelay(failures, environment.random),
      ...impatientNetwork(environment.timers, ATTEMPT_PATIENCE, environment.fetch),
      ...(options.token === null ? {} : { token: options.token }),
      ...(environment.tokenProvider === null ? {} : { tokenProvider: environment.tokenProvider }),
    });
    this.#connection.on('error', (error) => handler.trouble(error));
    this.#connection.on('log', ({ cause }) => void this.#onLog(cause));
  }

  /** Joins. `tracks` is asked anew at each rejoin, since the picture may have changed while away. */
  open(tracks: () => readonly TrackDescription[]): void {
    const session = this.#connection.join(streamTopic(this.#options.stream), {
      params: () => joinParams(this.#options, tracks(), this.#publishKey, this.#info),
      reply: StreamReplySchema,
    });
    this.#session = session;
    session.on('keyframe', EmptySchema, () => this.#handler.keyFrameWanted());
    session.on('bitrate', BitratePushSchema, ({ track, bps }) => this.#handler.bitrateLimited(track, bps));
    session.on('recording', RecordingPushSchema, (push) => this.#handler.recording(push));
    session.on('overlay', OverlayPushSchema, (push) => this.#handler.overlay?.(push));
    session.on('stopped', StoppedSchema, ({ reason }) => this.#stoppedByServer(reason));
    session.onRejoin((reply) => this.#joined(reply));
    session.onDrop(() => this.#handler.dropped());
    session.onEnd((error) => this.#handler.ended(this.#stopped ?? error));
    session.joined.then(
      (reply) => this.#joined(reply),
      () => undefined, // onEnd tells it, and leaving on purpose needs no telling
    );
  }

  /** @throws GlasscastError `network` when not joined */
  pushChunk(chunk: ArrayBuffer): Promise<CreditReply> {
    return this.#require().push('chunk', chunk, { reply: CreditSchema });
  }

  /** Opens a new epoch in place. Its frames follow the resolved promise. */
  async pushTracks(tracks: readonly TrackDescription[]): Promise<TracksReply> {
    return await this.#require().push('tracks', { tracks }, { reply: TracksReplySchema });
  }

  probe(): void {
    this.#connection.wake();
  }

  reportClock(report: ClockReport): void {
    // Lost while not joined; a rejoin reports anew.
    this.#session?.cast('clock', report);
  }

  async serverTime(): Promise<Milliseconds> {
    return (await this.#require().push('time', {}, { reply: TimeReplySchema })).server_ms;
  }

  get bufferedAmount(): Bytes {
    return this.#connection.bufferedAmount;
  }

  setToken(token: string): void {
    this.#connection.setToken(token);
  }

  /** Changes what viewers are told; said with the next join where nothing is joined. */
  setInfo(info: StreamInfo): void {
    this.#info = { ...this.#info, ...info };
    this.#session?.cast('info', info);
  }

  /** Ends the session for viewers, as far as the server can still be told, and closes. Never rejects. */
  async end(): Promise<void> {
    if (this.#session?.state === 'joined') {
      try {
        await this.#session.push('end', {}, { timeoutMs: END_TIMEOUT });
      } catch (error) {
        const cause =
          error instanceof GlasscastError ? error : new GlasscastError('network', 'The broadcast was not ended.', { cause: error });
        this.#handler.trouble(cause);
      }
    }
    this.close();
  }

  /** Lets go without ending the session: the server keeps it for whoever has the publish key. */
  close(): void {
    this.#connection.close();
  }

  #joined(reply: StreamReply): void {
    this.#publishKey = reply.publish_key;
    this.#handler.joined(reply);
  }

  /** A join that is refused for now is tried again, and logged: whoever waits for it wants to know why. */
  async #onLog(cause: unknown): Promise<void> {
    const isWaiting = (): boolean => this.#session?.state === 'joining' || this.#session?.state === 'dropped';
    if (!isWaiting() || !v.is(FullSchema, cause)) return;
    const error = await errorFromReply(cause);
    if (isWaiting()) this.#handler.trouble(error);
  }

  #stoppedByServer(reason: string): void {
    const error = stoppedError(reason);
    if (isRestart(reason)) {
      // It closes the socket; the next join opens a new session.
      this.#handler.trouble(error);
      return;
    }
    this.#stopped = error;
    this.#handler.ended(error);
  }

  #require(): ChannelSession<StreamReply> {
    if (this.#session === null) throw new GlasscastError('network', 'The stream is not joined.');
    return this.#session;
  }
}
