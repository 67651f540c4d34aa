/**
 * The way to the server that the network lets through.
 *
 *   channel ──the socket is blocked, and plain requests may pass──▶ http
 *
 * It stays with HTTP for as long as the broadcast lasts: going back and forth would open an epoch each time.
 */
import * as v from 'valibot';
import type { GlasscastError } from '../protocol/errors.ts';
import type { StreamReply, TrackDescription, TracksReply } from '../protocol/messages/stream.ts';
import type { Bytes, Milliseconds } from '../protocol/units.ts';
import type { TimerId } from '../workers/worker-timers.ts';
import { ChannelUplink } from './channel-uplink.ts';
import type { ClockReport } from './clock-reporter.ts';
import type { CreditReply } from './frame-sender.ts';
import { HttpUplink } from './http-uplink.ts';
import type { StreamInfo, UplinkOptions } from './publisher-options.ts';
import type { Transport, Uplink, UplinkEnvironment, UplinkHandler } from './uplink.ts';

/** Some proxies neither let a socket through nor refuse it. */
const SOCKET_PATIENCE: Milliseconds = 5_000;

const BlockedSchema = v.object({ reason: v.literal('socket-blocked') });
const isBlocked = ({ details }: GlasscastError): boolean => v.is(BlockedSchema, details);

export function openUplink(options: UplinkOptions, handler: UplinkHandler, environment: UplinkEnvironment): Uplink {
  switch (options.transport ?? 'auto') {
    case 'channel':
      return new ChannelUplink(options, handler, environment);
    case 'http':
      return new HttpUplink(options, handler, environment);
    case 'auto':
      return new FallbackUplink(options, handler, environment);
  }
}

class FallbackUplink implements Uplink {
  readonly #options: UplinkOptions;
  readonly #handler: UplinkHandler;
  readonly #environment: UplinkEnvironment;
  #uplink: Uplink;
  #tracks: () => readonly TrackDescription[] = () => [];
  #publishKey: string | null;
  #info: StreamInfo;
  #token: string | null;
  #patience: TimerId | undefined;

  constructor(options: UplinkOptions, handler: UplinkHandler, environment: UplinkEnvironment) {
    this.#options = options;
    this.#handler = handler;
    this.#environment = environment;
    this.#publishKey = options.publishKey;
    this.#info = options.info ?? {};
    this.#token = options.token;
    this.#uplink = new ChannelUplink(
      options,
      {
        joined: (reply) => this.#joined(reply),
        dropped: () => handler.dropped(),
        ended: (error) => (isBlocked(error) ? this.#fallBack() : this.#passOn(error)),
        keyFrameWanted: () => handler.keyFrameWanted(),
        bitrateLimited: (track, bitrate) => handler.bitrateLimited(track, bitrate),
        recording: (push) => handler.recording(push),
        overlay: (push) => handler.overlay?.(push),
        trouble: (error) => this.#onTrouble(error),
      },
      environment,
    );
  }

  get transport(): Transport {
    return this.#uplink.transport;
  }

  get pushesAtOnce(): number {
    return this.#uplink.pushesAtOnce;
  }

  get bufferedAmount(): Bytes {
    return this.#uplink.bufferedAmount;
  }

  open(tracks: () => readonly TrackDescription[]): void {
    this.#tracks = tracks;
    this.#uplink.open(tracks);
    this.#patience = this.#environment.timers.setTimeout(() => this.#fallBack(), SOCKET_PATIENCE);
  }

  pushChunk(chunk: ArrayBuffer): Promise<CreditReply> {
    return this.#uplink.pushChunk(chunk);
  }

  pushTracks(tracks: readonly TrackDescription[]): Promise<TracksReply> {
    return this.#uplink.pushTracks(tracks);
  }

  probe(): void {
    this.#uplink.probe();
  }

  reportClock(report: ClockReport): void {
    this.#uplink.reportClock(report);
  }

  serverTime(): Promise<Milliseconds> {
    return this.#uplink.serverTime();
  }

  setToken(token: string): void {
    this.#token = token;
    this.#uplink.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    this.#info = { ...this.#info, ...info };
    this.#uplink.setInfo(info);
  }

  async end(): Promise<void> {
    this.#stopWaiting();
    await this.#uplink.end();
  }

  close(): void {
    this.#stopWaiting();
    this.#uplink.close();
  }

  #joined(reply: StreamReply): void {
    this.#stopWaiting();
    this.#publishKey = reply.publish_key;
    this.#handler.joined(reply);
  }

  #onTrouble(error: GlasscastError): void {
    if (isBlocked(error)) {
      this.#fallBack();
      return;
    }
    // The server is away, or does not want this page: over HTTP it would be the same.
    this.#stopWaiting();
    this.#handler.trouble(error);
  }

  #passOn(error: GlasscastError): void {
    this.#stopWaiting();
    this.#handler.ended(error);
  }

  #fallBack(): void {
    if (this.#uplink.transport === 'http') return;
    this.#stopWaiting();
    this.#uplink.close();
    this.#uplink = new HttpUplink(
      { ...this.#options, publishKey: this.#publishKey, info: this.#info, token: this.#token },
      this.#handler,
      this.#environment,
    );
    this.#uplink.open(this.#tracks);
  }

  #stopWaiting(): void {
    this.#environment.timers.clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}
