/** What every way of playing looks like to the elements: one video, one URL at a time. */
import type { BitsPerSecond, GlasscastError, Seconds } from '../protocol/index.ts';
import { Emitter } from '../signaling/emitter.ts';

/** One rendition that the viewer may choose. */
export interface PlaybackLevel {
  readonly width: number;
  readonly height: number;
  readonly bitrate: BitsPerSecond;
  readonly frameRate: number | null;
  /** RFC 6381 codec strings. */
  readonly codecs: string;
}

/** Why an engine gave up on what it was playing. */
export interface EngineFailure {
  readonly error: GlasscastError;
  /** `source`: nothing playable at the URL, or no longer; `media`: it is there and does not decode. */
  readonly kind: 'source' | 'media';
  /** HTTP status, where one was seen. */
  readonly status: number | null;
}

export interface EngineEvents {
  /** The playlist was read; `live` is false for a recording. */
  ready: { readonly live: boolean };
  levels: readonly PlaybackLevel[];
  /** Index of the level that plays now. */
  level: number;
  /** Playback ran out of media; once a stall. */
  stall: { readonly count: number };
  /** The playlist says that no more is to come. */
  complete: undefined;
  failure: EngineFailure;
}

export abstract class PlaybackEngine extends Emitter<EngineEvents> {
  abstract readonly name: string;
  /** Takes the element; at most one, until {@link PlaybackEngine.destroy}. */
  abstract attach(video: HTMLVideoElement): void;
  /** Plays another URL; the element is kept. */
  abstract load(url: string): void;
  /** Gives the element back, empty, and ends every request and timer. */
  abstract destroy(): void;
  /** Distance of the playhead from the live edge; null where it is not known or the media is not live. */
  abstract readonly latency: Seconds | null;
  /** When the picture on the screen was captured, by the server's clock (EXT-X-PROGRAM-DATE-TIME); null where that is not known. */
  abstract readonly playingDate: Date | null;
  /** The distance that the page wants; null: chosen from the part duration. */
  abstract targetLatency: Seconds | null;
  /** The distance now aimed at. */
  abstract readonly aimedLatency: Seconds | null;
  abstract readonly levels: readonly PlaybackLevel[];
  /** Index into {@link PlaybackEngine.levels}, -1 for automatic. */
  abstract selectedLevel: number;
  /** How often playback ran out of media since {@link PlaybackEngine.load}. */
  abstract readonly stalls: number;
  /** Jumps to the live edge. */
  abstract seekToLive(): void;
}
