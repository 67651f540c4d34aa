export { RtcConnection } from './components/rtc-connection/rtc-connection.ts';
export { RtcControls } from './components/rtc-controls/rtc-controls.ts';
export { RtcGrid } from './components/rtc-grid/rtc-grid.ts';
export type {
  RtcJoinDetail,
  RtcLeaveDetail,
  RtcPeerDetail,
  RtcRoomEventMap,
  RtcTrackDetail,
} from './components/rtc-room/room-events.ts';
export { RtcRoom } from './components/rtc-room/rtc-room.ts';
export { RtcTile } from './components/rtc-tile/rtc-tile.ts';
export { type ErrorCode, GlasscastError } from './protocol/errors.ts';
export type { RtcErrorDetail, RtcLogDetail, RtcStateDetail } from './ui/events.ts';
export { addTranslations } from './ui/localize.ts';
export type { Panel, Participant, RoomView } from './ui/room-context.ts';
export type * from './ui/room-requests.ts';
export type { CallState, RoomPeer } from './webrtc/room-call.ts';
