import type { CaptureConstraints } from '../webrtc/media-host.ts';

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

/** Whether nothing that is open would have to change. */
export const sameCapture = (a: CaptureRequest, b: CaptureRequest): boolean =>
  a.audio === b.audio && JSON.stringify(constraintsOf(a)) === JSON.stringify(constraintsOf(b));

const PROCESSING = ['echoCancellation', 'noiseSuppression', 'autoGainControl'] as const;

export function constraintsOf(request: CaptureRequest): CaptureConstraints {
  const processing = PROCESSING.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]);
  return {
    video: { width: { ideal: request.width }, height: { ideal: request.height }, frameRate: { ideal: request.frameRate } },
    audio: { sampleRate: { ideal: 48_000 }, channelCount: { ideal: 2 }, ...Object.fromEntries(processing) },
  };
}
