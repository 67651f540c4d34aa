import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import type { OverlayPush, Playback, RecordingPush } from '../protocol/messages/stream.ts';
import type { EncodingOptions, PublisherReport, StreamInfo, UplinkOptions } from './publisher-options.ts';

/** `live` begins when the server has acknowledged a key frame. */
export type PublisherState = 'idle' | 'measuring' | 'preparing' | 'joining' | 'live' | 'reconnecting' | 'ending' | 'ended';

/** An error as it crosses from a worker: classes and causes do not. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cause: string | null;
  /** As the server sent it: plain data. */
  readonly details?: unknown;
}

/** What a publisher tells the page. Plain data, so that a worker can post it as it is. */
export type PublisherEvent =
  | { readonly type: 'state'; readonly state: PublisherState }
  | { readonly type: 'joined'; readonly session: string; readonly epoch: number; readonly publishKey: string; readonly playback: Playback }
  /** What is sent has another format, and with it another epoch; the session is named where the server says it. */
  | { readonly type: 'moved'; readonly session?: string | undefined; readonly epoch: number }
  /** The recording that was asked for runs, or has stopped while the broadcast goes on. */
  | { readonly type: 'recording'; readonly recording: RecordingPush }
  /** Whether the server draws what it was asked to: told after each join, and when it changes. */
  | { readonly type: 'overlay'; readonly overlay: OverlayPush }
  | { readonly type: 'report'; readonly report: PublisherReport }
  /** A feed has ended by itself (`error` is null) or broke; the broadcast goes on with a card, without inset, or with silence. */
  | { readonly type: 'input-ended'; readonly input: InputName; readonly error: ErrorData | null }
  /** The picture's feed goes on and gives nothing, for so many times two seconds: the last picture is repeated. */
  | { readonly type: 'main-stands'; readonly times: number }
  /** Something is not as it should be, and the broadcast goes on. */
  | { readonly type: 'notice'; readonly error: ErrorData }
  /** The broadcast is over, and not because the page stopped it. */
  | {
      readonly type: 'failed';
      readonly error: ErrorData;
      /** The encoders have given up: another kind may do better. */
      readonly encoder?: boolean;
    };

/** `main` is the picture, `inset` a smaller one over it. */
export type InputName = 'main' | 'inset' | 'sound';

export type PictureFeed = ReadableStream<VideoFrame>;
export type SoundFeed = ReadableStream<AudioData>;
/** The feed of an input. */
export type FeedOf<I extends InputName> = I extends 'sound' ? SoundFeed : PictureFeed;

/** Shown in place of the picture. */
export interface Card {
  readonly title: string;
  readonly text: string;
}

export interface MediaFeeds {
  readonly video: ReadableStream<VideoFrame>;
  readonly audio: ReadableStream<AudioData> | null;
}

export type ToWorker =
  | { readonly type: 'attach'; readonly feeds: MediaFeeds }
  | { readonly type: 'start'; readonly encoding: EncodingOptions; readonly uplink: UplinkOptions }
  | { readonly type: 'replace'; readonly input: InputName; readonly feed: PictureFeed | SoundFeed | null }
  | { readonly type: 'set-card'; readonly card: Card | null }
  | { readonly type: 'set-encoding'; readonly encoding: EncodingOptions }
  | { readonly type: 'set-token'; readonly token: string }
  | { readonly type: 'set-info'; readonly info: StreamInfo }
  | { readonly type: 'stop' }
  | { readonly type: 'token'; readonly id: number; readonly token: string }
  | { readonly type: 'no-token'; readonly id: number; readonly message: string };

export type FromWorker =
  | PublisherEvent
  /** The worker's code has loaded: from here on it may be handed the media. */
  | { readonly type: 'ready' }
  | { readonly type: 'stopped' }
  | { readonly type: 'token-request'; readonly id: number };

export function toErrorData(error: unknown): ErrorData {
  if (error instanceof GlasscastError) {
    return {
      code: error.code,
      message: error.message,
      cause: error.cause === undefined ? null : String(error.cause),
      details: error.details,
    };
  }
  return { code: 'media', message: 'The broadcast failed unexpectedly.', cause: String(error) };
}

export function toError(data: ErrorData): GlasscastError {
  const { code, message, cause, details } = data;
  return new GlasscastError(code, message, { details, ...(cause === null ? {} : { cause: new Error(cause) }) });
}
