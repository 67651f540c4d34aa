import { RtcDevicePicker } from '../components/rtc-device-picker/rtc-device-picker.ts';
import { define } from '../ui/define.ts';

define('rtc-device-picker', RtcDevicePicker);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-device-picker': RtcDevicePicker;
  }
}
