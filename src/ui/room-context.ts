import { createContext } from '@lit/context';
import type { CallState, RoomPeer } from '../webrtc/room-call.ts';

/** One tile's worth of a room: another participant, or oneself. */
export interface Participant extends RoomPeer {
  readonly self: boolean;
}

/** A room as its parts see it. A new object for every change. */
export interface RoomView {
  readonly room: string | null;
  readonly state: CallState;
  /** Oneself first. Empty outside a call. */
  readonly participants: readonly Participant[];
  readonly microphone: boolean;
  readonly camera: boolean;
  /** Counts the user's taps on “tap to hear”; each is a moment in which blocked sound may start. */
  readonly soundTaps: number;
}

export const emptyRoomView: RoomView = { room: null, state: 'idle', participants: [], microphone: false, camera: false, soundTaps: 0 };

export const roomContext = createContext<RoomView>(Symbol.for('glasscast.room'));

/** Detail of `rtc-microphone-request` and `rtc-camera-request`. */
export interface EnableRequestDetail {
  readonly enabled: boolean;
}
