import { RtcFrames } from '../components/rtc-frames/rtc-frames.ts';
import { define } from '../ui/define.ts';

define('rtc-frames', RtcFrames);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-frames': RtcFrames;
  }
}
