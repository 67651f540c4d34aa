export { RtcConnection } from './components/rtc-connection/rtc-connection.ts';
export type { RtcLobbyEventMap, RtcLobbyRoomDetail } from './components/rtc-lobby/lobby-events.ts';
export { RtcLobby } from './components/rtc-lobby/rtc-lobby.ts';
export { type ErrorCode, GlasscastError } from './protocol/errors.ts';
export type { LobbyRoom } from './signaling/lobby-session.ts';
export type { RtcErrorDetail, RtcLogDetail } from './ui/events.ts';
export { addTranslations } from './ui/localize.ts';
