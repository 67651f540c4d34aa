import { RtcBroadcaster } from '../components/rtc-broadcaster/rtc-broadcaster.ts';
import { define } from '../ui/define.ts';

define('rtc-broadcaster', RtcBroadcaster);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-broadcaster': RtcBroadcaster;
  }
}
