/** What `<rtc-frames>` loads when it starts. */
export { openFrames } from '../../vision/frames/open-frames.ts';
export { openCamera } from './camera-source.ts';
export { paintDetections } from './paint-detections.ts';
