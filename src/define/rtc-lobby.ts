import { RtcLobby } from '../components/rtc-lobby/rtc-lobby.ts';
import { define } from '../ui/define.ts';

define('rtc-lobby', RtcLobby);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-lobby': RtcLobby;
  }
}
