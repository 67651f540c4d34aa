import { RtcConnection } from '../components/rtc-connection/rtc-connection.ts';
import { define } from '../ui/define.ts';

define('rtc-connection', RtcConnection);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-connection': RtcConnection;
  }
}
