import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import type { CallState, RoomPeer } from '../../webrtc/room-call.ts';

export interface RtcJoinDetail {
  readonly room: string;
  readonly peerId: string;
}

export interface RtcLeaveDetail {
  readonly room: string;
}

export interface RtcPeerDetail {
  readonly peer: RoomPeer;
}

export interface RtcTrackDetail {
  readonly peer: RoomPeer;
  readonly track: MediaStreamTrack;
}

/** The events of `rtc-room`, by name. */
export interface RtcRoomEventMap {
  'rtc-join': CustomEvent<RtcJoinDetail>;
  'rtc-leave': CustomEvent<RtcLeaveDetail>;
  'rtc-peer-join': CustomEvent<RtcPeerDetail>;
  'rtc-peer-leave': CustomEvent<RtcPeerDetail>;
  'rtc-track': CustomEvent<RtcTrackDetail>;
  'rtc-state': CustomEvent<RtcStateDetail<CallState>>;
  'rtc-error': CustomEvent<RtcErrorDetail>;
}
