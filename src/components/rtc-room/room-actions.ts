/** What a room does when one of its parts asks for something that a call does not start with. Loaded with the first such request. */
import { togglePictureInPicture } from '../../ui/picture-in-picture.ts';
import type { RoomController } from '../../ui/room-controller.ts';
import type { LateRequest, RoomRequests } from '../../ui/room-requests.ts';
import type { Kind } from '../../webrtc/link-media.ts';
import type { PeerLink } from '../../webrtc/peer-link.ts';
import type { RtcRoom } from './rtc-room.ts';

type Actions = { readonly [K in LateRequest]: (detail: RoomRequests[K], controller: RoomController, room: RtcRoom) => unknown };

const ACTIONS: Actions = {
  // In a call that has begun meanwhile, its own buttons say what is on.
  'rtc-preview-request': ({ enabled }, controller, room) =>
    !controller.isActive && (enabled ? preview(controller, room) : controller.closeMedia()),
  'rtc-screen-request': ({ enabled }, { media }) => (enabled ? media.startScreenShare() : media.stopScreenShare()),
  'rtc-device-request': ({ kind, deviceId }, { media }) => media.switchDevice(kind, deviceId),
  'rtc-overlay-request': ({ overlay }, _, room) => {
    room.overlay = overlay;
  },
  'rtc-panel-request': ({ panel }, controller) => {
    controller.set(panel === 'chat' ? { panel, unread: 0 } : { panel });
    // Who only listens has nothing open yet, and may want to.
    if (panel === 'devices') controller.media.watchDevices();
  },
  'rtc-pin-request': ({ tile }, controller) => controller.set({ pinned: tile }),
  'rtc-chat-request': async ({ body }, controller) => (await controller.features()).sendChat(body),
  'rtc-chat-delete-request': async ({ id }, controller) => (await controller.features()).deleteChat(id),
  'rtc-chat-retry-request': async ({ id }, controller) => (await controller.features()).retryChat(id),
  'rtc-kick-request': async ({ peerId }, controller) => (await controller.features()).kick(peerId),
  'rtc-mute-request': async ({ peerId, kind }, controller) => (await controller.features()).mute(peerId, kind),
  'rtc-close-request': async (_, controller) => (await controller.features()).closeRoom(),
  'rtc-fullscreen-request': ({ enabled }, _, room) => (enabled ? room.requestFullscreen() : document.exitFullscreen()),
  'rtc-picture-in-picture-request': (_, controller, room) => togglePictureInPicture(room, controller.view.activeSpeaker),
};

/** By the participant's id. */
export async function statsOf(links: ReadonlyMap<string, PeerLink> = new Map()): Promise<Map<string, RTCStatsReport>> {
  return new Map(await Promise.all([...links].map(async ([id, link]) => [id, await link.getStats()] as const)));
}

/** What the call would begin with. */
async function preview(controller: RoomController, room: RtcRoom): Promise<void> {
  const kinds: Kind[] = [];
  if (!room.noAudio && !room.startMuted) kinds.push('audio');
  if (!room.noVideo && !room.startCameraOff) kinds.push('video');
  await controller.media.open(kinds);
  await controller.media.watchDevices();
}

/** Does what was asked for. Rejects where it cannot be done. */
export async function act<K extends LateRequest>(
  type: K,
  detail: RoomRequests[K],
  controller: RoomController,
  room: RtcRoom,
): Promise<void> {
  await ACTIONS[type](detail, controller, room);
}
