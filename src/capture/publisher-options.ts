import type { Container, StreamOverlay } from '../protocol/messages/stream.ts';
import type { BitsPerSecond, Milliseconds, Seconds } from '../protocol/units.ts';

/** What is to be encoded. Survives being posted to a worker. */
export interface EncodingOptions {
  /** `auto`, or an `avc1.…` codec string to insist on. */
  readonly codec: string;
  /** Of the best layer; the next gets a third of it, the last a tenth. */
  readonly bitrate: BitsPerSecond;
  /** What the camera was asked for, in frames a second; it may deliver less, and what is far more is thinned out. */
  readonly frameRate: number;
  /** Between key frames. */
  readonly keyFrameInterval: Seconds;
  /** Of the whole, half and a quarter of the size; 1 where left out. */
  readonly layers?: LayerCount;
  /** Larger pictures are scaled down to fit, upright ones into the same box set upright; as they come where left out. */
  readonly maxSize?: { readonly width: number; readonly height: number };
  /** What encodes; `auto` takes the best that works. */
  readonly tier?: EncoderTier;
}

export type LayerCount = 1 | 2 | 3;
export type EncoderTier = 'auto' | 'webcodecs' | 'recorder';

/** What viewers are told of a stream. An empty text takes away what was told before. */
export interface StreamInfo {
  /** At most 200 characters. */
  readonly title?: string;
  /** At most 2000 characters. */
  readonly description?: string;
}

/** `auto` is the channel, and HTTP where something on the way blocks WebSockets. */
export type TransportChoice = 'auto' | 'channel' | 'http';

/** Where it goes. Survives being posted to a worker. */
export interface UplinkOptions {
  /** @default 'auto' */
  readonly transport?: TransportChoice;
  /** What chunks carry. @default 'frames' */
  readonly container?: Container;
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
  /** Asks the server to draw on the pictures. */
  readonly overlay?: StreamOverlay;
  readonly info?: StreamInfo;
}

export interface LayerReport {
  readonly width: number;
  readonly height: number;
  /** Encoded in the last second. */
  readonly bitrate: BitsPerSecond;
  /** What its encoder is set to; 0 while it rests. */
  readonly targetBitrate: BitsPerSecond;
  /** Encoded frames in the last second. */
  readonly frameRate: number;
  /** False while it rests because uplink or processor cannot hold it; its viewers get the next smaller one. */
  readonly active: boolean;
}

export interface PublisherReport {
  /** Sent and acknowledged in the last second. */
  readonly bitrate: BitsPerSecond;
  /** What the video encoders are set to now, all layers together; the uplink may have lowered it. */
  readonly targetBitrate: BitsPerSecond;
  /** Encoded frames in the last second. */
  readonly frameRate: number;
  /** Of the best layer that is sent. */
  readonly width: number;
  readonly height: number;
  /** Video frames dropped since the start, before the encoder (it was busy) and behind it (the uplink was). */
  readonly droppedFrames: number;
  /** Age of the oldest frame that the server has not acknowledged. */
  readonly uplinkDelay: Milliseconds;
  readonly videoCodec: string | null;
  readonly audioCodec: string | null;
  readonly epoch: number;
  /** For example `WebCodecs H.264 + Opus`. */
  readonly encoder: string;
  /** Best first. */
  readonly layers: readonly LayerReport[];
  /** What keeps the picture from being as asked for. */
  readonly limited: 'none' | 'uplink' | 'processor';
  readonly transport: 'channel' | 'http';
}
