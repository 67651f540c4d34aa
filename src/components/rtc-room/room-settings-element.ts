import { property } from 'lit/decorators.js';
import { GlasscastError } from '../../protocol/errors.ts';
import { isName } from '../../protocol/name-pattern.ts';
import type { CallSettings } from '../../ui/room-controller.ts';
import { ServerElement } from '../../ui/server-element.ts';
import type { Kind } from '../../webrtc/link-media.ts';
import { parseIceServers, positiveNumber, videoConstraints } from './room-attributes.ts';

const DEFAULT_UPLOAD = 4_000_000;

/** The attributes of a room, and what they mean for a call. */
export abstract class RoomSettingsElement extends ServerElement {
  /** The room's slug: 1 to 63 of a-z, 0-9 and -. */
  @property() room: string | null = null;

  /** The name that others see. A token's name wins. */
  @property({ attribute: 'display-name' }) displayName: string | null = null;

  /** How many may be in the room. For information: the server's own limit is what counts. */
  @property({ attribute: 'max-peers', converter: positiveNumber }) maxPeers: number | null = null;

  /** Joins at once, without asking first. */
  @property({ type: Boolean, attribute: 'no-prejoin' }) noPrejoin = false;

  /** Joins without a microphone. */
  @property({ type: Boolean, attribute: 'no-audio' }) noAudio = false;

  /** Joins without a camera. */
  @property({ type: Boolean, attribute: 'no-video' }) noVideo = false;

  /** Joins with the microphone off; it is asked for when it is turned on. */
  @property({ type: Boolean, attribute: 'start-muted' }) startMuted = false;

  /** Joins with the camera off; it is asked for when it is turned on. */
  @property({ type: Boolean, attribute: 'start-camera-off' }) startCameraOff = false;

  /** Leaves the echo of the loudspeakers in the sound. */
  @property({ type: Boolean, attribute: 'no-echo-cancellation' }) noEchoCancellation = false;

  /** Leaves background noise in the sound. */
  @property({ type: Boolean, attribute: 'no-noise-suppression' }) noNoiseSuppression = false;

  /** Leaves the microphone's volume as it is. */
  @property({ type: Boolean, attribute: 'no-auto-gain' }) noAutoGain = false;

  /** STUN and TURN servers instead of the server's: addresses, or JSON as RTCPeerConnection takes it. */
  @property({ attribute: 'ice-servers' }) iceServers: string | null = null;

  /** `relay` sends everything through TURN. */
  @property({ attribute: 'ice-transport-policy' }) iceTransportPolicy: string | null = null;

  /** Wanted width of the camera's picture, in pixels. Default: 1280. */
  @property({ attribute: 'capture-width', converter: positiveNumber }) captureWidth: number | null = null;

  /** Wanted height of the camera's picture, in pixels. Default: 720. */
  @property({ attribute: 'capture-height', converter: positiveNumber }) captureHeight: number | null = null;

  /** Wanted pictures a second. Default: 30. */
  @property({ attribute: 'frame-rate', converter: positiveNumber }) frameRate: number | null = null;

  /** Bits a second that the camera may take of the uplink, over all participants. Default: 4000000. */
  @property({ attribute: 'max-bitrate', converter: positiveNumber }) maxBitrate: number | null = null;

  /**
   * What is drawn on the camera's picture, in one's own tile as in everybody's: names separated by spaces, in their order. `face-contour`, `hide-face`,
   * `watermark`, or what the page has registered. Also during a call.
   */
  @property() overlay: string | null = null;

  /** JSON: options by the overlay's name. */
  @property({ attribute: 'overlay-options' }) overlayOptions: string | null = null;

  protected get uploadBudget(): number {
    return this.maxBitrate ?? DEFAULT_UPLOAD;
  }

  /** @throws GlasscastError `invalid` for a missing or malformed room */
  protected callSettings(name: string | undefined): CallSettings {
    const { room } = this;
    if (!isName(room)) {
      const what = room === null || room === '' ? 'Set the attribute room.' : `“${room}” is not a room's name: use a-z, 0-9 and -.`;
      throw new GlasscastError('invalid', what);
    }
    const iceServers = parseIceServers(this.iceServers);
    if (this.iceServers && iceServers === undefined) this.warnOnce('ice-servers is not understood; the server’s are used');
    const policy = this.iceTransportPolicy ?? 'all';
    if (policy !== 'all' && policy !== 'relay') this.warnOnce(`ice-transport-policy="${policy}" is unknown; all is used`);
    return {
      room,
      name: name ?? (this.displayName?.trim() || undefined),
      audio: !this.noAudio,
      video: !this.noVideo,
      iceServers,
      iceTransportPolicy: policy === 'relay' ? 'relay' : 'all',
    };
  }

  protected get constraints(): Readonly<Record<Kind, MediaTrackConstraints>> {
    return {
      audio: {
        echoCancellation: !this.noEchoCancellation,
        noiseSuppression: !this.noNoiseSuppression,
        autoGainControl: !this.noAutoGain,
      },
      video: videoConstraints({ width: this.captureWidth, height: this.captureHeight, frameRate: this.frameRate }),
    };
  }
}
