import { RtcPrejoin } from '../components/rtc-prejoin/rtc-prejoin.ts';
import { define } from '../ui/define.ts';

define('rtc-prejoin', RtcPrejoin);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-prejoin': RtcPrejoin;
  }
}
