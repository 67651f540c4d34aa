import { RtcStudioSettings } from '../components/rtc-studio-settings/rtc-studio-settings.ts';
import { define } from '../ui/define.ts';
import './rtc-device-picker.ts';

define('rtc-studio-settings', RtcStudioSettings);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-studio-settings': RtcStudioSettings;
  }
}
