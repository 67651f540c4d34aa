/**
 * The microphone's sound as Opus, or AAC.
 *
 *   idle ──block──▶ probing ──▶ encoding ──other format──▶ probing …
 *                      └── no codec, or the encoder fails ──▶ closed
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { Ticks } from '../protocol/units.ts';
import { AUDIO_TRACK, bytesOf, type EncodedTrackSink, TIMESCALE, toBase64 } from './encoded-track.ts';
import { audioConfig, type SoundFormat } from './encoder-probe.ts';
import { SampleTimeline } from './sample-timeline.ts';

/** Blocks (of 10 ms as a rule) that may wait inside the encoder. */
const MAX_BACKLOG = 50;

export interface EncodedBlock {
  /** When the block ends as the encoder counts time, in microseconds. */
  readonly end: Ticks;
  /** The encoder's time starts with this block. */
  readonly restarted: boolean;
}

type State = 'idle' | 'probing' | 'encoding' | 'closed';

export class AudioTrackEncoder {
  readonly #sink: EncodedTrackSink;
  readonly #timeline = new SampleTimeline();
  #state: State = 'idle';
  #encoder: AudioEncoder | null = null;
  #config: AudioEncoderConfig | null = null;
  #format: SoundFormat = { sampleRate: 0, channels: 0 };
  #description: string | null = null;
  #dropped = 0;

  constructor(sink: EncodedTrackSink) {
    this.#sink = sink;
  }

  /** Blocks that came while the encoder was busy. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Encodes a block, or drops it where the encoder is behind; closes it in either case.
   * Returns null where it was not encoded.
   */
  encode(block: AudioData): EncodedBlock | null {
    try {
      return this.#take(block);
    } catch (cause) {
      this.#fail(cause);
      return null;
    } finally {
      block.close();
    }
  }

  /** The next block starts the encoder's time anew: what was not encoded since the last one is no gap to fill. */
  restart(): void {
    this.#timeline.reset();
  }

  close(): void {
    this.#state = 'closed';
    this.#release();
  }

  #take(block: AudioData): EncodedBlock | null {
    if (this.#state === 'closed') return null;
    const format = { sampleRate: block.sampleRate, channels: block.numberOfChannels };
    const changed = format.sampleRate !== this.#format.sampleRate || format.channels !== this.#format.channels;
    if (this.#state === 'idle' || (this.#state === 'encoding' && changed)) void this.#open(format);
    if (this.#state !== 'encoding' || this.#encoder === null || this.#config === null) return null;
    if (this.#encoder.encodeQueueSize >= MAX_BACKLOG) {
      this.#dropped++;
      return null;
    }
    const next = this.#timeline.accept({ timestamp: block.timestamp, frames: block.numberOfFrames, sampleRate: block.sampleRate });
    if (next.restart) {
      // The encoder counts on from the first timestamp it saw; only a reset lets it take a new one.
      this.#encoder.reset();
      this.#encoder.configure(this.#config);
    }
    if (next.silence > 0) this.#encodeSilence(this.#encoder, block, next.silence);
    this.#encoder.encode(block);
    return { end: this.#timeline.end, restarted: next.restart };
  }

  #encodeSilence(encoder: AudioEncoder, before: AudioData, frames: number): void {
    const silence = new AudioData({
      format: 'f32-planar',
      sampleRate: before.sampleRate,
      numberOfFrames: frames,
      numberOfChannels: before.numberOfChannels,
      timestamp: before.timestamp - Math.round((frames * 1_000_000) / before.sampleRate),
      data: new Float32Array(frames * before.numberOfChannels),
    });
    encoder.encode(silence);
    silence.close();
  }

  async #open(format: SoundFormat): Promise<void> {
    this.#state = 'probing';
    this.#release();
    this.#format = format;
    try {
      const config = await audioConfig(format);
      if (this.#isClosed()) return;
      const encoder = new AudioEncoder({
        output: (chunk, metadata) => this.#output(encoder, chunk, metadata),
        error: (cause) => {
          if (encoder === this.#encoder) this.#fail(cause);
        },
      });
      encoder.configure(config);
      this.#encoder = encoder;
      this.#config = config;
      this.#timeline.reset();
      this.#state = 'encoding';
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #output(encoder: AudioEncoder, chunk: EncodedAudioChunk, metadata?: EncodedAudioChunkMetadata): void {
    if (encoder !== this.#encoder) return;
    const decoder = metadata?.decoderConfig;
    if (decoder !== undefined) this.#describe(decoder);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    this.#sink.frame({ key: true, timestamp: chunk.timestamp, duration: chunk.duration ?? 0, data });
  }

  #describe(decoder: AudioDecoderConfig): void {
    const description = decoder.description === undefined ? '' : toBase64(bytesOf(decoder.description));
    if (description === this.#description) return;
    this.#description = description;
    this.#sink.track({
      id: AUDIO_TRACK,
      kind: 'audio',
      codec: decoder.codec,
      timescale: TIMESCALE,
      sample_rate: decoder.sampleRate,
      channels: decoder.numberOfChannels,
      bitrate: this.#config?.bitrate ?? 64_000,
      ...(description === '' ? {} : { description }),
    });
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #release(): void {
    if (this.#encoder !== null && this.#encoder.state !== 'closed') this.#encoder.close();
    this.#encoder = null;
    this.#description = null;
  }

  #fail(cause: unknown): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#sink.failed(
      cause instanceof GlasscastError
        ? cause
        : new GlasscastError('codec-unsupported', 'The sound encoder of this browser has failed.', { cause }),
    );
  }
}
