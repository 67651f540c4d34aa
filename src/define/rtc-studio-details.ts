import { RtcStudioDetails } from '../components/rtc-studio-details/rtc-studio-details.ts';
import { define } from '../ui/define.ts';

define('rtc-studio-details', RtcStudioDetails);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-studio-details': RtcStudioDetails;
  }
}
