/**
 * A picture as one to three layers of H.264, key frames on the same input frame in all.
 *
 *   idle ──frame──▶ opening ──▶ encoding ──frame of another size──▶ opening …
 *    ▲                             │ └── a layer returns ──▶ opening (the others go on)
 *    └── an encoder fails ─────────┘          no codec, or it fails too often ──▶ closed
 *
 * From each opening on output is held until every layer has been described: the tracks change together. Where only one is encoded, and the uplink
 * holds too little for its size, a fresh encoder of another size takes its place at the next key frame on the grid, in the same track.
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { TrackDescription } from '../protocol/messages/stream.ts';
import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import { type EncodedFrame, TIMESCALE, videoTrack } from './encoded-track.ts';
import { videoConfig } from './encoder-probe.ts';
import { EncoderWatch } from './encoder-watch.ts';
import { FrameRateLimit } from './frame-rate-limit.ts';
import { KeyFrameSchedule } from './key-frame-schedule.ts';
import { LayerEncoder, type LayerEncoderSink } from './layer-encoder.ts';
import { LayerLimiter, type Shortage } from './layer-limiter.ts';
import { LayerMeter } from './layer-meter.ts';
import { fitPicture, type PictureSize, type PlannedLayer, planLayers, sameSize, shareBitrate, totalBitrate } from './layer-plan.ts';
import { LonePicture } from './lone-picture.ts';
import type { EncodingOptions, LayerCount, LayerReport } from './publisher-options.ts';

/** Where the layers' output goes. `tracks` comes before the first frame under them. */
export interface LayersSink {
  /** Smallest first. */
  tracks(descriptions: readonly TrackDescription[]): void;
  /** As `tracks`, where the frames that follow say it themselves. */
  resized(descriptions: readonly TrackDescription[]): void;
  frame(track: number, frame: EncodedFrame): void;
  /** An encoder failed and is made anew. */
  trouble(error: GlasscastError): void;
  /** The encoders are lost. */
  failed(cause: unknown): void;
}

type State = 'idle' | 'opening' | 'encoding' | 'closed';

export class VideoLayers {
  #options: EncodingOptions;
  /** As many as the session was begun with. */
  readonly most: LayerCount;
  readonly #sink: LayersSink;
  readonly #now: () => Milliseconds;
  readonly #schedule: KeyFrameSchedule;
  #frameRate: FrameRateLimit;
  readonly #meter = new LayerMeter();
  #state: State = 'idle';
  #size: PictureSize = { width: 0, height: 0 };
  /** Of the picture as it comes. */
  #source: PictureSize = { width: 0, height: 0 };
  #plan: readonly PlannedLayer[] = [];
  #limiter: LayerLimiter | null = null;
  readonly #lone = new LonePicture();
  /** Smallest first, as many as are active. */
  #encoders: LayerEncoder[] = [];
  /** Counts openings: what an earlier one brings about is out of date. */
  #opening = 0;
  /** Output since an opening; null once every layer has been described. */
  #held: { readonly track: number; readonly frame: EncodedFrame }[] | null = [];
  #total: BitsPerSecond;
  #lastTimestamp = Number.NEGATIVE_INFINITY;
  #encoded = 0;
  #dropped = 0;
  readonly #watch = new EncoderWatch();

