/** One session as LL-HLS: frames in, playlists and bytes out. Pure: it keeps no timers and opens nothing. */
import type { BitsPerSecond, Seconds } from '../../../src/protocol/index.ts';
import type { EpochInfo, EpochTrack, Frame, Output, SessionInfo, TrackConfig } from '../hub/media.ts';
import { BitrateMeter } from './bitrate-meter.ts';
import { mediaPlaylist, SegmentLines } from './media-playlist.ts';
import { type MpdContext, mpd } from './mpd.ts';
import { type MeasuredRendition, multivariantPlaylist } from './multivariant-playlist.ts';
import { choosePartTiming, type PartTiming } from './part-target.ts';
import { type Described, Periods } from './periods.ts';
import { Rendition } from './rendition.ts';
import type { Part, Segment } from './segment.ts';
import { Segmenter } from './segmenter.ts';

/** Who wants every byte as it is made. Calls come at once, in timeline order per rendition, and must not throw. */
export interface PackagingObserver {
  /** An init section is there, `rendition.init(epoch)`: before the segments that need it, perhaps before the last one of the epoch before. */
  init?(rendition: Rendition, epoch: number): void;
  /** A part was appended; one without bytes is a gap. */
  part?(rendition: Rendition, segment: Segment, part: Part): void;
  /** Nothing more is added to the segment. */
  segment?(rendition: Rendition, segment: Segment): void;
  /** The session is over, and every playlist has its ENDLIST. */
  end?(): void;
}

export interface PackagerOptions {
  readonly partDuration: Seconds;
  readonly segmentDuration: Seconds;
  readonly window: Seconds;
  /** Asked once, before the first segment: whether all that is packaged stays listed, since somebody keeps it. */
  readonly event?: () => boolean;
  readonly keyframeNeeded: (renditionId: string) => void;
  /** A playlist has changed. */
  readonly changed: (rendition: Rendition) => void;
}

interface Lane {
  readonly rendition: Rendition;
  readonly meter: BitrateMeter;
  /** Null until what is made here has been configured. */
  config: TrackConfig | null;
}

interface Running {
  readonly timing: PartTiming;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly renditions: readonly Rendition[];
  readonly segmenter: Segmenter;
  readonly window: Seconds;
  readonly event: boolean;
}

export class Packager implements Output {
  readonly info: SessionInfo;
  readonly targetDuration: Seconds;
  readonly #options: PackagerOptions;
  /** Set by the first epoch, which tells the frame rates that the frozen PART-TARGET depends on. */
  #running: Running | null = null;
  readonly #observers = new Set<PackagingObserver>();
  readonly #periods = new Periods();
  readonly #lines = new SegmentLines();
  #manifestVersion = 0;
  #ended = false;

  constructor(info: SessionInfo, options: PackagerOptions) {
    this.info = info;
    this.#options = options;
    this.targetDuration = Math.max(1, Math.ceil(options.segmentDuration - 1e-9));
  }

