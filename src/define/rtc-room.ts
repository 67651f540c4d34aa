import { RtcRoom } from '../components/rtc-room/rtc-room.ts';
import { define } from '../ui/define.ts';

define('rtc-room', RtcRoom);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-room': RtcRoom;
  }
}
