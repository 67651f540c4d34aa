import { RtcRoster } from '../components/rtc-roster/rtc-roster.ts';
import { define } from '../ui/define.ts';

define('rtc-roster', RtcRoster);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-roster': RtcRoster;
  }
}
