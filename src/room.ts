export { RtcConnection } from './components/rtc-connection/rtc-connection.ts';
export type {
  RtcJoinDetail,
  RtcLeaveDetail,
  RtcMessageDetail,
  RtcPeerDetail,
  RtcQualityDetail,
  RtcRoomEventMap,
  RtcTrackDetail,
} from './components/rtc-room/room-events.ts';
export { RtcRoom, type SendMessageOptions } from './components/rtc-room/rtc-room.ts';
export { type ErrorCode, GlasscastError } from './protocol/errors.ts';
export type { ChatEntry } from './signaling/chat-entry.ts';
export type { RtcErrorDetail, RtcLogDetail, RtcStateDetail } from './ui/events.ts';
export { addTranslations, type Strings } from './ui/localize.ts';
export type { Panel, Participant, RoomView } from './ui/room-context.ts';
export type * from './ui/room-requests.ts';
export type { DeviceList, DeviceOption } from './webrtc/device-choice.ts';
export type { LinkFigures, LinkQuality, MediaFigures, QualityCause, QualityLevel } from './webrtc/link-quality.ts';
export type { CallState, RoomPeer } from './webrtc/room-call.ts';
export type { Slot, SlotTracks } from './webrtc/slots.ts';