  /** Tells `observer` of everything from now on, until the returned function is called. */
  observe(observer: PackagingObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  get ended(): boolean {
    return this.#ended;
  }

  get timing(): PartTiming | null {
    return this.#running?.timing ?? null;
  }

  get heldBytes(): number {
    return this.#running?.renditions.reduce((sum, rendition) => sum + rendition.heldBytes, 0) ?? 0;
  }

  rendition(id: string): Rendition | undefined {
    return this.#running?.lanes.get(id)?.rendition;
  }

  /** Whether every rendition's bandwidth can be stated. */
  get measured(): boolean {
    if (this.#running === null) return false;
    const segments = this.#running.renditions[0]?.next.msn ?? 0;
    return [...this.#running.lanes.values()].every((lane) => lane.meter.ready || !isAwaited(lane, segments));
  }

  /** Rises with every change of the MPD. */
  get manifestVersion(): number {
    return this.#manifestVersion;
  }

  /**
   * @param token whether URIs carry the token of the playlist's own address
   * @param onDemand whether renditions are listed that are made when somebody asks here
   */
  multivariant(token: boolean, onDemand = true): string {
    const measured: MeasuredRendition[] = [];
    for (const lane of this.#running?.lanes.values() ?? []) {
      const { config, rendition, meter } = lane;
      if (rendition.info.onDemand === true) measured.push(...(onDemand ? [promised(lane)] : []));
      else if (meter.peak > 0 && config !== null) {
        const frameRate = meter.frameRate(rendition.pendingSeconds);
        measured.push({ info: rendition.info, config, peak: meter.peak, average: meter.average, frameRate });
      }
    }
    return multivariantPlaylist(this.info.id, measured, token);
  }

  /** @param skip whether a delta update was asked for */
  media(rendition: Rendition, token: boolean, skip = false): string {
    if (this.#running === null) return '';
    const { timing, renditions, event } = this.#running;
    const { zero } = this.info;
    const context = { zero, timing, targetDuration: this.targetDuration, renditions, lines: this.#lines, token, event, skip };
    return mediaPlaylist(rendition, context);
  }

  /** The DASH manifest; null while there is nothing to play. */
  manifest(context: MpdContext): string | null {
    if (this.#running === null) return null;
    const { timing, window } = this.#running;
    for (const period of this.#periods.list) period.described ??= this.#describe(period.firstMsn);
    const periods = this.#periods.list.filter(({ described }) => described !== null);
    const { id, stream, zero } = this.info;
    const { segmentDuration } = this.#options;
    const session = { id, stream, zero, timing, segmentDuration, targetDuration: this.targetDuration, window, periods, ended: this.#ended };
    return mpd(session, context);
  }

  /** Null until every rendition has come to this segment, with media or with a gap: no Representation joins a Period. */
  #describe(firstMsn: number): ReadonlyMap<string, Described> | null {
    const described = new Map<string, Described>();
    for (const { rendition, meter, config } of this.#running?.lanes.values() ?? []) {
      if (rendition.info.onDemand !== true && (rendition.last?.msn ?? -1) < firstMsn) return null;
      const there = rendition.segments.some(({ msn, gap }) => msn >= firstMsn && !gap);
      // What is made on demand is for players of HLS alone, which cannot do with what is there.
      if (!there || config === null || meter.peak === 0 || rendition.info.onDemand === true) continue;
      described.set(rendition.info.id, { rendition, config, bandwidth: meter.peak, frameRate: meter.frameRate(rendition.pendingSeconds) });
    }
    return described.size === 0 ? null : described;
  }

  epoch(epoch: EpochInfo): void {
    this.#running ??= this.#start(epoch);
    for (const [id, track] of epoch.tracks) {
      const lane = this.#running.lanes.get(id);
      if (lane !== undefined) lane.config = track.config;
    }
    this.#running.segmenter.epoch(epoch);
  }

  track(id: string, track: EpochTrack): void {
    const lane = this.#running?.lanes.get(id);
    if (lane === undefined || this.#ended) return;
    lane.config = track.config;
    this.#running?.segmenter.track(id, track);
  }

  frame(frame: Frame): void {
    if (this.#ended || this.#running === null) return;
    this.#running.segmenter.frame(frame);
  }

  gap(until: Seconds): void {
    if (!this.#ended) this.#running?.segmenter.gap(until);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#running?.segmenter.end();
    this.#manifestVersion++;
    for (const observer of this.#observers) observer.end?.();
  }

  #start(epoch: EpochInfo): Running {
    const { partDuration, segmentDuration, window, keyframeNeeded, changed } = this.#options;
    const durations = this.info.renditions.flatMap(({ id }) => {
      const track = epoch.tracks.get(id);
      return track === undefined ? [] : [track.frameDuration / track.config.timescale];
    });
    const [leading = partDuration, ...others] = durations;
    const timing = choosePartTiming(leading, others, partDuration);
    const lanes = new Map<string, Lane>();
    const event = this.#options.event?.() ?? false;
    // Rule 10: a live window never shrinks below three target durations.
    const listed = Math.max(window, 3 * this.targetDuration);
    for (const info of this.info.renditions) {
      const track = epoch.tracks.get(info.id);
      if (track === undefined && info.from === undefined) continue;
      const meter = new BitrateMeter(this.targetDuration);
      const rendition: Rendition = new Rendition(info, epoch.at, {
        timing,
        segmentDuration,
        window: listed,
        event,
        zero: this.info.zero,
        taken: () => meter.frame(),
        configured: (number) => {
          for (const observer of this.#observers) observer.init?.(rendition, number);
        },
        added: (segment, part) => {
          if (part.bytes !== null) meter.part(part.bytes.byteLength, part.duration / info.timescale);
          if (part.index === 0 && info.onDemand !== true) this.#periods.begun(rendition, segment);
          if (part.index === 0 || part.bytes === null) this.#manifestVersion++;
          for (const observer of this.#observers) observer.part?.(rendition, segment, part);
        },
        completed: (segment) => {
          this.#manifestVersion++;
          this.#periods.prune(rendition.mediaSequence);
          for (const observer of this.#observers) observer.segment?.(rendition, segment);
        },
        changed,
      });
      lanes.set(info.id, { rendition, meter, config: track?.config ?? null });
    }
    const renditions = [...lanes.values()].map(({ rendition }) => rendition);
    const segmenter = new Segmenter(renditions, { segmentDuration, targetDuration: this.targetDuration, keyframeNeeded });
    return { timing, lanes, renditions, segmenter, window: listed, event };
  }
}

/** Whether the figures of this rendition are worth waiting for, when the source has so many complete segments. */
function isAwaited({ rendition }: Lane, segments: number): boolean {
  const { from, onDemand } = rendition.info;
  if (onDemand === true) return false;
  if (from === undefined) return rendition.track !== null;
  // What is made here and has not come by then is not made: no ffmpeg is left for it, or none works.
  return segments < (rendition.track === null ? 1 : 2);
}

/** AAC-LC for those who cannot decode what was sent: 128 kbit/s, what boxes add to it, and what an encoder may spend for a moment. */
const PROMISED_AVERAGE: BitsPerSecond = 138_000;
const PROMISED_PEAK: BitsPerSecond = 150_000;
const PROMISED_AAC = { kind: 'audio', family: 'aac', codec: 'mp4a.40.2', timescale: 48_000, channels: 2, asc: new Uint8Array() } as const;

/** What is made on demand is listed before there is anything to measure, and its bandwidth may not change when there is. */
function promised({ rendition, config }: Lane): MeasuredRendition {
  return { info: rendition.info, config: config ?? PROMISED_AAC, peak: PROMISED_PEAK, average: PROMISED_AVERAGE, frameRate: 0 };
}
