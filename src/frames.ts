/** The element that sends pictures for detection, without registering it. */
export type { FramesState, RtcFrameResultDetail } from './components/rtc-frames/frames-events.ts';
export { RtcFrames } from './components/rtc-frames/rtc-frames.ts';
export type { DetectedFace } from './protocol/messages/frames.ts';
export type { FrameCounts } from './vision/frames/frame-loop.ts';
