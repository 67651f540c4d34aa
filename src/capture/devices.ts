import { GlasscastError } from '../protocol/errors.ts';
import { mediaDevicesOf, mediaError } from '../webrtc/media-error.ts';

export interface CaptureRequest {
  /** Wanted size in pixels; the camera's nearest is taken. */
  readonly width: number;
  readonly height: number;
  /** Frames a second, likewise. */
  readonly frameRate: number;
  readonly audio: boolean;
  /** Of the microphones; left out, the browser decides. */
  readonly echoCancellation?: boolean;
  readonly noiseSuppression?: boolean;
  readonly autoGainControl?: boolean;
}

export interface CapturedMedia {
  readonly stream: MediaStream;
  readonly video: MediaStreamTrack;
  /** Null where none was asked for, and where the computer has no microphone. */
  readonly audio: MediaStreamTrack | null;
}

/**
 * Opens camera and microphone, which asks the user where they have not been asked before. Without a microphone the camera alone is opened.
 *
 * @param signal aborts: whatever the prompt answers afterwards is stopped at once
 * @throws GlasscastError `permission-denied`, `permission-dismissed`, `device-not-found`, `device-in-use`, `insecure-context`,
 * `unsupported`, `aborted`
 */
export async function openCamera(request: CaptureRequest, signal: AbortSignal): Promise<CapturedMedia> {
  const stream = await ask(mediaDevicesOf(globalThis), request);
  if (signal.aborted) {
    stopTracks(stream);
    throw new GlasscastError('aborted', 'Stopped before the camera was open.');
  }
  const [video] = stream.getVideoTracks();
  if (video === undefined) {
    stopTracks(stream);
    throw new GlasscastError('device-not-found', 'No camera was found.');
  }
  return { stream, video, audio: stream.getAudioTracks()[0] ?? null };
}

export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function ask(devices: MediaDevices, request: CaptureRequest): Promise<MediaStream> {
  const video: MediaTrackConstraints = {
    width: { ideal: request.width },
    height: { ideal: request.height },
    frameRate: { ideal: request.frameRate },
  };
  const audio: MediaTrackConstraints = { sampleRate: { ideal: 48_000 }, channelCount: { ideal: 2 } };
  try {
    return await devices.getUserMedia(request.audio ? { video, audio } : { video });
  } catch (cause) {
    const error = mediaError(cause);
    if (error.code !== 'device-not-found' || !request.audio) throw error;
    // One missing device refuses both; a camera without a microphone can still be broadcast.
    return await devices.getUserMedia({ video }).catch((second: unknown) => Promise.reject(mediaError(second)));
  }
}
