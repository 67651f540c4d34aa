/**
 * What the parts of a room ask of it: cancelable events that bubble and are composed. The room acts unless a listener of the page
 * calls `preventDefault()`; what comes of it flows back through the {@link RoomView}.
 */
import type { Panel } from './room-context.ts';

/** Detail of `rtc-microphone-request`, `rtc-camera-request`, `rtc-screen-request` and `rtc-preview-request`. */
export interface EnableRequestDetail {
  readonly enabled: boolean;
}

/** Detail of `rtc-join-request`. */
export interface JoinRequestDetail {
  /** Instead of `display-name`. */
  readonly name?: string;
}

/** Detail of `rtc-device-request`. */
export interface DeviceRequestDetail {
  readonly kind: MediaDeviceKind;
  readonly deviceId: string;
}

/** Detail of `rtc-overlay-request`. */
export interface OverlayRequestDetail {
  /** As the attribute `overlay` has it: names separated by spaces. */
  readonly overlay: string;
}

/** Detail of `rtc-panel-request`: the panel to show, or none. */
export interface PanelRequestDetail {
  readonly panel: Panel | null;
}

/** Detail of `rtc-pin-request`: as `RoomView.pinned`. */
export interface PinRequestDetail {
  readonly tile: string | null;
}

/** Detail of `rtc-chat-request`. */
export interface ChatRequestDetail {
  readonly body: string;
}

/** Detail of `rtc-chat-delete-request` and `rtc-chat-retry-request`. */
export interface ChatEntryRequestDetail {
  readonly id: string;
}

/** Detail of `rtc-kick-request`. */
export interface KickRequestDetail {
  readonly peerId: string;
}

/** Detail of `rtc-mute-request`. */
export interface MuteRequestDetail {
  readonly peerId: string;
  readonly kind: 'mic' | 'camera' | 'screen';
}

/**
 * The requests that a room acts on, by event name. `rtc-leave-request`, `rtc-close-request` and `rtc-picture-in-picture-request`
 * carry nothing.
 */
export interface RoomRequests {
  'rtc-join-request': JoinRequestDetail;
  'rtc-leave-request': undefined;
  'rtc-preview-request': EnableRequestDetail;
  'rtc-microphone-request': EnableRequestDetail;
  'rtc-camera-request': EnableRequestDetail;
  'rtc-screen-request': EnableRequestDetail;
  'rtc-device-request': DeviceRequestDetail;
  'rtc-overlay-request': OverlayRequestDetail;
  'rtc-panel-request': PanelRequestDetail;
  'rtc-pin-request': PinRequestDetail;
  'rtc-chat-request': ChatRequestDetail;
  'rtc-chat-delete-request': ChatEntryRequestDetail;
  'rtc-chat-retry-request': ChatEntryRequestDetail;
  'rtc-kick-request': KickRequestDetail;
  'rtc-mute-request': MuteRequestDetail;
  'rtc-close-request': undefined;
  'rtc-fullscreen-request': EnableRequestDetail;
  'rtc-picture-in-picture-request': undefined;
}

/** The requests that a call does not begin with. */
const LATE = [
  'preview',
  'screen',
  'device',
  'overlay',
  'panel',
  'pin',
  'chat',
  'chat-delete',
  'chat-retry',
  'kick',
  'mute',
  'close',
  'fullscreen',
  'picture-in-picture',
] as const;
export type LateRequest = `rtc-${(typeof LATE)[number]}-request`;
export const LATE_REQUESTS = /* @__PURE__ */ LATE.map((name): LateRequest => `rtc-${name}-request`);

/** Detail of `rtc-tile-watch`: whether a tile can be seen at the moment. Not a request: the room pauses what nobody sees. */
export interface TileWatchDetail {
  readonly peerId: string;
  readonly slot: 'video' | 'screen';
  readonly watched: boolean;
}
