import type { TrackDescription } from '../protocol/messages/stream.ts';
import type { BitsPerSecond, Bytes } from '../protocol/units.ts';
import { bytesOf, type EncodedFrame, TIMESCALE, toBase64, videoTrack } from './encoded-track.ts';
import { codecOfAvcc } from './h264-level.ts';
import { withParameterSets } from './in-band-sets.ts';
import type { PlannedLayer } from './layer-plan.ts';

export interface LayerEncoderSink {
  /** The encoder has said what it makes; before its first frame. */
  described(): void;
  frame(layer: number, frame: EncodedFrame): void;
  failed(cause: unknown): void;
}

/** Frames that may wait inside the encoder: more only add delay. */
const MAX_BACKLOG = 3;
/** A change of rate costs a key frame; smaller ones are not worth it. */
const WORTH_CHANGING = 0.02;

/**
 * One layer of one size as H.264. A change of size takes a fresh one: a reconfigured encoder would leave both parameter sets in its avcC.
 * The encoder scales: it does so beside the worker's thread, where a canvas took 8 ms of it for two layers of 720p.
 */
export class LayerEncoder {
  #plan: PlannedLayer;
  readonly #sink: LayerEncoderSink;
  readonly #encoder: VideoEncoder;
  #config: VideoEncoderConfig;
  readonly #inBand: boolean;
  #avcc: Uint8Array = new Uint8Array();
  #description = '';
  #track: TrackDescription | null = null;
  #frames = 0;
  #bytes: Bytes = 0;

  /**
   * @param inBand its key frames bring their parameter sets: it takes the place of another in the same track
   * @throws DOMException where the browser does not take the configuration after all
   */
  constructor(plan: PlannedLayer, config: VideoEncoderConfig, sink: LayerEncoderSink, inBand = false) {
    this.#inBand = inBand;
    this.#plan = plan;
    this.#config = config;
    this.#sink = sink;
    this.#encoder = new VideoEncoder({
      output: (chunk, metadata) => this.#output(chunk, metadata),
      error: (cause) => sink.failed(cause),
    });
    this.#encoder.configure(config);
  }

  get plan(): PlannedLayer {
    return this.#plan;
  }

  /** The rate that the same picture is to have when nothing is short. */
  set plannedBitrate(bitrate: BitsPerSecond) {
    this.#plan = { ...this.#plan, bitrate };
  }

  get bitrate(): BitsPerSecond {
    return this.#config.bitrate ?? 0;
  }

  /** Null until the first output. */
  get track(): TrackDescription | null {
    return this.#track;
  }

  /** Whether another frame would only wait. */
  get busy(): boolean {
    return this.#encoder.encodeQueueSize >= MAX_BACKLOG;
  }

  /** Frames and bytes that came out. */
  get output(): { readonly frames: number; readonly bytes: Bytes } {
    return { frames: this.#frames, bytes: this.#bytes };
  }

  /** Takes effect with the next frame, which the encoder makes a key frame. Returns whether it changes anything. */
  setBitrate(bitrate: BitsPerSecond): boolean {
    if (Math.abs(bitrate - this.bitrate) <= WORTH_CHANGING * this.bitrate && bitrate !== this.plan.bitrate) return false;
    if (bitrate === this.bitrate || this.#encoder.state !== 'configured') return false;
    this.#config = { ...this.#config, bitrate };
    this.#encoder.configure(this.#config);
    return true;
  }

  /** Leaves the frame to its owner. */
  encode(frame: VideoFrame, keyFrame: boolean): void {
    this.#encoder.encode(frame, { keyFrame });
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }

  #output(chunk: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata): void {
    const description = metadata?.decoderConfig?.description;
    if (description !== undefined) this.#describe(bytesOf(description));
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    this.#frames++;
    this.#bytes += data.byteLength;
    const key = chunk.type === 'key';
    // In each of them, since any may be dropped on its way.
    const whole = key && this.#inBand ? withParameterSets(data, this.#avcc) : data;
    this.#sink.frame(this.plan.layer, { key, timestamp: chunk.timestamp, duration: chunk.duration ?? 0, data: whole });
  }

  /** The decoder configuration comes with the first output; a change of bit rate may repeat it. */
  #describe(avcc: Uint8Array): void {
    const description = toBase64(avcc);
    if (description === this.#description) return;
    this.#description = description;
    this.#avcc = avcc;
    const { layer, width, height } = this.plan;
    this.#track = {
      id: videoTrack(layer),
      kind: 'video',
      layer,
      group: 'video',
      codec: codecOfAvcc(avcc) ?? this.#config.codec,
      timescale: TIMESCALE,
      width,
      height,
      ...(this.#config.framerate === undefined ? {} : { frame_rate: this.#config.framerate }),
      bitrate: Math.round(this.bitrate),
      description,
    };
    this.#sink.described();
  }
}
