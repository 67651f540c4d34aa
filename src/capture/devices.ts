import { GlasscastError } from '../protocol/errors.ts';

export interface CaptureRequest {
  /** Wanted size in pixels; the camera's nearest is taken. */
  readonly width: number;
  readonly height: number;
  /** Frames a second, likewise. */
  readonly frameRate: number;
  readonly audio: boolean;
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
  // Typed as always there; absent on insecure pages.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices?.getUserMedia === undefined) {
    throw isSecureContext
      ? new GlasscastError('unsupported', 'This browser gives pages no camera.')
      : new GlasscastError('insecure-context', 'Camera and microphone work only on pages opened over https or on localhost.');
  }
  const stream = await ask(devices, request);
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
    const error = captureError(cause);
    if (error.code !== 'device-not-found' || !request.audio) throw error;
    // One missing device refuses both; a camera without a microphone can still be broadcast.
    return await devices.getUserMedia({ video }).catch((second: unknown) => Promise.reject(captureError(second)));
  }
}

/** What `getUserMedia` rejects with, as a code (Media Capture and Streams §10.2.1). */
export function captureError(cause: unknown): GlasscastError {
  const { name, message } = cause instanceof Error || cause instanceof DOMException ? cause : new Error(String(cause));
  switch (name) {
    case 'NotAllowedError':
      // Only the message tells a closed prompt from a refusal.
      return /dismiss/i.test(message)
        ? new GlasscastError('permission-dismissed', 'The question about camera and microphone was closed.', { cause })
        : new GlasscastError('permission-denied', 'Camera and microphone are blocked.', { cause });
    case 'SecurityError':
      return new GlasscastError('permission-denied', "The page's policy forbids camera and microphone.", { cause });
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new GlasscastError('device-not-found', 'No camera or microphone was found.', { cause });
    case 'NotReadableError':
    case 'AbortError':
      return new GlasscastError('device-in-use', 'Another program is using the camera or microphone.', { cause });
    default:
      return new GlasscastError('unsupported', `The camera cannot be opened: ${message}`, { cause });
  }
}
