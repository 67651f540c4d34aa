/** Puts another device, or the same one opened anew, into the place of one that is live. */
import { GlasscastError } from '../protocol/errors.ts';
import { INPUTS } from './device-memory.ts';
import { mediaError } from './media-error.ts';
import type { CaptureKind, MediaHost } from './media-host.ts';

const WORDS = {
  audio: {
    gone: 'The microphone is gone, and there is no other. Connect one: it is used at once.',
    inUse: 'Another program is using that microphone. Close it, then choose it again.',
    notFound: 'That microphone is no longer connected. Choose another one.',
  },
  video: {
    gone: 'The camera is gone, and there is no other. Connect one: it is used at once.',
    inUse: 'Another program is using that camera. Close it, then choose it again.',
    notFound: 'That camera is no longer connected. Choose another one.',
  },
} as const;

const PROCESSING = ['echoCancellation', 'noiseSuppression', 'autoGainControl'] as const;

export class DeviceSwap {
  readonly #host: MediaHost;
  /** The constraints that a track was opened with or brought to. */
  readonly #applied = new WeakMap<MediaStreamTrack, string>();

  constructor(host: MediaHost) {
    this.#host = host;
  }

  /** Opens the chosen device in the place of `current`. Says whether it is live; where it is not, the one before is, if it can be. */
  async exchange(kind: CaptureKind, current: MediaStreamTrack, deviceId: string): Promise<boolean> {
    try {
      this.#host.put(kind, await this.#openBeside(kind, current, deviceId));
      return true;
    } catch (cause) {
      const error = mediaError(cause);
      const words =
        error.code === 'device-in-use' ? WORDS[kind].inUse : error.code === 'device-not-found' ? WORDS[kind].notFound : error.message;
      if (current.readyState === 'ended') await this.#restore(kind, current);
      this.#host.failed(new GlasscastError(error.code, words, { cause, details: { kinds: [], deviceId } }));
      return false;
    }
  }

  /**
   * Finds another device for one that was lost: the chosen one where it is there, else whatever the browser takes.
   * @returns what stood in the way, or null
   */
  async replace(kind: CaptureKind, lost: MediaStreamTrack): Promise<GlasscastError | null> {
    const deviceId = this.#host.memory.get(INPUTS[kind]) ?? lost.getSettings().deviceId;
    try {
      this.#host.put(kind, await this.#openAny(kind, deviceId));
      return null;
    } catch (cause) {
      const { code, message } = mediaError(cause);
      if (lost.readyState === 'ended') this.#host.put(kind, null);
      return new GlasscastError(code, code === 'device-not-found' ? WORDS[kind].gone : message, { cause });
    }
  }

  /** Brings a live track to the constraints of now, in place where the browser does that. */
  async adjust(kind: CaptureKind, track: MediaStreamTrack): Promise<void> {
    const constraints = this.#host.options.constraints()[kind];
    const wanted = JSON.stringify(constraints);
    if (this.#applied.get(track) === wanted) return;
    const applied = await track.applyConstraints(constraints).then(
      () => isApplied(constraints, track.getSettings()),
      () => false,
    );
    this.#applied.set(track, wanted);
    if (applied) return;
    const { deviceId } = track.getSettings();
    try {
      this.#host.put(kind, await this.#open(kind, deviceId ? { exact: deviceId } : undefined));
    } catch (cause) {
      // The track goes on as it was.
      const { code, message } = mediaError(cause);
      this.#host.failed(new GlasscastError(code, message, { cause, details: { kinds: [] } }));
    }
  }

  /** The device that is asked for, or else any. */
  async #openAny(kind: CaptureKind, deviceId: string | undefined): Promise<MediaStreamTrack> {
    try {
      return await this.#open(kind, deviceId ? { exact: deviceId } : undefined);
    } catch (cause) {
      const { code } = mediaError(cause);
      if (!deviceId || (code !== 'device-not-found' && code !== 'device-in-use')) throw cause;
      return await this.#open(kind, undefined);
    }
  }

  /** Some computers, most phones among them, open one camera at a time. */
  async #openBeside(kind: CaptureKind, current: MediaStreamTrack, deviceId: string): Promise<MediaStreamTrack> {
    try {
      return await this.#open(kind, { exact: deviceId });
    } catch (cause) {
      if (mediaError(cause).code !== 'device-in-use') throw cause;
      current.stop();
      return await this.#open(kind, { exact: deviceId });
    }
  }

  async #restore(kind: CaptureKind, before: MediaStreamTrack): Promise<void> {
    const { deviceId } = before.getSettings();
    try {
      this.#host.put(kind, await this.#open(kind, deviceId ? { exact: deviceId } : undefined));
    } catch {
      // The failure that led here is told by the caller; what is left of it is that nothing is live.
      this.#host.put(kind, null);
    }
  }

  async #open(kind: CaptureKind, deviceId: ConstrainDOMString | undefined): Promise<MediaStreamTrack> {
    const constraints = this.#host.options.constraints()[kind];
    const stream = await this.#host.options
      .devices()
      ?.getUserMedia({ [kind]: deviceId === undefined ? constraints : { ...constraints, deviceId } });
    const [track] = stream?.getTracks() ?? [];
    if (track === undefined) throw new GlasscastError('device-not-found', WORDS[kind].notFound);
    this.#applied.set(track, JSON.stringify(constraints));
    return track;
  }
}

/** Chromium accepts other sound processing for a live track, and goes on as before. */
function isApplied(wanted: MediaTrackConstraints, settings: MediaTrackSettings): boolean {
  return PROCESSING.every(
    (name) => typeof wanted[name] !== 'boolean' || typeof settings[name] !== 'boolean' || wanted[name] === settings[name],
  );
}
