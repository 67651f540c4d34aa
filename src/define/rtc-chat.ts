import { RtcChat } from '../components/rtc-chat/rtc-chat.ts';
import { define } from '../ui/define.ts';

define('rtc-chat', RtcChat);

declare global {
  interface HTMLElementTagNameMap {
    'rtc-chat': RtcChat;
  }
}
