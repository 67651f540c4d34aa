/**
 * The container `frames`: WebCodecs chunks as `chunk` records. A chunk is checked as a whole before any of it counts, so that a refused
 * one changes nothing.
 */
import {
  type BitsPerSecond,
  type Bytes,
  ChunkError,
  type ChunkRecord,
  decodeChunk,
  type Milliseconds,
  type Ticks,
} from '../../../src/protocol/index.ts';
import type { SourceFrame, SourceTrack } from '../hub/epoch.ts';
import type { VideoConfig } from '../hub/media.ts';
import type { Publication } from '../hub/publication.ts';
import { AAC_FRAME_LENGTH } from './aac.ts';
import { BitrateLimit } from './bitrate-limit.ts';
import { type AvcConfiguration, BitstreamError, buildAvcC, parseAvcC, readAccessUnit, sameSets } from './h264.ts';
import { opusPacketLength } from './opus.ts';

/** What the client may have under way beyond what the server has read. */
const CREDIT_WINDOW: Milliseconds = 2_000;
const SMALLEST_CREDIT: Bytes = 1024 * 1024;
/** Share of the limit that a client over it is asked to go down to. */
const BITRATE_BACK_OFF = 0.8;

export type ChunkOutcome =
  | { readonly ok: true; readonly credit: Bytes; readonly received: Bytes }
  | { readonly ok: false; readonly reason: 'invalid' | 'limit'; readonly details: string };

interface TrackState {
  readonly source: SourceTrack;
  avc: AvcConfiguration | null;
  last: Ticks | null;
}

class Refused extends Error {}

export class FramesIngest {
  readonly #publication: Publication;
  readonly #maxBitrate: BitsPerSecond;
  readonly #limit: BitrateLimit;
  readonly #now: () => Milliseconds;
  #tracks = new Map<number, TrackState>();
  #received: Bytes = 0;

  constructor(publication: Publication, tracks: readonly SourceTrack[], options: { maxBitrate: BitsPerSecond; now: () => Milliseconds }) {
    this.#publication = publication;
    this.#maxBitrate = options.maxBitrate;
    this.#now = options.now;
    this.#limit = new BitrateLimit(options.maxBitrate, options.now());
    this.setTracks(tracks);
  }

  /** Cumulative bytes that the client may send. */
  get credit(): Bytes {
    return this.#received + Math.max(SMALLEST_CREDIT, (this.#maxBitrate / 8000) * CREDIT_WINDOW);
  }

  get received(): Bytes {
    return this.#received;
  }

  setTracks(tracks: readonly SourceTrack[]): void {
    this.#tracks = new Map(
      tracks.map((source) => {
        const avc = source.config.kind === 'video' ? parseAvcC(source.config.avcC) : null;
        return [source.id, { source, avc, last: null }];
      }),
    );
  }

  chunk(bytes: Uint8Array): ChunkOutcome {
    // What was sent is counted even where it is refused: the client counts it too.
    this.#received += bytes.byteLength;
    if (!this.#limit.take(bytes.byteLength, this.#now())) {
      this.#askForLess();
      return { ok: false, reason: 'limit', details: `More than ${this.#maxBitrate} bits a second.` };
    }
    try {
      const checked = this.#check(decodeChunk(bytes));
      for (const { state, frame, avc } of checked) {
        state.last = frame.dts;
        state.avc = avc;
        this.#publication.frame(frame);
      }
      return { ok: true, credit: this.credit, received: this.#received };
    } catch (error) {
      if (error instanceof ChunkError || error instanceof BitstreamError || error instanceof Refused) {
        return { ok: false, reason: 'invalid', details: error.message };
      }
      throw error;
    }
  }

  #check(records: readonly ChunkRecord[]): { state: TrackState; frame: SourceFrame; avc: AvcConfiguration | null }[] {
    const last = new Map<TrackState, Ticks>();
    const configurations = new Map<TrackState, AvcConfiguration | null>();
    return records.map((record) => {
      const state = this.#tracks.get(record.track);
      if (state === undefined) throw new Refused(`track ${record.track} was not declared`);
      const previous = last.get(state) ?? state.last;
      if (previous !== null && record.dts <= previous) {
        throw new Refused(`timestamps of track ${record.track} go backwards: ${record.dts} after ${previous}`);
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

  #askForLess(): void {
    const videos = [...this.#tracks.values()].filter(({ source }) => source.config.kind === 'video');
    for (const { source } of videos) {
      this.#publication.limitBitrate(source.id, Math.floor((BITRATE_BACK_OFF * this.#maxBitrate) / videos.length));
    }
    // What was refused leaves a hole that only a key frame ends.
    this.#publication.lost();
  }
}

function reconfigured(config: VideoConfig, { avcC, codec, width, height }: AvcConfiguration): VideoConfig {
  return { ...config, avcC, codec, width, height };
}
