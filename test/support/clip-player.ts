/** A clip as an endless broadcast: its frames in the order of their times, again and again, with timestamps that go on. */
import type { ChunkRecord, TrackDescription } from '../../src/protocol/index.ts';
import type { Clip, ClipFrame } from './encoded-clip.ts';

export const VIDEO_TRACK = 0;
export const AUDIO_TRACK = 1;
/** WebCodecs counts microseconds. */
const TIMESCALE = 1_000_000;

export interface TimedRecord {
  /** Seconds from the start of the broadcast. */
  readonly time: number;
  readonly record: ChunkRecord;
}

export function trackDescriptions(clip: Clip): TrackDescription[] {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const { video, audio, width, height, frameRate } = clip;
  const tracks: TrackDescription[] = [
    {
      id: VIDEO_TRACK,
      kind: 'video',
      codec: video.codec,
      timescale: TIMESCALE,
      width,
      height,
      frame_rate: frameRate,
      description: base64(video.description),
    },
  ];
  if (audio !== null) {
    const { codec, description, sampleRate, channels } = audio;
    tracks.push({
      id: AUDIO_TRACK,
      kind: 'audio',
      codec,
      timescale: TIMESCALE,
      sample_rate: sampleRate,
      channels,
      description: base64(description),
    });
  }
  return tracks;
}

function* repeated(track: number, frames: readonly ClipFrame[], duration: number, origin: number): Generator<TimedRecord> {
  // Sound is cut where the clip ends: the last packet may be shorter than the rest, or padding.
  const whole = frames.filter(({ time }) => time < duration - 1e-6);
  for (let round = 0; ; round++) {
    for (const { time, key, data } of whole) {
      const at = round * duration + time;
      const dts = Math.round((origin + at) * TIMESCALE);
      yield { time: at, record: { track, key, duration: 0, dts, cts: 0, data } };
    }
  }
}

export interface PlayOptions {
  /** Seconds that the video's and the sound's timestamps start at: they have different origins in browsers. */
  readonly videoOrigin?: number;
  readonly audioOrigin?: number;
  /** Seconds after which it ends; endless without. */
  readonly duration?: number;
}

export function* playClip(clip: Clip, options: PlayOptions = {}): Generator<TimedRecord> {
  const { videoOrigin = 1000, audioOrigin = 5, duration = Number.POSITIVE_INFINITY } = options;
  const video = repeated(VIDEO_TRACK, clip.video.frames, clip.duration, videoOrigin);
  const audio = clip.audio === null ? null : repeated(AUDIO_TRACK, clip.audio.frames, clip.duration, audioOrigin);
  let picture = video.next().value as TimedRecord;
  let sound = audio === null ? null : (audio.next().value as TimedRecord);
  for (;;) {
    const soundFirst = sound !== null && sound.time < picture.time;
    const next = soundFirst && sound !== null ? sound : picture;
    if (next.time >= duration) return;
    yield next;
    if (soundFirst && audio !== null) sound = audio.next().value as TimedRecord;
    else picture = video.next().value as TimedRecord;
  }
}
