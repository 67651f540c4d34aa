/** One session as LL-HLS: frames in, playlists and bytes out. Pure: it keeps no timers and opens nothing. */
import type { Seconds } from '../../../src/protocol/index.ts';
import type { EpochInfo, Frame, Output, SessionInfo, TrackConfig } from '../hub/media.ts';
import { BitrateMeter } from './bitrate-meter.ts';
import { mediaPlaylist } from './media-playlist.ts';
import { type MeasuredRendition, multivariantPlaylist } from './multivariant-playlist.ts';
import { choosePartTiming, type PartTiming } from './part-target.ts';
import { Rendition } from './rendition.ts';
import type { Part } from './segment.ts';
import { Segmenter } from './segmenter.ts';

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
  config: TrackConfig;
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
  #ended = false;

  constructor(info: SessionInfo, options: PackagerOptions) {
    this.info = info;
    this.#options = options;
    this.targetDuration = Math.max(1, Math.ceil(options.segmentDuration - 1e-9));
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
    return [...this.#running.lanes.values()].every(({ meter, rendition }) => meter.ready || rendition.track === null);
  }

  /** @param token whether URIs carry the token of the playlist's own address */
  multivariant(token: boolean): string {
    const measured: MeasuredRendition[] = [];
    for (const { rendition, meter, config } of this.#running?.lanes.values() ?? []) {
      const frameRate = meter.frameRate(rendition.pendingSeconds);
      if (meter.peak > 0) measured.push({ info: rendition.info, config, peak: meter.peak, average: meter.average, frameRate });
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

  frame(frame: Frame): void {
    if (this.#ended || this.#running === null) return;
    this.#running.lanes.get(frame.rendition)?.meter.frame();
    this.#running.segmenter.frame(frame);
  }

  gap(until: Seconds): void {
    if (!this.#ended) this.#running?.segmenter.gap(until);
  }

  end(): void {
    this.#ended = true;
    this.#running?.segmenter.end();
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
      if (track === undefined) continue;
      const meter = new BitrateMeter(this.targetDuration);
      const added = (part: Part): void => {
        if (part.bytes !== null) meter.part(part.bytes.byteLength, part.duration / info.timescale);
      };
      // Rule 10: a live window never shrinks below three target durations.
      const listed = Math.max(window, 3 * this.targetDuration);
      const rendition = new Rendition(info, epoch.at, { timing, segmentDuration, window: listed, added, changed });
      lanes.set(info.id, { rendition, meter, config: track.config });
    }
    const renditions = [...lanes.values()].map(({ rendition }) => rendition);
    const segmenter = new Segmenter(renditions, { segmentDuration, targetDuration: this.targetDuration, keyframeNeeded });
    return { timing, lanes, renditions, segmenter };
  }
}
