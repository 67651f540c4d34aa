/** One session as LL-HLS: frames in, playlists and bytes out. Pure: it keeps no timers and opens nothing. */
import type { Seconds } from '../../../src/protocol/index.ts';
import type { EpochInfo, EpochTrack, Frame, Output, SessionInfo, TrackConfig } from '../hub/media.ts';
import { BitrateMeter } from './bitrate-meter.ts';
import { mediaPlaylist } from './media-playlist.ts';
import { type MeasuredRendition, multivariantPlaylist } from './multivariant-playlist.ts';
import { choosePartTiming, type PartTiming } from './part-target.ts';
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
}

export class Packager implements Output {
  readonly info: SessionInfo;
  readonly targetDuration: Seconds;
  readonly #options: PackagerOptions;
  /** Set by the first epoch, which tells the frame rates that the frozen PART-TARGET depends on. */
  #running: Running | null = null;
  readonly #observers = new Set<PackagingObserver>();
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
    return [...this.#running.lanes.values()].every((lane) => lane.meter.ready || !isAwaited(lane));
  }

  /** @param token whether URIs carry the token of the playlist's own address */
  multivariant(token: boolean): string {
    const measured: MeasuredRendition[] = [];
    for (const { rendition, meter, config } of this.#running?.lanes.values() ?? []) {
      const frameRate = meter.frameRate(rendition.pendingSeconds);
      if (meter.peak > 0 && config !== null)
        measured.push({ info: rendition.info, config, peak: meter.peak, average: meter.average, frameRate });
    }
    return multivariantPlaylist(this.info.id, measured, token);
  }

  media(rendition: Rendition, token: boolean): string {
    if (this.#running === null) return '';
    const { timing, renditions } = this.#running;
    return mediaPlaylist(rendition, { zero: this.info.zero, timing, targetDuration: this.targetDuration, renditions, token });
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
    this.#running.lanes.get(frame.rendition)?.meter.frame();
    this.#running.segmenter.frame(frame);
  }

  gap(until: Seconds): void {
    if (!this.#ended) this.#running?.segmenter.gap(until);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#running?.segmenter.end();
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
    for (const info of this.info.renditions) {
      const track = epoch.tracks.get(info.id);
      if (track === undefined && info.from === undefined) continue;
      const meter = new BitrateMeter(this.targetDuration);
      // Rule 10: a live window never shrinks below three target durations.
      const listed = Math.max(window, 3 * this.targetDuration);
      const rendition: Rendition = new Rendition(info, epoch.at, {
        timing,
        segmentDuration,
        window: listed,
        configured: (number) => {
          for (const observer of this.#observers) observer.init?.(rendition, number);
        },
        added: (segment, part) => {
          if (part.bytes !== null) meter.part(part.bytes.byteLength, part.duration / info.timescale);
          for (const observer of this.#observers) observer.part?.(rendition, segment, part);
        },
        completed: (segment) => {
          for (const observer of this.#observers) observer.segment?.(rendition, segment);
        },
        changed,
      });
      lanes.set(info.id, { rendition, meter, config: track?.config ?? null });
    }
    const renditions = [...lanes.values()].map(({ rendition }) => rendition);
    const segmenter = new Segmenter(renditions, { segmentDuration, targetDuration: this.targetDuration, keyframeNeeded });
    return { timing, lanes, renditions, segmenter };
  }
}

/** Whether the figures of this rendition are worth waiting for. */
function isAwaited({ rendition }: Lane): boolean {
  const { from, onDemand } = rendition.info;
  if (onDemand === true) return false;
  // Where two segments have passed without it, whatever makes it does not work.
  return from === undefined ? rendition.track !== null : rendition.next.msn < 2;
}
