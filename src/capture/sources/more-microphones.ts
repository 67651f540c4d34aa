import { GlasscastError } from '../../protocol/errors.ts';
import { mediaDevicesOf, mediaError } from '../../webrtc/media-error.ts';

/** Microphones beside the first one, by device. */
export class MoreMicrophones {
  readonly #tracks = new Map<string, MediaStreamTrack>();
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
    if (this.#closed || this.#tracks.has(deviceId)) {
      track.stop();
      return;
    }
    track.enabled = this.#enabled;
    track.addEventListener('ended', () => this.#ended(deviceId, track), { once: true });
    this.#tracks.set(deviceId, track);
    this.#changed();
  }

  remove(deviceId: string): void {
    this.#tracks.get(deviceId)?.stop();
    if (this.#tracks.delete(deviceId)) this.#changed();
  }

  close(): void {
    this.#closed = true;
    for (const track of this.#tracks.values()) track.stop();
    this.#tracks.clear();
  }

  #ended(deviceId: string, track: MediaStreamTrack): void {
    if (this.#tracks.get(deviceId) !== track) return;
    this.remove(deviceId);
    this.#notice(new GlasscastError('device-not-found', 'A second microphone is gone; the first one goes on.'));
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
