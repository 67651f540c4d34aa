import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import type { QualityChange } from '../../ui/room-features.ts';
import type { CallState, RoomPeer } from '../../webrtc/room-call.ts';
import type { Slot } from '../../webrtc/slots.ts';

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
  /** Which of the participant's tracks. */
  readonly slot: Slot;
  readonly track: MediaStreamTrack;
}

export interface RtcMessageDetail {
  /** Whose page sent it. */
  readonly peer: RoomPeer;
  /** As it was given to `sendMessage`. */
  readonly data: unknown;
}

/** How the link to one participant is doing. */
export type RtcQualityDetail = QualityChange;

/** The events of `rtc-room`, by name. */
export interface RtcRoomEventMap {
  'rtc-join': CustomEvent<RtcJoinDetail>;
  'rtc-leave': CustomEvent<RtcLeaveDetail>;
  'rtc-peer-join': CustomEvent<RtcPeerDetail>;
  'rtc-peer-leave': CustomEvent<RtcPeerDetail>;
  'rtc-track': CustomEvent<RtcTrackDetail>;
  'rtc-message': CustomEvent<RtcMessageDetail>;
  'rtc-quality': CustomEvent<RtcQualityDetail>;
  'rtc-state': CustomEvent<RtcStateDetail<CallState>>;
  'rtc-error': CustomEvent<RtcErrorDetail>;
}
