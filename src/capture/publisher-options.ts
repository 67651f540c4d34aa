import type { BitsPerSecond, Milliseconds, Seconds } from '../protocol/units.ts';

/** What is to be encoded. Survives being posted to a worker. */
export interface EncodingOptions {
  /** `auto`, or an `avc1.…` codec string to insist on. */
  readonly codec: string;
  /** Of the video. */
  readonly bitrate: BitsPerSecond;
  /** What the camera was asked for, in frames a second; it may deliver less. */
  readonly frameRate: number;
  /** Between key frames. */
  readonly keyFrameInterval: Seconds;
}

/** What viewers are told of a stream. An empty text takes away what was told before. */
export interface StreamInfo {
  /** At most 200 characters. */
  readonly title?: string;
  /** At most 2000 characters. */
  readonly description?: string;
}

/** Where it goes. Survives being posted to a worker. */
export interface UplinkOptions {
  /** The server's origin. */
  readonly server: string;
  readonly socketPath: string;
  readonly token: string | null;
  /** Whether the page can be asked for tokens. */
  readonly hasTokenProvider: boolean;
  readonly stream: string;
  /** Proves that this page was on air with this stream before. */
  readonly publishKey: string | null;
  /** Replaces whoever is on air, where this user may. */
  readonly takeOver?: boolean;
  /** Asks the server to keep a recording. */
  readonly record?: boolean;
  readonly info?: StreamInfo;
}

export interface PublisherReport {
  /** Sent and acknowledged in the last second. */
  readonly bitrate: BitsPerSecond;
  /** What the video encoder is set to now; the uplink may have lowered it. */
  readonly targetBitrate: BitsPerSecond;
  /** Encoded frames in the last second. */
  readonly frameRate: number;
  readonly width: number;
  readonly height: number;
  /** Video frames dropped since the start, before the encoder (it was busy) and behind it (the uplink was). */
  readonly droppedFrames: number;
  /** Age of the oldest frame that the server has not acknowledged. */
  readonly uplinkDelay: Milliseconds;
  readonly videoCodec: string | null;
  readonly audioCodec: string | null;
  readonly epoch: number;
}
