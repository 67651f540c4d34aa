/** Frames on their way into a publication, checked against what was declared and against the bitstream. */
import type { ChunkRecord, Ticks } from '../../../src/protocol/index.ts';
import type { SourceFrame, SourceTrack } from '../hub/epoch.ts';
import type { VideoConfig } from '../hub/media.ts';
import type { Publication } from '../hub/publication.ts';
import { AAC_FRAME_LENGTH } from './aac.ts';
import { type AvcConfiguration, buildAvcC, parseAvcC, readAccessUnit, sameSets } from './h264.ts';
import { opusPacketLength } from './opus.ts';

interface TrackState {
  readonly source: SourceTrack;
  avc: AvcConfiguration | null;
  last: Ticks | null;
}

/** These frames do not fit what was declared. */
export class FramesRefused extends Error {}

export class FrameFeed {
  readonly #publication: Publication;
  #tracks = new Map<number, TrackState>();

  constructor(publication: Publication, tracks: readonly SourceTrack[]) {
    this.#publication = publication;
    this.setTracks(tracks);
  }

  get tracks(): SourceTrack[] {
    return [...this.#tracks.values()].map(({ source }) => source);
  }

  setTracks(tracks: readonly SourceTrack[]): void {
    this.#tracks = new Map(
      tracks.map((source) => {
        const avc = source.config.kind === 'video' ? parseAvcC(source.config.avcC) : null;
        return [source.id, { source, avc, last: null }];
      }),
    );
  }

  /** Takes all of them or, throwing {@link FramesRefused} or `BitstreamError`, none. */
  take(records: readonly ChunkRecord[]): void {
    for (const { state, frame, avc } of this.#check(records)) {
      state.last = frame.dts;
      state.avc = avc;
      this.#publication.frame(frame);
    }
  }

  #check(records: readonly ChunkRecord[]): { state: TrackState; frame: SourceFrame; avc: AvcConfiguration | null }[] {
    const last = new Map<TrackState, Ticks>();
    const configurations = new Map<TrackState, AvcConfiguration | null>();
    return records.map((record) => {
      const state = this.#tracks.get(record.track);
      if (state === undefined) throw new FramesRefused(`track ${record.track} was not declared`);
      const previous = last.get(state) ?? state.last;
      if (previous !== null && record.dts <= previous) {
        throw new FramesRefused(`timestamps of track ${record.track} go backwards: ${record.dts} after ${previous}`);
      }
      last.set(state, record.dts);
      const avc = configurations.get(state) ?? state.avc;
      const read = this.#read(state, record, avc);
      configurations.set(state, read.avc);
      return { state, ...read };
    });
  }

  #read(state: TrackState, record: ChunkRecord, avc: AvcConfiguration | null): { frame: SourceFrame; avc: AvcConfiguration | null } {
    const { track, dts, cts, data } = record;
    const { config } = state.source;
    if (config.kind === 'audio') {
      const length = config.family === 'opus' ? opusPacketLength(data) : AAC_FRAME_LENGTH;
      return { frame: { track, dts, cts, data, key: true, length }, avc };
    }
    // The truth about key frames is in the bitstream.
    const unit = readAccessUnit(data, avc?.lengthSize ?? 4);
    const frame: SourceFrame = { track, dts, cts, data, key: unit.key, length: 0 };
    if (!unit.key || unit.sets === null || (avc !== null && sameSets(unit.sets, avc))) return { frame, avc };
    const changed = parseAvcC(buildAvcC(unit.sets));
    return { frame: { ...frame, config: reconfigured(config, changed) }, avc: changed };
  }
}

function reconfigured(config: VideoConfig, { avcC, codec, width, height }: AvcConfiguration): VideoConfig {
  return { ...config, avcC, codec, width, height };
}
