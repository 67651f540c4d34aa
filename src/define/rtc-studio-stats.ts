import { RtcStudioStats } from '../components/rtc-studio-stats/rtc-studio-stats.ts';
import { define } from '../ui/define.ts';

define('rtc-studio-stats', RtcStudioStats);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-studio-stats': RtcStudioStats;
  }
}
