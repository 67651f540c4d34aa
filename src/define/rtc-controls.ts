import { RtcControls } from '../components/rtc-controls/rtc-controls.ts';
import { define } from '../ui/define.ts';

define('rtc-controls', RtcControls);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-controls': RtcControls;
  }
}
