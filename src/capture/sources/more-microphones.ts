import { GlasscastError } from '../../protocol/errors.ts';
import { mediaDevicesOf, mediaError } from '../../webrtc/media-error.ts';

/** Microphones beside the first one, by device. */
export class MoreMicrophones {
  readonly #tracks = new Map<string, MediaStreamTrack>();
  /** Unplugged while they were used. */
  readonly #lost = new Map<string, MediaTrackConstraints>();
  readonly #changed: () => void;
  readonly #notice: (error: GlasscastError) => void;
  #enabled = true;
  #closed = false;

  constructor(changed: () => void, notice: (error: GlasscastError) => void) {
    this.#changed = changed;
    this.#notice = notice;
  }

  get deviceIds(): readonly string[] {
    return [...this.#tracks.keys()];
  }

  get tracks(): readonly MediaStreamTrack[] {
    return [...this.#tracks.values()];
  }

  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    for (const track of this.#tracks.values()) track.enabled = enabled;
  }

  /** @throws GlasscastError `permission-denied`, `permission-dismissed`, `device-not-found`, `device-in-use`, `insecure-context` */
  async add(deviceId: string, constraints: MediaTrackConstraints): Promise<void> {
    if (this.#tracks.has(deviceId)) return;
    const track = await open(deviceId, constraints);
    this.#lost.delete(deviceId);
    if (this.#closed || this.#tracks.has(deviceId)) {
      track.stop();
      return;
    }
    track.enabled = this.#enabled;
    track.addEventListener('ended', () => this.#ended(deviceId, track, constraints), { once: true });
    this.#tracks.set(deviceId, track);
    this.#changed();
  }

  /** Takes back what was unplugged and is there again. What cannot be opened yet is tried with the next list. */
  async listed(deviceIds: readonly string[]): Promise<void> {
    for (const [deviceId, constraints] of [...this.#lost]) {
      if (!deviceIds.includes(deviceId)) continue;
      try {
        await this.add(deviceId, constraints);
      } catch (cause) {
        if (!(cause instanceof GlasscastError)) throw cause;
        if (cause.code === 'permission-denied') this.#lost.delete(deviceId);
      }
    }
  }

  remove(deviceId: string): void {
    this.#lost.delete(deviceId);
    this.#tracks.get(deviceId)?.stop();
    if (this.#tracks.delete(deviceId)) this.#changed();
  }

  close(): void {
    this.#closed = true;
    for (const track of this.#tracks.values()) track.stop();
    this.#tracks.clear();
    this.#lost.clear();
  }

  #ended(deviceId: string, track: MediaStreamTrack, constraints: MediaTrackConstraints): void {
    if (this.#tracks.get(deviceId) !== track) return;
    this.remove(deviceId);
    this.#lost.set(deviceId, constraints);
    this.#notice(
      new GlasscastError('device-not-found', 'A second microphone is gone; the first one goes on. Plugged in again, it comes back.'),
    );
  }
}

async function open(deviceId: string, constraints: MediaTrackConstraints): Promise<MediaStreamTrack> {
  try {
    const devices = mediaDevicesOf(globalThis);
    const stream = await devices.getUserMedia({ audio: { ...constraints, deviceId: { exact: deviceId } } });
    const [track] = stream.getAudioTracks();
    if (track === undefined) throw new GlasscastError('device-not-found', 'That microphone is no longer connected. Choose another one.');
    return track;
  } catch (cause) {
    throw mediaError(cause);
  }
}
