import type { Milliseconds, Ticks } from '../protocol/units.ts';
import type { EncodedBlock } from './audio-track-encoder.ts';
import { CaptureClock } from './capture-clock.ts';
import type { ReportedTrack } from './clock-reporter.ts';
import { AUDIO_TRACK } from './encoded-track.ts';

/** The clocks of one camera and one microphone, and how far their encoders have come. */
export class TrackClocks {
  readonly #video = new CaptureClock();
  /** Of the blocks as they come; what the encoder makes of their times is in {@link TrackClocks.#audio}. */
  readonly #blocks = new CaptureClock();
  #audio = new CaptureClock();
  #videoTime: Ticks = 0;
  #audioTime: Ticks = 0;

  frameArrived(timestamp: Ticks, now: Milliseconds): void {
    this.#video.observe(timestamp, now);
  }

  /** @param end when the block's last sample was captured */
  blockArrived(end: Ticks, now: Milliseconds): void {
    this.#blocks.observe(end, now);
  }

  /** The encoder's times start out as those of the blocks, and then follow the count of samples. */
  blockEncoded(block: EncodedBlock, now: Milliseconds): void {
    if (block.restarted) this.#audio = this.#blocks.clone();
    else this.#audio.observe(block.end, now);
  }

  encoded(kind: 'video' | 'audio', timestamp: Ticks): void {
    if (kind === 'video') this.#videoTime = timestamp;
    else this.#audioTime = timestamp;
  }

  settled(withAudio: boolean): boolean {
    return this.#video.settled && (!withAudio || this.#blocks.settled);
  }

  /** Wall clock at 0 of the pictures' timeline; null before the first. */
  get videoOrigin(): Milliseconds | null {
    return this.#video.origin;
  }

  /** Wall clock at 0 of the timeline of the sound's blocks; null before the first. */
  get soundOrigin(): Milliseconds | null {
    return this.#blocks.origin;
  }

  /** By track: all layers are of one camera. */
  reported(tracks: readonly number[]): ReportedTrack[] {
    return tracks.map((track) =>
      track === AUDIO_TRACK
        ? { track, clock: this.#audio, timestamp: this.#audioTime }
        : { track, clock: this.#video, timestamp: this.#videoTime },
    );
  }
}
