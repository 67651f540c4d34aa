import { GlasscastError } from '../../protocol/errors.ts';

type Device = 'camera' | 'microphone';

const WORDS: Readonly<Record<Device, string>> = {
  camera: 'The camera gives no picture: its shutter or a switch is closed, or another program has it. A card is shown until it is back.',
  microphone: 'The microphone is muted on this computer, by a switch or in its settings: nobody hears it.',
};

/** Tells of devices that the system has muted, which a page can only see (W3C Media Capture and Streams §4.3.1.1). */
export class MutedTracks {
  readonly #changed: () => void;
  readonly #notice: (error: GlasscastError) => void;
  readonly #followed = new Map<Device, { readonly track: MediaStreamTrack; readonly following: AbortController }>();

  /** @param changed a track is muted, or no longer */
  constructor(changed: () => void, notice: (error: GlasscastError) => void) {
    this.#changed = changed;
    this.#notice = notice;
  }

  /** @returns the track as long as it gives anything */
  follow(device: Device, track: MediaStreamTrack | null): MediaStreamTrack | null {
    const before = this.#followed.get(device);
    if (before?.track !== track) {
      before?.following.abort();
      this.#followed.delete(device);
      if (track !== null) this.#begin(device, track);
    }
    return track?.muted === true ? null : track;
  }

  close(): void {
    for (const { following } of this.#followed.values()) following.abort();
    this.#followed.clear();
  }

  #begin(device: Device, track: MediaStreamTrack): void {
    const following = new AbortController();
    const { signal } = following;
    this.#followed.set(device, { track, following });
    track.addEventListener('unmute', () => this.#changed(), { signal });
    track.addEventListener(
      'mute',
      () => {
        if (track.readyState === 'ended') return;
        this.#notice(new GlasscastError('media', WORDS[device], { details: { device } }));
        this.#changed();
      },
      { signal },
    );
  }
}
