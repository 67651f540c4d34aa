/**
 * Frames on their way into a publication, checked against what was declared and against the bitstream.
 *
 * Times that jump, by a clock that is set or a counter that begins anew, are another time: a new epoch.
 */
import type { ChunkRecord, Milliseconds, Seconds, Ticks } from '../../../src/protocol/index.ts';
import type { SourceFrame, SourceTrack } from '../hub/epoch.ts';
import type { VideoConfig } from '../hub/media.ts';
import type { Publication } from '../hub/publication.ts';
import { AAC_FRAME_LENGTH } from './aac.ts';
import { type AvcConfiguration, buildAvcC, parseAvcC, readAccessUnit, sameSets } from './h264.ts';
import { opusPacketLength } from './opus.ts';
import { pictureRefusal } from './picture-limits.ts';

/** A sender that can wait may be this far ahead of its own pace. */
export const WELCOME_LEAD: Milliseconds = 1_000;
/** One that cannot is refused beyond this. */
const LONGEST_LEAD: Milliseconds = 60_000;
/** A time this far from where it is due does not belong to the times before it. */
const JUMP: Seconds = 10;
/** Tracks of one origin jump together; what one of them still sends from before the jump is dropped for so long. */
const STRAGGLE: Milliseconds = 2_000;
/** Sound may last this much longer than its times say; more is another codec than was said. */
const SURPLUS: Seconds = 5;

interface TrackState {
  readonly source: SourceTrack;
  avc: AvcConfiguration | null;
  last: Ticks | null;
  lastAt: Milliseconds;
  /** Where its times began, and when that came. */
  first: { readonly dts: Ticks; readonly at: Milliseconds } | null;
  /** What the broadcaster said of its clock, and when. */
  told: { readonly dts: Ticks; readonly at: Milliseconds } | null;
  /** Sound: what its frames last, all together. */
  heard: Seconds;
}

/** These frames do not fit what was declared. */
export class FramesRefused extends Error {}

/** They would, were there not too much of them. */
export class FramesTooMuch extends FramesRefused {}

interface Checked {
  readonly state: TrackState;
  readonly frame: SourceFrame;
  readonly avc: AvcConfiguration | null;
  readonly jumps: boolean;
}

export class FrameFeed {
  readonly #publication: Publication;
  readonly #now: () => Milliseconds;
  /** Whether the times of all tracks count from one origin. */
  readonly #shared: boolean;
  #tracks = new Map<number, TrackState>();
  #jumped: { readonly to: Seconds; readonly at: Milliseconds } | null = null;

  constructor(publication: Publication, tracks: readonly SourceTrack[], now: () => Milliseconds, shared = false) {
    this.#publication = publication;
    this.#now = now;
    this.#shared = shared;
    this.setTracks(tracks);
  }

  get tracks(): SourceTrack[] {
    return [...this.#tracks.values()].map(({ source }) => source);
  }

  /** How much further its times have come than time has passed. */
  get lead(): Milliseconds {
    const now = this.#now();
    let lead = 0;
    for (const { first, last, source } of this.#tracks.values()) {
      if (first !== null && last !== null) lead = Math.max(lead, ((last - first.dts) * 1000) / source.timescale - (now - first.at));
    }
    return lead;
  }

  setTracks(tracks: readonly SourceTrack[]): void {
    this.#jumped = null;
    this.#tracks = new Map(
      tracks.map((source) => {
        const avc = source.config.kind === 'video' ? parseAvcC(source.config.avcC) : null;
        return [source.id, { source, avc, last: null, lastAt: 0, first: null, told: null, heard: 0 }];
      }),
    );
  }

