import type { GlasscastError } from '../protocol/errors.ts';
import type { OverlayPush, Playback, RecordingPush } from '../protocol/messages/stream.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import type { DeviceList } from '../webrtc/device-choice.ts';
import type { CaptureRequest } from './devices.ts';
import type { EncodingOptions, PublisherReport, UplinkOptions } from './publisher-options.ts';
import type { OverlaySettings } from './sources/overlaid-picture.ts';

export type BroadcastState = 'off' | 'requesting' | 'preview' | 'connecting' | 'live' | 'reconnecting' | 'stopping' | 'error';

export interface BroadcastSettings {
  readonly capture: CaptureRequest;
  readonly encoding: EncodingOptions;
  /** What is drawn on main picture and inset; nothing where left out. */
  readonly overlays?: OverlaySettings;
  readonly uplink: Omit<UplinkOptions, 'publishKey' | 'hasTokenProvider' | 'takeOver'>;
  readonly tokenProvider: TokenProvider | undefined;
  readonly workerUrl: string | null;
}

export interface OnAir {
  readonly session: string;
  readonly epoch: number;
  readonly playback: Playback;
}

export interface BroadcastHandler {
  state(state: BroadcastState, previous: BroadcastState): void;
  /** What the preview shows; null once the camera is off. */
  stream(stream: MediaStream | null): void;
  /** The camera that is shown over the main picture, or null. */
  inset?(stream: MediaStream | null): void;
  /** What there is to choose from, and what is live. */
  devices?(list: DeviceList): void;
  /** The source, the inset, the microphone, the gain, or whether it is paused, is another than before. */
  sources?(): void;
  /** The sound that is sent, for a level meter; null where there is none. */
  sound?(track: MediaStreamTrack | null): void;
  /** Joined, also after each reconnect; or another epoch, and perhaps session, of the same broadcast. */
  onAir(details: OnAir): void;
  /** The recording that was asked for runs, or has stopped while the broadcast goes on. */
  recording?(recording: RecordingPush): void;
  /** Whether the server draws what it was asked to. */
  overlay?(overlay: OverlayPush): void;
  report(report: PublisherReport): void;
  /** Something is wrong, and the broadcast goes on. */
  notice(error: GlasscastError): void;
  failed(error: GlasscastError): void;
}
