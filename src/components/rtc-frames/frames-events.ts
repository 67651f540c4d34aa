import type { FrameResult } from '../../vision/frames/frame-loop.ts';

/** `idle`, `starting` (the camera), `connecting`, `running`, `reconnecting` or `failed`. */
export type FramesState = 'idle' | 'starting' | 'connecting' | 'running' | 'reconnecting' | 'failed';

/**
 * Detail of `rtc-frame-result`: `faces`, best first, each with `box`, `score` and `landmarks`, in shares of the picture's width and height;
 * `width` and `height` of the picture that was looked at, in pixels; `ms`, what the server took; `roundTrip`, from taking the picture to the
 * answer, in milliseconds.
 */
export type RtcFrameResultDetail = FrameResult;
