import { RtcStats } from '../components/rtc-stats/rtc-stats.ts';
import { define } from '../ui/define.ts';

define('rtc-stats', RtcStats);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-stats': RtcStats;
  }
}
