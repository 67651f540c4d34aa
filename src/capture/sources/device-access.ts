/** Asks the user for camera, microphone and screen; what cannot be had is thrown to whoever wanted it, and a notice where nobody did. */
import { GlasscastError } from '../../protocol/errors.ts';
import type { LocalMedia } from '../../webrtc/local-media.ts';
import type { CaptureKind } from '../../webrtc/media-host.ts';
import type { CaptureRequest } from '../devices.ts';
import { isBlocked } from '../permissions.ts';
import type { SourceChoice } from './source-choice.ts';

type ScreenSize = Pick<CaptureRequest, 'width' | 'height'>;

export class DeviceAccess {
  readonly #media: LocalMedia;
  readonly #notice: (error: GlasscastError) => void;
  /** Of the request that is under way: an error to throw, and not to tell as a notice. */
  #refusal: GlasscastError | null = null;
  #asking = false;
  #choosing = false;
  #closed = false;

  constructor(media: LocalMedia, notice: (error: GlasscastError) => void) {
    this.#media = media;
    this.#notice = notice;
    media.on('error', (error) => {
      if (this.#asking) this.#refusal ??= error;
      else notice(error);
    });
  }

  /** The screen is let go of to choose another. */
  get isChoosing(): boolean {
    return this.#choosing;
  }

  /** What goes wrong meanwhile is the caller's to tell. */
  async ask(work: () => Promise<void>): Promise<GlasscastError | null> {
    this.#asking = true;
    this.#refusal = null;
    await work();
    this.#asking = false;
    return this.#refusal;
  }

  /**
   * With one prompt; where one of two is blocked, the other alone.
   * @param showsCamera the camera is all that is to be seen: without it there is no use in a microphone
   * @returns what could not be had
   */
  async open(kinds: readonly CaptureKind[], showsCamera: boolean): Promise<GlasscastError | null> {
    if (kinds.length === 0) return null;
    const refusal = await this.ask(() => this.#media.open(kinds));
    if (refusal?.code !== 'permission-denied' || kinds.length < 2) return refusal;
    const [microphone, camera] = await Promise.all([isBlocked('microphone'), isBlocked('camera')]);
    if (camera && !microphone) {
      const error = new GlasscastError('permission-denied', 'The camera is blocked. Allow it in the address bar, then try again.', {
        cause: refusal,
        details: { kinds: ['video'] },
      });
      if (showsCamera) return error;
      this.#notice(error);
      return await this.ask(() => this.#media.open(['audio']));
    }
    if (camera || !microphone) return refusal;
    const second = await this.ask(() => this.#media.open(['video']));
    if (second !== null) return second;
    return new GlasscastError('permission-denied', 'The microphone is blocked. Allow it in the address bar, or go on without sound.', {
      cause: refusal,
      details: { kinds: ['audio'] },
    });
  }

  /** @throws GlasscastError why there is no camera */
  async requireCamera(): Promise<void> {
    const refusal = await this.ask(() => this.#media.setCameraEnabled(true));
    if (this.#media.tracks.video === null) throw refusal ?? noPicture('camera');
  }

  /** @throws GlasscastError why there is no screen, also where the user chooses none */
  async shareScreen(size: ScreenSize): Promise<void> {
    await this.ask(() => this.#media.startScreenShare());
    if (this.#closed) return;
    if (!this.#media.screenEnabled) throw this.#refusal ?? new GlasscastError('permission-dismissed', 'No screen was chosen. Choose one.');
    this.#limitScreen(size);
  }

  /**
   * Also in place of another, which is gone either way.
   * @param lost there was one, and none was chosen in its place; the camera is open
   * @returns whether a screen was chosen
   * @throws GlasscastError why it cannot be shared; a question that the user closes is no error
   */
  async chooseScreen(size: ScreenSize, lost: () => void): Promise<boolean> {
    const again = this.#media.screenEnabled;
    this.#choosing = true;
    if (again) this.#media.stopScreenShare();
    const refusal = await this.ask(() => this.#media.startScreenShare());
    this.#choosing = false;
    if (this.#media.screenEnabled) {
      this.#limitScreen(size);
      return true;
    }
    if (again) {
      if (!this.#media.cameraEnabled) await this.requireCamera();
      lost();
    }
    if (refusal !== null) throw refusal;
    return false;
  }

  /** The devices stay whoever's they are. */
  close(): void {
    this.#closed = true;
  }

  /** A screen may have four times the pixels of what is watched, and each would be encoded. */
  #limitScreen(size: ScreenSize): void {
    const width = { max: Math.max(size.width, 1920) };
    const height = { max: Math.max(size.height, 1080) };
    const limited = this.#media.tracks.screen?.applyConstraints({ width, height, frameRate: { max: 30 } });
    limited?.catch((cause: unknown) => {
      if (this.#closed) return;
      this.#notice(new GlasscastError('media', 'This browser cannot scale the screen; it is sent as it is.', { cause }));
    });
  }
}

export function noPicture(kind: SourceChoice['kind']): GlasscastError {
  if (kind === 'camera') return new GlasscastError('device-not-found', 'No camera was found. Connect one, then try again.');
  return new GlasscastError('media', 'What was chosen shows no picture yet. Play it, then try again.');
}
