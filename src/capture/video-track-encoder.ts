/**
 * The camera's frames as H.264.
 *
 *   idle ──frame──▶ probing ──▶ encoding ──frame of another size──▶ probing …
 *                      └── no codec, or the encoder fails ──▶ closed
 *
 * A change of size takes a fresh encoder: a reconfigured one would leave both parameter sets in its avcC.
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { BitsPerSecond } from '../protocol/units.ts';
import { bytesOf, type EncodedTrackSink, TIMESCALE, toBase64, VIDEO_TRACK } from './encoded-track.ts';
import { videoConfig } from './encoder-probe.ts';
import { codecOfAvcc } from './h264-level.ts';
import { KeyFrameSchedule } from './key-frame-schedule.ts';
import type { EncodingOptions } from './publisher-options.ts';

/** Frames that may wait inside the encoder: more only add delay. */
const MAX_BACKLOG = 3;

type State = 'idle' | 'probing' | 'encoding' | 'closed';

export class VideoTrackEncoder {
  readonly #options: EncodingOptions;
  readonly #sink: EncodedTrackSink;
  readonly #schedule: KeyFrameSchedule;
  #state: State = 'idle';
  #encoder: VideoEncoder | null = null;
  #config: VideoEncoderConfig | null = null;
  #bitrate: BitsPerSecond;
  #description = '';
  #width = 0;
  #height = 0;
  #lastTimestamp = Number.NEGATIVE_INFINITY;
  #encoded = 0;
  #dropped = 0;

  constructor(options: EncodingOptions, sink: EncodedTrackSink) {
    this.#options = options;
    this.#sink = sink;
    this.#bitrate = options.bitrate;
    this.#schedule = new KeyFrameSchedule({
      interval: Math.round(options.keyFrameInterval * TIMESCALE),
      tolerance: Math.round(TIMESCALE / options.frameRate / 2),
    });
  }

  get bitrate(): BitsPerSecond {
    return this.#bitrate;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  /** Frames given to the encoder. */
  get encoded(): number {
    return this.#encoded;
  }

  /** Frames that came while the encoder was busy. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The next frame becomes a key frame. */
  requestKeyFrame(): void {
    this.#schedule.request();
  }

  /** The next frame becomes a key frame and the origin of the grid of key frames. */
  restartGrid(): void {
    this.#schedule.restart();
  }

  /** Takes effect with the next frame, which the encoder makes a key frame. */
  setBitrate(bitrate: BitsPerSecond): void {
    this.#bitrate = bitrate;
    if (this.#encoder?.state !== 'configured' || this.#config === null) return;
    this.#config = { ...this.#config, bitrate };
    this.#encoder.configure(this.#config);
    this.#schedule.request();
  }

  /** Encodes a frame, or drops it where the encoder is behind. Closes it in either case. */
  encode(frame: VideoFrame): void {
    try {
      this.#take(frame);
    } catch (cause) {
      this.#fail(cause);
    } finally {
      frame.close();
    }
  }

  close(): void {
    this.#state = 'closed';
    this.#release();
  }

  #take(frame: VideoFrame): void {
    if (this.#state === 'closed') return;
    // H.264 in 4:2:0 has even sizes only.
    const width = frame.displayWidth & ~1;
    const height = frame.displayHeight & ~1;
    if (this.#state === 'idle' || (this.#state === 'encoding' && (width !== this.#width || height !== this.#height))) {
      void this.#open(width, height);
    }
    const encoder = this.#encoder;
    if (this.#state !== 'encoding' || encoder === null) return;
    if (encoder.encodeQueueSize >= MAX_BACKLOG || frame.timestamp <= this.#lastTimestamp) {
      this.#dropped++;
      return;
    }
    this.#lastTimestamp = frame.timestamp;
    encoder.encode(frame, { keyFrame: this.#schedule.take(frame.timestamp) });
    this.#encoded++;
  }

  async #open(width: number, height: number): Promise<void> {
    this.#state = 'probing';
    this.#release();
    this.#width = width;
    this.#height = height;
    try {
      const format = { width, height, frameRate: this.#options.frameRate, bitrate: this.#bitrate };
      const config = await videoConfig(format, this.#options.codec);
      if (this.#isClosed()) return;
      // The uplink may have asked for another rate while we probed.
      this.#config = { ...config, bitrate: this.#bitrate };
      const encoder = new VideoEncoder({
        output: (chunk, metadata) => this.#output(encoder, chunk, metadata),
        error: (cause) => {
          if (encoder === this.#encoder) this.#fail(cause);
        },
      });
      encoder.configure(this.#config);
      this.#encoder = encoder;
      this.#schedule.restart();
      this.#state = 'encoding';
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #output(encoder: VideoEncoder, chunk: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata): void {
    // What an encoder that was replaced still had inside belongs to no epoch.
    if (encoder !== this.#encoder) return;
    const description = metadata?.decoderConfig?.description;
    if (description !== undefined) this.#describe(bytesOf(description));
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    this.#sink.frame({ key: chunk.type === 'key', timestamp: chunk.timestamp, duration: chunk.duration ?? 0, data });
  }

  /** The decoder configuration comes with the first output; a change of bit rate may repeat it. */
  #describe(avcc: Uint8Array): void {
    const description = toBase64(avcc);
    if (description === this.#description) return;
    this.#description = description;
    this.#sink.track({
      id: VIDEO_TRACK,
      kind: 'video',
      codec: codecOfAvcc(avcc) ?? this.#config?.codec ?? 'avc1',
      timescale: TIMESCALE,
      width: this.#width,
      height: this.#height,
      frame_rate: this.#options.frameRate,
      bitrate: Math.round(this.#bitrate),
      description,
    });
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #release(): void {
    if (this.#encoder !== null && this.#encoder.state !== 'closed') this.#encoder.close();
    this.#encoder = null;
    this.#config = null;
    this.#description = '';
  }

  #fail(cause: unknown): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#sink.failed(
      cause instanceof GlasscastError
        ? cause
        : new GlasscastError('codec-unsupported', 'The video encoder of this browser has failed.', { cause }),
    );
  }
}
