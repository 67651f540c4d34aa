/**
 * The frames of one publication under one set of tracks, on their way to the session's timeline.
 *
 *   gathering ── every track has frames, a clock and (video) a rate; or GATHER has passed ──▶ running
 *
 * Gathering costs a moment at the start of an epoch and nothing after: it finds out where the tracks stand to each other and how long
 * a frame lasts, on which the frozen PART-TARGET depends.
 */
import type { Milliseconds, Seconds, Ticks } from '../../../src/protocol/index.ts';
import type { CaptureClock } from './capture-clock.ts';
import type { EpochInfo, EpochTrack, Frame, TrackConfig } from './media.ts';
import { silence } from './silence.ts';
import { AudioTimeline, LONGEST_SLEW, measureFrameDuration, VideoTimeline } from './timeline.ts';

/** Tracks are aligned by the minimum over about 1.5 s. With `clock` pushes it takes far less. */
const GATHER: Milliseconds = 1_500;
/**
 * A session's first pictures may come later than its sound, from an encoder that starts slowly or a camera that warms up. The frame rate is
 * frozen into the session, and players do not look for video that the first playlist did not name: so they are waited for.
 */
const FIRST_PICTURES: Milliseconds = 6_000;
/** Frames are taken that were captured this long before or after now: broadcasters may send a minute ahead of themselves. */
const PRESENT: Milliseconds = 120_000;
/** Intervals that tell the frame rate. */
const RATE_FRAMES = 9;

/** A track as the broadcaster declared it, with what its bitstream says. */
export interface SourceTrack {
  /** The `track` byte of its chunk records. */
  readonly id: number;
  readonly rendition: string;
  /** Of the timestamps that arrive. */
  readonly timescale: number;
  readonly config: TrackConfig;
  readonly frameRate?: number | undefined;
  /** What a frame of sound decodes to, in ticks of the configuration's timescale. */
  readonly frameLength?: Ticks | undefined;
}

/** A frame as it arrived, checked: key frames are key frames, timestamps rise. */
export interface SourceFrame {
  readonly track: number;
  /** Ticks of the source's timescale. */
  readonly dts: Ticks;
  readonly cts: Ticks;
  readonly key: boolean;
  readonly data: Uint8Array;
  /** Sound: what it decodes to, in ticks of the configuration's timescale. Video: 0. */
  readonly length: Ticks;
  /** The bitstream's parameter sets have changed with this key frame. */
  readonly config?: TrackConfig;
  /** When it came, where somebody has held it since. */
  readonly at?: Milliseconds;
}

/** What an epoch needs of its session. */
export interface EpochHost {
  /** Server wall clock at zero of the timeline; null before the first frame. */
  readonly zero: Milliseconds | null;
  /** Time before which nothing may be written any more. */
  readonly floor: Seconds;
  /** Where a rendition stands; 0 before its first frame. */
  frontier(rendition: string): Seconds;
  begin(tracks: ReadonlyMap<string, EpochTrack>, at: Seconds, wallAtStart: Milliseconds, number: number | null): EpochInfo;
  emit(frame: Frame): void;
  keyframeNeeded(): void;
}

interface Lane {
  source: SourceTrack;
  readonly video: VideoTimeline | null;
  readonly audio: AudioTimeline;
  queue: SourceFrame[];
  started: boolean;
  waitsForKey: boolean;
  /** Source time at which the next frame of sound is due. */
  expected: Ticks | null;
}

export class Epoch {
  readonly number: number;
  readonly #host: EpochHost;
  readonly #bursty: boolean;
  readonly #clock: CaptureClock;
  readonly #sources: readonly SourceTrack[];
  #lanes: Map<number, Lane> | null = null;
  readonly #gathered = new Map<number, SourceFrame[]>();
  #gatheringSince: Milliseconds | null = null;
  #begin: Seconds = 0;

