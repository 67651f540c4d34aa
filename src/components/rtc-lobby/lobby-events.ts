import type { RtcErrorDetail } from '../../ui/events.ts';

/** Detail of `rtc-room-open` and `rtc-room-create`. */
export interface RtcLobbyRoomDetail {
  readonly slug: string;
  readonly title: string;
}

/** The events of `rtc-lobby`, by name. */
export interface RtcLobbyEventMap {
  'rtc-room-open': CustomEvent<RtcLobbyRoomDetail>;
  'rtc-room-create': CustomEvent<RtcLobbyRoomDetail>;
  'rtc-error': CustomEvent<RtcErrorDetail>;
}
