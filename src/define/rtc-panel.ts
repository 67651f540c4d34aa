import { RtcPanel } from '../components/rtc-room/rtc-panel.ts';
import { define } from '../ui/define.ts';

define('rtc-panel', RtcPanel);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-panel': RtcPanel;
  }
}