  /** The broadcaster has said when this was captured: times near it are no jump, however far they are from those before. */
  clock(track: number, dts: Ticks): void {
    const at = this.#now();
    for (const state of this.#tracks.values()) if (this.#shared || state.source.id === track) state.told = { dts, at };
  }

  /** Takes all of them or, throwing {@link FramesRefused} or `BitstreamError`, none. */
  take(records: readonly ChunkRecord[]): void {
    const now = this.#now();
    if (this.lead > LONGEST_LEAD) throw new FramesTooMuch('the frames come far faster than their times pass');
    for (const { state, frame, avc, jumps } of this.#check(records, now)) {
      if (jumps) this.#jump(frame.dts / state.source.timescale, now);
      else if (this.#straggles(frame.dts / state.source.timescale, now)) continue;
      if (state.last === null || frame.dts - state.last > JUMP * state.source.timescale) {
        state.first = { dts: frame.dts, at: now };
        state.heard = 0;
      }
      state.last = frame.dts;
      state.lastAt = now;
      state.heard += frame.length / state.source.config.timescale;
      state.avc = avc;
      this.#publication.frame(frame);
    }
  }

  #jump(to: Seconds, now: Milliseconds): void {
    // Configurations that came within the bitstream go on.
    const sources = [...this.#tracks.values()].map(({ source, avc }) =>
      avc === null || source.config.kind !== 'video' ? source : { ...source, config: reconfigured(source.config, avc) },
    );
    this.#publication.tracks(sources);
    for (const state of this.#tracks.values()) {
      state.last = null;
      state.first = null;
      state.heard = 0;
    }
    this.#jumped = { to, at: now };
  }

  #straggles(time: Seconds, now: Milliseconds): boolean {
    if (!this.#shared || this.#jumped === null) return false;
    if (now - this.#jumped.at > STRAGGLE) this.#jumped = null;
    return this.#jumped !== null && Math.abs(time - this.#jumped.to) > JUMP;
  }

  #check(records: readonly ChunkRecord[], now: Milliseconds): Checked[] {
    const last = new Map<TrackState, Ticks>();
    const configurations = new Map<TrackState, AvcConfiguration | null>();
    return records.map((record) => {
      const state = this.#tracks.get(record.track);
      if (state === undefined) throw new FramesRefused(`track ${record.track} was not declared`);
      const previous = last.get(state) ?? state.last;
      const jumps = previous !== null && this.#jumps(state, record.dts, previous, last.has(state) ? now : state.lastAt, now);
      if (previous !== null && record.dts <= previous && !jumps) {
        throw new FramesRefused(`timestamps of track ${record.track} go backwards: ${record.dts} after ${previous}`);
      }
      last.set(state, record.dts);
      const avc = configurations.get(state) ?? state.avc;
      const read = this.#read(state, record, avc);
      configurations.set(state, read.avc);
      return { state, ...read, jumps };
    });
  }

  #jumps({ source, told }: TrackState, dts: Ticks, previous: Ticks, previousAt: Milliseconds, now: Milliseconds): boolean {
    const ahead = (from: Ticks, at: Milliseconds): Seconds => (dts - from) / source.timescale - (now - at) / 1000;
    if (dts - previous < -JUMP * source.timescale) return true;
    return ahead(previous, previousAt) > JUMP && (told === null || ahead(told.dts, told.at) > JUMP);
  }

  #read(state: TrackState, record: ChunkRecord, avc: AvcConfiguration | null): { frame: SourceFrame; avc: AvcConfiguration | null } {
    const { track, dts, cts, data } = record;
    const { config } = state.source;
    if (config.kind === 'audio') {
      const length = config.family === 'opus' ? opusPacketLength(data) : AAC_FRAME_LENGTH;
      const passed = state.first === null ? 0 : (dts - state.first.dts) / state.source.timescale;
      if (state.heard - passed > SURPLUS)
        throw new FramesRefused(`the sound of track ${track} lasts longer than its times say: is it ${config.family}?`);
      return { frame: { track, dts, cts, data, key: true, length }, avc };
    }
    // The truth about key frames is in the bitstream.
    const unit = readAccessUnit(data, avc?.lengthSize ?? 4);
    const frame: SourceFrame = { track, dts, cts, data, key: unit.key, length: 0 };
    if (!unit.key || unit.sets === null || (avc !== null && sameSets(unit.sets, avc))) return { frame, avc };
    const changed = parseAvcC(buildAvcC(unit.sets));
    const refusal = pictureRefusal(changed);
    if (refusal !== null) throw new FramesRefused(refusal);
    return { frame: { ...frame, config: reconfigured(config, changed) }, avc: changed };
  }
}

function reconfigured(config: VideoConfig, { avcC, codec, width, height }: AvcConfiguration): VideoConfig {
  return { ...config, avcC, codec, width, height };
}
