import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import type { OverlayPush, RecordingPush, StreamReply, TrackDescription, TracksReply } from '../protocol/messages/stream.ts';
import type { BitsPerSecond, Bytes, Milliseconds } from '../protocol/units.ts';
import type { Connection, ConnectionOptions, TokenProvider } from '../signaling/connection.ts';
import type { Timers } from '../workers/worker-timers.ts';
import type { ClockReport } from './clock-reporter.ts';
import type { CreditReply } from './frame-sender.ts';
import type { StreamInfo, UplinkOptions } from './publisher-options.ts';

export type Transport = 'channel' | 'http';

export interface UplinkHandler {
  /** Joined, for the first time or after a drop; frames of a new epoch may follow. */
  joined(reply: StreamReply): void;
  dropped(): void;
  /** Over for good. */
  ended(error: GlasscastError): void;
  keyFrameWanted(): void;
  bitrateLimited(track: number, bitrate: BitsPerSecond): void;
  /** The recording that was asked for runs, or has stopped while the stream goes on. */
  recording(push: RecordingPush): void;
  /** Whether the server draws what it was asked to, where that has changed since the join. */
  overlay?(push: OverlayPush): void;
  /** Something is wrong that may pass. */
  trouble(error: GlasscastError): void;
}

export interface UplinkEnvironment {
  readonly timers: Timers;
  readonly tokenProvider: TokenProvider | null;
  readonly connect?: (options: ConnectionOptions) => Connection;
  readonly fetch?: typeof globalThis.fetch;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
}

/** One stream's way to the server. */
export interface Uplink {
  readonly transport: Transport;
  /** Pushes that may be under way together: beyond them, what comes had better gather. */
  readonly pushesAtOnce: number;
  /** Handed over and not yet handed to the network. */
  readonly bufferedAmount: Bytes;
  /** Joins. `tracks` is asked anew at each rejoin, since the picture may have changed while away. */
  open(tracks: () => readonly TrackDescription[]): void;
  /** @throws GlasscastError `network` when not joined; the server's refusal */
  pushChunk(chunk: ArrayBuffer): Promise<CreditReply>;
  /** Opens a new epoch in place. Its frames follow the resolved promise. */
  pushTracks(tracks: readonly TrackDescription[]): Promise<TracksReply>;
  /** Nothing was acknowledged for a while though something is on its way: finds out whether the way is still there. */
  probe(): void;
  reportClock(report: ClockReport): void;
  serverTime(): Promise<Milliseconds>;
  setToken(token: string): void;
  /** Changes what viewers are told; said with the next join where nothing is joined. */
  setInfo(info: StreamInfo): void;
  /** Ends the session for viewers, as far as the server can still be told, and closes. Never rejects. */
  end(): Promise<void>;
  /** Lets go without ending the session: the server keeps it for whoever has the publish key. */
  close(): void;
}

/** Why the server takes a stream away, in words. */
const STOPPED: Readonly<Record<string, [code: ErrorCode, message: string]>> = {
  'taken-over': ['stream-taken', 'This broadcast goes on from another page.'],
  unauthorized: ['unauthorized', 'The token for this broadcast has ended.'],
  ended: ['server', 'The server has ended this broadcast.'],
  limit: ['limit', 'The broadcast has lasted as long as the server lets it.'],
  draining: ['network', 'The server is restarting.'],
};

/** The server goes away and comes back: what it stops can be joined again. */
export const isRestart = (reason: string): boolean => reason === 'draining';

export function stoppedError(reason: string): GlasscastError {
  return new GlasscastError(...(STOPPED[reason] ?? ['server', `The server has stopped this broadcast: ${reason}.`]), {
    details: { reason, stopped: true },
  });
}

/** What a join was answered of the overlay that it asked for; null where it asked for none. */
export function overlayOf({ overlay, overlay_details: details }: StreamReply): OverlayPush | null {
  return overlay === undefined ? null : { overlay, ...(details === undefined ? {} : { details }) };
}

/** What a join says. Containers other than `frames` say in their bytes what they hold. */
export function joinParams(
  options: UplinkOptions,
  tracks: readonly TrackDescription[],
  publishKey: string | null,
  info: StreamInfo,
): Record<string, unknown> {
  const { container = 'frames', record, overlay, takeOver } = options;
  return {
    container,
    ...(container === 'frames' ? { tracks } : {}),
    ...(publishKey === null ? {} : { publish_key: publishKey }),
    ...(record === true ? { record: true } : {}),
    ...(overlay === undefined ? {} : { overlay }),
    ...info,
    // Once: whoever is replaced later does not fight back.
    ...(takeOver === true && publishKey === options.publishKey ? { take_over: true } : {}),
  };
}
