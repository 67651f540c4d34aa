import { RtcStudioControls } from '../components/rtc-studio-controls/rtc-studio-controls.ts';
import { define } from '../ui/define.ts';

define('rtc-studio-controls', RtcStudioControls);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-studio-controls': RtcStudioControls;
  }
}
