import { GlasscastError } from '../protocol/errors.ts';
import type { PushOptions } from '../signaling/channel-session.ts';
import type { RoomCall } from './room-call.ts';
import type { ChatEvent } from './room-signaling.ts';

/**
 * A way to send events of the chat, which resolve with the server's reply. A plain channel does nothing of what a server does with
 * them: there a message is stamped here, told to `heard` at once, and taken as its own reply. Throws as {@link RoomCall.push} does.
 */
export function chatPush(call: RoomCall, heard: (event: ChatEvent) => void) {
  return async <T>(event: string, payload: object, options: PushOptions<T>): Promise<T> => {
    if (!call.isPlain) return call.push(event, payload, options);
    const message = { ...payload, from: call.localId, name: call.localName ?? '', at: Date.now() };
    if (!call.cast(event, message)) throw new GlasscastError('network', 'Not connected: the message was not sent.');
    heard({ event: event === 'chat' ? event : 'chat_delete', payload: message });
    return message as T;
  };
}