  /** @param bursty frames come many at once: only the last of them were captured just now */
  constructor(number: number, sources: readonly SourceTrack[], clock: CaptureClock, host: EpochHost, bursty = false) {
    this.number = number;
    this.#bursty = bursty;
    this.#sources = sources;
    this.#clock = clock;
    this.#host = host;
  }

  get running(): boolean {
    return this.#lanes !== null;
  }

  /** Whether frames are held: the away gap then waits for them. */
  get gathering(): boolean {
    return this.#lanes === null && this.#gathered.size > 0;
  }

  frame(frame: SourceFrame, now: Milliseconds): void {
    this.#clock.arrived(frame.track, frame.dts, frame.at ?? now);
    const lane = this.#lanes?.get(frame.track);
    if (lane !== undefined) {
      if (this.#isPresent(frame, now)) this.#place(lane, frame);
      else this.#pass(lane);
      return;
    }
    if (this.#lanes !== null) return;
    const source = this.#sources.find(({ id }) => id === frame.track);
    if (source === undefined) return;
    const held = this.#gathered.get(frame.track) ?? [];
    if (source.config.kind === 'video' && held.length === 0 && !frame.key) {
      this.#host.keyframeNeeded();
      return;
    }
    if (source.config.kind === 'video' && this.#waitsForPictures) this.#gatheringSince = now;
    held.push(frame);
    this.#gathered.set(frame.track, held);
    this.#gatheringSince ??= now;
    this.advance(now);
  }

  /** Frames were refused: pictures that depend on them are of no use until the next key frame. */
  lost(): void {
    for (const lane of this.#lanes?.values() ?? []) if (lane.video !== null) lane.waitsForKey = true;
  }

  /** Begins the epoch if it can; called with every frame and from time to time. */
  advance(now: Milliseconds, complete = false): void {
    if (this.#lanes !== null || this.#gathered.size === 0) return;
    const patience = this.#waitsForPictures ? FIRST_PICTURES : GATHER;
    const late = complete || (this.#gatheringSince !== null && now >= this.#gatheringSince + patience);
    if (late || this.#sources.every((source) => this.#isKnown(source)) || this.#isLong(patience)) this.#run(now);
  }

  /** Whether this session is to have pictures, and has none so far. */
  get #waitsForPictures(): boolean {
    const videos = this.#sources.filter(({ config }) => config.kind === 'video');
    return this.#host.zero === null && videos.length > 0 && !videos.some(({ id }) => this.#gathered.has(id));
  }

  #isKnown(source: SourceTrack): boolean {
    const held = this.#gathered.get(source.id);
    if (held === undefined || !this.#clock.isAnchored(source.id)) return false;
    return source.config.kind === 'audio' || held.length >= RATE_FRAMES;
  }

  /** A client that sends faster than time passes is measured by its own timestamps. */
  #isLong(patience: Milliseconds): boolean {
    if (this.#bursty) return false;
    const pictures = this.#sources.filter(({ config, id }) => config.kind === 'video' && this.#gathered.has(id));
    return (pictures.length > 0 ? pictures : this.#sources).some(({ id, timescale }) => {
      const held = this.#gathered.get(id);
      const span = (held?.at(-1)?.dts ?? 0) - (held?.[0]?.dts ?? 0);
      return (span * 1000) / timescale >= patience;
    });
  }

  /** Whether it was captured about now. What was not would make gaps of any length, or media for any time to come. */
  #isPresent(frame: SourceFrame, now: Milliseconds): boolean {
    return Math.abs(this.#clock.wall(frame.track, frame.dts) - now) <= PRESENT;
  }

  #pass(lane: Lane): void {
    if (lane.video === null) return;
    lane.waitsForKey = true;
    this.#host.keyframeNeeded();
  }

  #run(now: Milliseconds): void {
    for (const [track, held] of this.#gathered)
      this.#gathered.set(
        track,
        held.filter((frame) => this.#isPresent(frame, now)),
      );

    const leading =
      this.#sources.find(({ config, id }) => config.kind === 'video' && this.#gathered.has(id)) ??
      this.#sources.find(({ id }) => this.#gathered.has(id));
    const held = leading === undefined ? undefined : this.#gathered.get(leading.id);
    if (leading === undefined || held === undefined) return;
    const zero = this.#host.zero;
    const floor = Math.max(this.#host.floor, this.#host.frontier(leading.rendition));
    const half = 0.75 * this.#frameSeconds(leading, held);
    // A frame from before what has been written cannot be placed: begin with the next key frame.
    while (held[0] !== undefined && (!held[0].key || (zero !== null && this.#wallSeconds(held[0], zero) < floor - half))) held.shift();
    const first = held[0];
    if (first === undefined) {
      this.#gathered.delete(leading.id);
      this.#gatheringSince = null;
      this.#host.keyframeNeeded();
      return;
    }
    const wall = this.#clock.wall(first.track, first.dts);
    const captured = zero === null ? null : (wall - zero) / 1000;
    const at = captured === null ? null : Math.max(captured, floor);
    this.#clock.settle();
    this.#start(at, wall, floor);
  }

  #start(captured: Seconds | null, wall: Milliseconds, floor: Seconds): void {
    const tracks = new Map<string, EpochTrack>();
    const lanes = new Map<number, Lane>();
    for (const declared of this.#sources) {
      const held = this.#gathered.get(declared.id) ?? [];
      const source = withSetsOf(declared, held[0]);
      const frameDuration = this.#frameSeconds(source, held) * source.config.timescale;
      tracks.set(source.rendition, { config: source.config, frameDuration });
      const video = source.config.kind === 'video' ? new VideoTimeline(source.config.timescale, frameDuration) : null;
      const audio = new AudioTimeline(source.config.timescale);
      lanes.set(source.id, { source, video, audio, queue: held, started: false, waitsForKey: video !== null, expected: null });
    }
    this.#lanes = lanes;
    this.#gathered.clear();
    const frame = Math.max(
      ...this.#sources.map(({ rendition, config }) =>
        config.kind === 'video' ? (tracks.get(rendition)?.frameDuration ?? 0) / config.timescale : 0,
      ),
    );
    // A frame that comes about when it is due continues the grid; its few milliseconds are slewed away.
    const at = captured === null ? 0 : captured - floor <= 1.5 * frame ? floor : captured;
    this.#begin = this.#host.begin(tracks, at, wall, this.number).at;
    const all = [...lanes.values()].flatMap((lane) =>
      lane.queue.map((held) => ({ lane, held, wall: this.#clock.wall(held.track, held.dts) })),
    );
    all.sort((a, b) => a.wall - b.wall);
    for (const { lane, held } of all) this.#place(lane, held);
    for (const lane of lanes.values()) lane.queue = [];
  }

  #frameSeconds(source: SourceTrack, held: readonly SourceFrame[]): Seconds {
    if (source.config.kind === 'audio') return (held[0]?.length ?? source.frameLength ?? 960) / source.config.timescale;
    const times = held.map(({ dts, cts }) => ((dts + cts) * 1e6) / source.timescale).sort((a, b) => a - b);
    return measureFrameDuration(times, 1e6, source.frameRate) / 1e6;
  }

  #wallSeconds(frame: SourceFrame, zero: Milliseconds): Seconds {
    return (this.#clock.wall(frame.track, frame.dts) - zero) / 1000;
  }

  #place(lane: Lane, frame: SourceFrame): void {
    const zero = this.#host.zero;
    if (zero === null) return;
    if (lane.video === null) this.#placeAudio(lane, frame, zero);
    else this.#placeVideo(lane, lane.video, frame, zero);
  }

  #placeVideo(lane: Lane, timeline: VideoTimeline, frame: SourceFrame, zero: Milliseconds): void {
    const { timescale } = lane.source.config;
    const offset = frame.cts / lane.source.timescale;
    const captured = this.#wallSeconds(frame, zero);
    const floor = Math.max(this.#host.floor, this.#begin);
    const frameSeconds = timeline.frameDuration / timescale;
    if (lane.started && (timeline.drift(captured * timescale) > LONGEST_SLEW || timeline.end / timescale < this.#host.floor - 1e-6))
      lane.waitsForKey = true;
    if (lane.waitsForKey) {
      if (!frame.key || captured < floor - 0.75 * frameSeconds) {
        this.#host.keyframeNeeded();
        return;
      }
      lane.waitsForKey = false;
      const due = Math.max(floor, this.#host.frontier(lane.source.rendition));
      timeline.begin((captured - due <= 1.5 * frameSeconds ? due : captured) * timescale);
      lane.started = true;
    }
    if (frame.config !== undefined && frame.config !== lane.source.config) this.#reconfigure(lane, frame.config, timeline.end / timescale);
    const { dts, cts, duration } = timeline.place(captured * timescale, frame.key);
    if (timeline.wantsKeyframe) this.#host.keyframeNeeded();
    const composition = cts + Math.round(offset * timescale);
    this.#host.emit({ rendition: lane.source.rendition, dts, cts: composition, duration, key: frame.key, data: frame.data });
  }

  #placeAudio(lane: Lane, frame: SourceFrame, zero: Milliseconds): void {
    const { timescale } = lane.source.config;
    const timeline = lane.audio;
    const captured = this.#wallSeconds(frame, zero);
    const length = frame.length / timescale;
    const floor = Math.max(this.#host.floor, this.#begin);
    const ticks = captured * timescale;
    const lost = lane.started && (Math.abs(timeline.drift(ticks)) > LONGEST_SLEW || timeline.end / timescale < this.#host.floor - 1e-6);
    if (!lane.started || lost) {
      if (captured < floor - length / 2) return;
      const due = Math.max(floor, this.#host.frontier(lane.source.rendition));
      if (captured < due - length / 2) return;
      timeline.begin(
        (Math.abs(captured - due) <= 1.5 * length && this.#host.frontier(lane.source.rendition) > 0 ? due : Math.max(captured, floor)) *
          timescale,
      );
      lane.started = true;
    } else if (lane.expected !== null) {
      this.#fillSilence(lane, frame, ticks);
    }
    lane.expected = frame.dts + length * lane.source.timescale;
    this.#emitAudio(lane, ticks, frame.length, frame.data);
  }

  /** Frames that never came are replaced by silence, so that those that follow keep their time. */
  #fillSilence(lane: Lane, frame: SourceFrame, captured: Ticks): void {
    const { config, timescale: sourceScale } = lane.source;
    const missing = ((frame.dts - (lane.expected ?? frame.dts)) * config.timescale) / sourceScale;
    if (missing < 0.75 * frame.length || captured - lane.audio.end < 0.5 * frame.length) return;
    const silent = silence(config, missing);
    let time = captured - missing;
    for (const { length, data } of silent) {
      this.#emitAudio(lane, time, length, data);
      time += length;
    }
  }

  #emitAudio(lane: Lane, captured: Ticks, length: Ticks, data: Uint8Array): void {
    const { dts, cts, duration } = lane.audio.place(captured, length);
    this.#host.emit({ rendition: lane.source.rendition, dts, cts, duration, key: true, data });
  }

  /** New parameter sets in the bitstream: a new epoch in place, whose grid continues. */
  #reconfigure(lane: Lane, config: TrackConfig, at: Seconds): void {
    lane.source = { ...lane.source, config };
    const tracks = new Map<string, EpochTrack>();
    for (const { source, video } of this.#lanes?.values() ?? []) {
      tracks.set(source.rendition, { config: source.config, frameDuration: video?.frameDuration ?? source.frameLength ?? 960 });
    }
    this.#host.begin(tracks, at, 0, null);
  }
}

/** Some encoders begin with other parameter sets than they announced (Firefox): what stands in the bitstream counts, from the beginning. */
function withSetsOf(source: SourceTrack, first: SourceFrame | undefined): SourceTrack {
  return first?.config === undefined ? source : { ...source, config: first.config };
}
