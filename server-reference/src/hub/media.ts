/**
 * What flows through the hub. Times of a {@link Frame} are ticks of its track's timescale on the session's timeline, which every
 * track of a session shares: zero is {@link SESSION_LEAD} before the first captured frame.
 */
import type { Milliseconds, Seconds, Ticks } from '../../../src/protocol/index.ts';

/** Where a session's first frame stands on its timeline: room for frames that are presented before they are decoded. */
export const SESSION_LEAD: Seconds = 1;

export type CodecFamily = 'avc' | 'opus' | 'aac';

/** One of the fixed set of a session. Its id stands in media URLs. */
export interface RenditionInfo {
  /** `v0`, `v1` (video, by layer) or `a0` (audio). */
  readonly id: string;
  readonly kind: 'video' | 'audio';
  readonly family: CodecFamily;
  /** Ticks a second of its frames; the same in all epochs. */
  readonly timescale: number;
  /** The rendition whose frames it is made of here. It comes a little later than they do, and has gaps while nothing makes it. */
  readonly from?: string;
  /** Of a rung of the ladder: its shorter side in pixels. */
  readonly lines?: number;
  /** It is made only while somebody asks for it: see `Session.wanted`. */
  readonly onDemand?: true;
}

export interface VideoConfig {
  readonly kind: 'video';
  readonly family: 'avc';
  /** From the bitstream, for example `avc1.42C01F`. */
  readonly codec: string;
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  /** AVCDecoderConfigurationRecord. */
  readonly avcC: Uint8Array;
}

export interface OpusConfig {
  readonly kind: 'audio';
  readonly family: 'opus';
  readonly codec: 'opus';
  readonly timescale: 48_000;
  readonly channels: number;
  /** Samples at 48 kHz that a decoder drops at the start. */
  readonly preSkip: number;
  readonly inputSampleRate: number;
  readonly outputGain: number;
}

export interface AacConfig {
  readonly kind: 'audio';
  readonly family: 'aac';
  readonly codec: 'mp4a.40.2';
  /** The sample rate. */
  readonly timescale: number;
  readonly channels: number;
  /** AudioSpecificConfig. */
  readonly asc: Uint8Array;
}

export type TrackConfig = VideoConfig | OpusConfig | AacConfig;

export interface Frame {
  readonly rendition: string;
  /** Contiguous with the frame before, unless frames are missing for longer than can be slewed away. */
  readonly dts: Ticks;
  /** Presentation minus decode time, signed. */
  readonly cts: Ticks;
  readonly duration: Ticks;
  readonly key: boolean;
  /** H.264: length-prefixed NAL units. */
  readonly data: Uint8Array;
}

export interface EpochTrack {
  readonly config: TrackConfig;
  /** The duration of a frame at the rate that was measured. */
  readonly frameDuration: Ticks;
}

/** An unbroken run of frames under one decoder configuration. */
export interface EpochInfo {
  readonly number: number;
  /** When it begins on the session's timeline. */
  readonly at: Seconds;
  /** By rendition id; a rendition without a track in this epoch has gaps. */
  readonly tracks: ReadonlyMap<string, EpochTrack>;
}

export interface SessionInfo {
  readonly id: string;
  readonly stream: string;
  readonly renditions: readonly RenditionInfo[];
  /** Server wall clock at zero of the session's timeline. */
  readonly zero: Milliseconds;
}

/** What a broadcaster asks of its stream's packaging; the server's own where left out. */
export interface PackagingTerms {
  readonly partDuration?: Milliseconds;
  readonly segmentDuration?: Milliseconds;
  readonly window?: Milliseconds;
}

/** What a session is opened with, and keeps. */
export interface SessionTerms {
  readonly record: boolean;
  readonly packaging: PackagingTerms;
}

/** What a session's frames go to. Calls come in timeline order per rendition; an output must not throw. */
export interface Output {
  epoch(epoch: EpochInfo): void;
  /** A rendition that is made here has been configured after its epoch had begun. Frames of it follow. */
  track?(rendition: string, track: EpochTrack): void;
  frame(frame: Frame): void;
  /** Nothing more will come for any rendition before `until`. */
  gap(until: Seconds): void;
  end(): void;
}
