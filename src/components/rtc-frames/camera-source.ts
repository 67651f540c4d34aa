import type { GlasscastError } from '../../protocol/errors.ts';
import { LocalMedia } from '../../webrtc/local-media.ts';

export interface CameraSource {
  /** Turns it off. */
  close(): void;
}

export interface CameraHandler {
  /** The camera's picture; another one when the camera was changed, null when it is gone. */
  picture(stream: MediaStream | null): void;
  /** It could not be had, or was lost. */
  failed(error: GlasscastError): void;
}

/** Opens the camera that the user has chosen before, asking for it where the browser has to. Resolves when that is decided. */
export async function openCamera(handler: CameraHandler): Promise<CameraSource> {
  const media = new LocalMedia({
    devices: () => navigator.mediaDevices as MediaDevices | undefined,
    constraints: () => ({ audio: {}, video: { width: { ideal: 640 }, height: { ideal: 480 } } }),
  });
  media.on('change', (slot) => {
    const { video } = media.tracks;
    if (slot === 'video') handler.picture(video === null ? null : new MediaStream([video]));
  });
  media.on('error', (error) => handler.failed(error));
  await media.open(['video']);
  return media;
}
