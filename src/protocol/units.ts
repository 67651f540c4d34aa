/** A duration or an instant in milliseconds; instants count from the Unix epoch unless a name says otherwise. */
export type Milliseconds = number;

/** A media time of WebCodecs: VideoFrame, AudioData. */
export type Microseconds = number;

/** A duration in seconds. */
export type Seconds = number;

/** Ticks of a track's own timescale (ticks a second). */
export type Ticks = number;

export type BitsPerSecond = number;
export type Bytes = number;