  constructor(options: EncodingOptions, sink: LayersSink, now: () => Milliseconds) {
    this.#options = options;
    this.most = options.layers ?? 1;
    this.#sink = sink;
    this.#now = now;
    this.#total = totalBitrate(options);
    this.#frameRate = new FrameRateLimit(options.frameRate);
    this.#schedule = new KeyFrameSchedule({
      interval: Math.round(options.keyFrameInterval * TIMESCALE),
      tolerance: Math.round(TIMESCALE / options.frameRate / 2),
    });
  }

  /** Of all layers together, as the encoders are set now. */
  get bitrate(): BitsPerSecond {
    return this.#encoders.reduce((sum, encoder) => sum + encoder.bitrate, 0);
  }

  /** Of the best layer that is encoded. */
  get size(): PictureSize {
    return this.#encoders.at(-1)?.plan ?? this.#size;
  }

  /** Frames given to the encoders. */
  get encoded(): number {
    return this.#encoded;
  }

  /** Frames that came while an encoder was busy: they are dropped in all layers, or their key frames would part. */
  get dropped(): number {
    return this.#dropped;
  }

  get limited(): Shortage {
    const limited = this.#limiter?.limited ?? 'none';
    return limited === 'none' && this.#isReduced ? 'uplink' : limited;
  }

  /** The next frame becomes a key frame. */
  requestKeyFrame(): void {
    this.#schedule.request();
  }

  /** The next frame becomes a key frame and the origin of the grid of key frames. */
  restartGrid(): void {
    this.#schedule.restart();
  }

  /**
   * What is wanted has changed: rates take effect with the next frame; another size, or fewer layers, with fresh encoders. More layers than at the
   * start there cannot be, since a session's renditions are fixed.
   */
  set options(options: EncodingOptions) {
    const before = this.#options;
    this.#options = options;
    if (options.frameRate !== before.frameRate) this.#frameRate = new FrameRateLimit(options.frameRate);
    if (this.#state === 'idle' || this.#state === 'closed') return;
    const plan = this.#planned();
    const isSame =
      plan.length === this.#plan.length && plan.every(({ width, layer }, index) => sameLayer(this.#plan[index], { width, layer }));
    if (!isSame || this.#state === 'opening') {
      void this.#open();
      return;
    }
    this.#plan = plan;
    for (const [index, encoder] of this.#encoders.entries()) encoder.plannedBitrate = plan[index]?.bitrate ?? encoder.plan.bitrate;
    this.#lone.retarget(plan[0]?.bitrate ?? 0, options.frameRate);
    if (this.#limiter !== null) this.#limiter.bitrates = plan.map(({ bitrate }) => bitrate);
    this.setBitrate(this.#total);
  }

  /** What the uplink holds for all layers together. Takes effect with the next frame, which becomes a key frame. */
  setBitrate(total: BitsPerSecond): void {
    this.#total = total;
    const shares = shareBitrate(
      total,
      this.#encoders.map(({ plan }) => plan),
    );
    const changed = this.#encoders.map((encoder, index) => encoder.setBitrate(shares[index] ?? encoder.bitrate));
    if (changed.includes(true)) this.#schedule.request();
  }

  /** Encodes a frame in every layer, or drops it where an encoder is behind. Closes it in either case. */
  encode(frame: VideoFrame): void {
    try {
      this.#take(frame);
    } catch (cause) {
      this.#failed(cause);
    } finally {
      frame.close();
    }
  }

  /** To be called once a second: says how the layers do, best first, and lets the best rest or return. */
  review(): LayerReport[] {
    const now = this.#now();
    const busy = this.#meter.busy(this.#encoded, this.#dropped);
    const report = this.#meter.report(now, this.#plan, this.#encoders);
    if (this.#watch.isStalled(this.#encoders)) this.#failed(new Error('the encoder takes pictures and gives none'));
    if (this.#limiter !== null && this.#state === 'encoding') {
      this.#setActive(this.#limiter.update({ now, rate: this.#total, busy }));
      this.#fitLone(now);
    }
    return report;
  }

  close(): void {
    this.#state = 'closed';
    this.#release();
  }

  #take(frame: VideoFrame): void {
    if (this.#state === 'closed') return;
    const { displayWidth: width, displayHeight: height, timestamp } = frame;
    if (this.#state === 'idle' || (this.#state === 'encoding' && (width !== this.#source.width || height !== this.#source.height))) {
      this.#source = { width, height };
      void this.#open();
    }
    if (this.#encoders.length === 0 || !this.#frameRate.accept(timestamp)) return;
    if (timestamp <= this.#lastTimestamp || this.#encoders.some(({ busy }) => busy)) {
      this.#dropped++;
      return;
    }
    this.#lastTimestamp = timestamp;
    if (this.#schedule.isOnGrid(timestamp)) this.#replaceLone();
    const key = this.#schedule.take(timestamp);
    for (const encoder of this.#encoders) encoder.encode(frame, key);
    this.#encoded++;
  }

  /** Null while several layers are encoded, and before any is. */
  get #loneEncoder(): LayerEncoder | null {
    return this.#encoders.length === 1 ? (this.#encoders[0] ?? null) : null;
  }

  /** Whether the only picture is smaller than it was to be. */
  get #isReduced(): boolean {
    const lone = this.#loneEncoder;
    return lone !== null && !sameSize(lone.plan, this.#plan[0]);
  }

  #fitLone(now: Milliseconds): void {
    const lone = this.#loneEncoder;
    if (lone === null) return;
    this.#lone
      .review(now, this.#total, lone.plan, (plan) => this.#config(plan))
      // It goes on at the size that it has.
      .catch((cause) => (cause instanceof GlasscastError ? this.#sink.trouble(cause) : this.#failed(cause)));
  }

  #replaceLone(): void {
    const before = this.#loneEncoder;
    const next = before === null ? null : this.#lone.take();
    if (before === null || next === null) return;
    const plan = { ...next.plan, bitrate: before.plan.bitrate };
    this.#encoders = [this.#encoder(plan, { ...next.config, bitrate: before.bitrate }, true)];
    before.close();
  }

  /** Encoders of the picture's size, all of them fresh. */
  async #open(): Promise<void> {
    this.#release();
    this.#state = 'opening';
    const plan = this.#planned();
    // Where the same layers go on at another size, what is short still is.
    if (this.#limiter === null || plan.length !== this.#plan.length) this.#limiter = new LayerLimiter(plan.map(({ bitrate }) => bitrate));
    this.#size = plan.at(-1) ?? this.#size;
    this.#plan = plan;
    const [smallest, ...larger] = plan.slice(0, this.#limiter.active);
    if (smallest === undefined) return;
    const fitting = this.#lone.begin(smallest, this.#options.frameRate, this.#total);
    await this.#add(larger.length === 0 ? [{ ...smallest, ...fitting }] : [smallest, ...larger]);
  }

  /** The best of the layers that the session has, smallest first. */
  #planned(): PlannedLayer[] {
    const { bitrate, layers = 1, maxSize } = this.#options;
    return planLayers(fitPicture(this.#source, maxSize), { bitrate, layers: this.most }).slice(-layers);
  }

  async #add(plan: readonly PlannedLayer[]): Promise<void> {
    const opening = ++this.#opening;
    this.#lone.cancel();
    try {
      const configs = await Promise.all(plan.map((layer) => this.#config(layer)));
      if (opening !== this.#opening || this.#state === 'closed') return;
      this.#held ??= [];
      for (const [index, planned] of plan.entries()) {
        const config = configs[index];
        if (config !== undefined) this.#encoders.push(this.#encoder(planned, config));
      }
      // The uplink may have asked for another rate while we probed.
      this.setBitrate(this.#total);
      if (plan.length === this.#encoders.length) this.#schedule.restart();
      else this.#schedule.request();
      this.#state = 'encoding';
    } catch (cause) {
      if (opening === this.#opening) this.#failed(cause);
    }
  }

  #config({ width, height, bitrate }: PlannedLayer): Promise<VideoEncoderConfig> {
    const { codec, frameRate } = this.#options;
    return videoConfig({ width, height, frameRate, bitrate }, codec);
  }

  #encoder(plan: PlannedLayer, config: VideoEncoderConfig, inBand = false): LayerEncoder {
    // What an encoder that was let go still had inside belongs to no epoch.
    const ifCurrent = (then: () => void): void => {
      if (this.#encoders.includes(encoder)) then();
    };
    const sink: LayerEncoderSink = {
      described: () => ifCurrent(() => (inBand ? this.#sink.resized(this.#described) : this.#tell())),
      frame: (layer, frame) => ifCurrent(() => this.#output(videoTrack(layer), frame)),
      failed: (cause) => ifCurrent(() => this.#failed(cause)),
    };
    const encoder: LayerEncoder = new LayerEncoder(plan, config, sink, inBand);
    return encoder;
  }

  #output(track: number, frame: EncodedFrame): void {
    if (this.#held === null) this.#sink.frame(track, frame);
    else this.#held.push({ track, frame });
  }

  get #described(): TrackDescription[] {
    return this.#encoders.map(({ track }) => track).filter((track) => track !== null);
  }

  #tell(): void {
    const tracks = this.#described;
    if (tracks.length < this.#encoders.length) return;
    const held = this.#held ?? [];
    this.#held = null;
    this.#sink.tracks(tracks);
    for (const { track, frame } of held) this.#sink.frame(track, frame);
  }

  #setActive(active: number): void {
    const before = this.#encoders.length;
    if (active < before) {
      for (const encoder of this.#encoders.splice(active)) encoder.close();
      this.setBitrate(this.#total);
      this.#schedule.request();
      this.#tell();
    } else if (active > before && !this.#isReduced) {
      this.#state = 'opening';
      void this.#add(this.#plan.slice(before, active));
    }
  }

  #release(): void {
    this.#opening++;
    this.#lone.cancel();
    for (const encoder of this.#encoders.splice(0)) encoder.close();
    this.#held = [];
  }

  /** Fresh encoders, in a new epoch, unless they fail again and again. */
  #failed(cause: unknown): void {
    if (this.#state === 'closed') return;
    if (cause instanceof GlasscastError || this.#watch.failed(this.#now())) {
      this.close();
      const failed = 'The video encoder of this browser has failed.';
      this.#sink.failed(cause instanceof GlasscastError ? cause : new GlasscastError('codec-unsupported', failed, { cause }));
      return;
    }
    this.#release();
    this.#state = 'idle';
    this.#sink.trouble(new GlasscastError('media', 'The video encoder failed and was started anew.', { cause }));
  }
}

const sameLayer = (a: PlannedLayer | undefined, b: Pick<PlannedLayer, 'width' | 'layer'>): boolean =>
  a?.width === b.width && a.layer === b.layer;
