/** What every reader of a container tells: its tracks, and each frame at its last byte. */

/** Nanoseconds of a container's time. */
export type Nanoseconds = number;

export interface ContainerTrack {
  /** What blocks name. */
  readonly number: number;
  readonly kind: 'video' | 'audio';
  /** As Matroska calls it (RFC 9559 §5.1.4.1.22), for example `V_MPEG4/ISO/AVC`, `V_VP8`, `A_OPUS`. */
  readonly codec: string;
  readonly codecPrivate: Uint8Array | null;
  readonly width: number;
  readonly height: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** What a frame lasts, where the container says so. */
  readonly frameDuration?: Nanoseconds;
}

export interface ContainerBlock {
  readonly type: 'block';
  /** Of a {@link ContainerTrack}. */
  readonly track: number;
  /** When it is shown or heard. */
  readonly time: Nanoseconds;
  /** When it is decoded, where the container says so. */
  readonly decode?: Nanoseconds;
  /** As the container says; the truth is in the bitstream. */
  readonly key: boolean;
  readonly data: Uint8Array;
}

export type ContainerEvent =
  | ContainerBlock
  /** With the program that wrote the container, or an empty text. */
  | { readonly type: 'tracks'; readonly tracks: readonly ContainerTrack[]; readonly writer: string; readonly format: 'matroska' | 'mp4' };

export interface ContainerReader {
  /** What ends within these bytes. Throws `BitstreamError`, after which nothing more can be read. */
  push(bytes: Uint8Array): readonly ContainerEvent[];
}

/** Whether a recording begins with these bytes; `maybe` where there are too few to say. */
export type Begins = 'yes' | 'no' | 'maybe';
