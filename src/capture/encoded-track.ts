import type { TrackDescription } from '../protocol/messages/stream.ts';
import type { Ticks } from '../protocol/units.ts';

/** WebCodecs counts in microseconds; the wire takes them as they are, so nothing is rounded on the way. */
export const TIMESCALE = 1_000_000;

/** Of the smallest layer. */
export const VIDEO_TRACK = 0;
export const AUDIO_TRACK = 1;

/** @param layer 0 for the smallest */
export const videoTrack = (layer: number): number => (layer === 0 ? VIDEO_TRACK : AUDIO_TRACK + layer);

export interface EncodedFrame {
  readonly key: boolean;
  /** Microseconds of the track. */
  readonly timestamp: Ticks;
  /** 0 where it is not known. */
  readonly duration: Ticks;
  readonly data: Uint8Array;
}

/** Where an encoder's output goes. `track` comes before the first frame under it. */
export interface EncodedTrackSink {
  track(description: TrackDescription): void;
  frame(frame: EncodedFrame): void;
  /** The encoder is lost. */
  failed(cause: unknown): void;
}

export function bytesOf(source: AllowSharedBufferSource): Uint8Array<ArrayBuffer> {
  const view = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
  return new Uint8Array(view);
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
