import { GlasscastError } from '../../protocol/errors.ts';
import type { RoomController } from '../../ui/room-controller.ts';
import type { SendMessageOptions } from './rtc-room.ts';

/** See `RtcRoom.sendMessage`. */
export async function sendMessage(controller: RoomController, data: unknown, { direct = false, to }: SendMessageOptions): Promise<void> {
  const { call } = controller;
  if (call === undefined) throw new GlasscastError('invalid', 'Join the room first.');
  if (direct) {
    await call.sendDirect(data, to);
    return;
  }
  if (typeof data !== 'string' || to !== undefined) {
    throw new GlasscastError('invalid', 'A chat message is text for everybody; use {direct: true} for anything else.');
  }
  await (await controller.features()).sendChat(data);
}
