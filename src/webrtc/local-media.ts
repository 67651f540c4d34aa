import { GlasscastError } from '../protocol/errors.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { Kind } from './link-media.ts';
import { NO_TRACKS, type SlotTracks } from './slots.ts';

export interface LocalMediaOptions {
  /** Undefined where the browser has none for this page, which is reported when something is asked for. */
  readonly devices: () => MediaDevices | undefined;
  readonly constraints: () => Readonly<Record<Kind, MediaTrackConstraints>>;
}

export interface LocalMediaEvents {
  /** The track of a kind came, went or was muted. */
  change: Kind;
  /** A device could not be had, or was lost. */
  error: GlasscastError;
}

/** Turning the camera off must turn its light off, which only stopping the track does; a microphone is muted in place. */
export class LocalMedia extends Emitter<LocalMediaEvents> {
  readonly #options: LocalMediaOptions;
  #tracks: SlotTracks = NO_TRACKS;
  /** What the user wants to be on, which a pending prompt must find unchanged when it is answered. */
  readonly #wanted: Record<Kind, boolean> = { audio: false, video: false };
  readonly #pending: Record<Kind, Promise<void> | null> = { audio: null, video: null };
  #closed = false;

  constructor(options: LocalMediaOptions) {
    super();
    this.#options = options;
  }

  /** The same object until one of them changes. */
  get tracks(): SlotTracks {
    return this.#tracks;
  }

  get microphoneEnabled(): boolean {
    return this.#tracks.audio?.enabled ?? false;
  }

  get cameraEnabled(): boolean {
    return this.#tracks.video !== null;
  }

  /**
   * Asks for camera and microphone with one prompt. What cannot be had is reported as an `error` event and stays off; what can, comes.
   * Never rejects.
   */
  async open(kinds: readonly Kind[]): Promise<void> {
    for (const kind of kinds) this.#wanted[kind] = true;
    const work = this.#acquire(kinds);
    for (const kind of kinds) this.#pending[kind] = work;
    await work;
    for (const kind of kinds) if (this.#pending[kind] === work) this.#pending[kind] = null;
  }

  /** Unmutes, asking for a microphone first where there is none, or mutes. */
  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    this.#wanted.audio = enabled;
    await this.#pending.audio;
    const track = this.#tracks.audio;
    if (track !== null) {
      if (track.enabled === this.#wanted.audio) return;
      track.enabled = this.#wanted.audio;
      this.emit('change', 'audio');
    } else if (this.#wanted.audio && !this.#closed) {
      await this.open(['audio']);
    }
  }

  /** Opens the camera, or closes it, with its light. */
  async setCameraEnabled(enabled: boolean): Promise<void> {
    this.#wanted.video = enabled;
    await this.#pending.video;
    if (this.#wanted.video === this.cameraEnabled || this.#closed) return;
    if (this.#wanted.video) await this.open(['video']);
    else this.#drop('video');
  }

  /** Stops everything, also what is granted later. */
  close(): void {
    this.#closed = true;
    this.#wanted.audio = false;
    this.#wanted.video = false;
    this.#drop('audio');
    this.#drop('video');
    this.removeAllListeners();
  }

  async #acquire(kinds: readonly Kind[]): Promise<void> {
    try {
      await this.#request(kinds);
    } catch (cause) {
      const error = await errorOf(cause);
      // One missing device fails the request for both: take what there is.
      if (kinds.length > 1 && (error.code === 'device-not-found' || error.code === 'device-in-use')) {
        for (const kind of kinds) await this.#acquire([kind]);
        return;
      }
      for (const kind of kinds) this.#wanted[kind] = false;
      if (!this.#closed) this.emit('error', new GlasscastError(error.code, error.message, { cause, details: { kinds } }));
    }
  }

  async #request(kinds: readonly Kind[]): Promise<void> {
    if (kinds.length === 0 || this.#closed) return;
    const constraints = this.#options.constraints();
    const devices = this.#options.devices() ?? (await import('./media-error.ts')).mediaDevicesOf(globalThis);
    const stream = await devices.getUserMedia({
      ...(kinds.includes('audio') ? { audio: constraints.audio } : {}),
      ...(kinds.includes('video') ? { video: constraints.video } : {}),
    });
    for (const track of stream.getTracks()) this.#take(track);
  }

  #take(track: MediaStreamTrack): void {
    const kind: Kind = track.kind === 'audio' ? 'audio' : 'video';
    // Granted after the element was removed, or after the user changed their mind.
    if (this.#closed || (kind === 'video' && !this.#wanted.video)) {
      track.stop();
      return;
    }
    this.#tracks[kind]?.stop();
    if (kind === 'audio') track.enabled = this.#wanted.audio;
    track.addEventListener('ended', () => this.#ended(kind, track), { once: true });
    this.#set(kind, track);
  }

  /** The device was unplugged, or its permission taken back; `stop()` fires no such event. */
  #ended(kind: Kind, track: MediaStreamTrack): void {
    if (this.#tracks[kind] !== track) return;
    this.#wanted[kind] = false;
    this.#set(kind, null);
    this.emit('error', new GlasscastError('device-not-found', kind === 'audio' ? 'The microphone is gone.' : 'The camera is gone.'));
  }

  #drop(kind: Kind): void {
    const track = this.#tracks[kind];
    if (track === null) return;
    track.stop();
    this.#set(kind, null);
  }

  #set(kind: Kind, track: MediaStreamTrack | null): void {
    this.#tracks = { ...this.#tracks, [kind]: track };
    this.emit('change', kind);
  }
}

/** The words for what went wrong are loaded when something has. */
async function errorOf(cause: unknown): Promise<GlasscastError> {
  try {
    const { mediaError } = await import('./media-error.ts');
    return mediaError(cause);
  } catch {
    // The network is gone as well: the browser's own words are better than none.
    return new GlasscastError('media', String(cause), { cause });
  }
}
