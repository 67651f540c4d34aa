/**
 * The container `frames`: WebCodecs chunks as `chunk` records. A chunk is checked as a whole before any of it counts, so that a refused
 * one changes nothing.
 */
import { type BitsPerSecond, type Bytes, ChunkError, decodeChunk, type Milliseconds, type Ticks } from '../../../src/protocol/index.ts';
import type { SourceTrack } from '../hub/epoch.ts';
import type { Publication } from '../hub/publication.ts';
import { type ChunkOutcome, CreditMeter, type Ingest, type IngestOptions, reducedBitrate } from './credit-meter.ts';
import { FrameFeed, FramesRefused, FramesTooMuch, WELCOME_LEAD } from './frame-feed.ts';
import { BitstreamError } from './h264.ts';

export type { ChunkOutcome } from './credit-meter.ts';

export class FramesIngest implements Ingest {
  readonly #publication: Publication;
  readonly #meter: CreditMeter;
  readonly #feed: FrameFeed;

  constructor(publication: Publication, tracks: readonly SourceTrack[], options: IngestOptions) {
    this.#publication = publication;
    this.#meter = new CreditMeter(options);
    this.#feed = new FrameFeed(publication, tracks, options.now);
  }

  get credit(): Bytes {
    return this.#meter.credit;
  }

  get received(): Bytes {
    return this.#meter.received;
  }

  setTracks(tracks: readonly SourceTrack[]): void {
    this.#feed.setTracks(tracks);
  }

  chunk(bytes: Uint8Array): ChunkOutcome {
    if (!this.#meter.take(bytes.byteLength)) {
      this.#askForLess(this.#meter.maxBitrate);
      return this.#meter.tooMuch;
    }
    try {
      this.#feed.take(decodeChunk(bytes));
      return this.#meter.taken;
    } catch (error) {
      if (error instanceof FramesTooMuch) return { ok: false, reason: 'limit', details: error.message };
      if (error instanceof ChunkError || error instanceof BitstreamError || error instanceof FramesRefused) {
        return { ok: false, reason: 'invalid', details: error.message };
      }
      throw error;
    }
  }

  clock(track: number, dts: Ticks): void {
    this.#feed.clock(track, dts);
  }

  patience(bytes: Bytes): Milliseconds {
    return Math.max(this.#meter.delay(bytes), this.#feed.lead - WELCOME_LEAD - this.#publication.burst);
  }

  close(): void {
    // Nothing of its own runs on.
  }

  #askForLess(maxBitrate: BitsPerSecond): void {
    const videos = this.#feed.tracks.filter(({ config }) => config.kind === 'video');
    for (const { id } of videos) this.#publication.limitBitrate(id, Math.floor(reducedBitrate(maxBitrate) / videos.length));
    // What was refused leaves a hole that only a key frame ends.
    this.#publication.lost();
  }
}
