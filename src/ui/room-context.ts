import { createContext } from '@lit/context';
import type { ChatEntry } from '../signaling/chat-entry.ts';
import type { DeviceList } from '../webrtc/device-choice.ts';
import { NO_DEVICES } from '../webrtc/device-choice.ts';
import type { LinkFigures, LinkQuality } from '../webrtc/link-quality.ts';
import type { CallState, RoomPeer } from '../webrtc/room-call.ts';
import { NO_TRACKS, type SlotTracks } from '../webrtc/slots.ts';

/** One participant as the parts show it: another one, or oneself. */
export interface Participant extends RoomPeer {
  readonly self: boolean;
  /** Speaks at the moment. */
  readonly speaking: boolean;
  readonly quality: LinkQuality;
}

/** What may stand beside the tiles of the default room. */
export type Panel = 'chat' | 'roster' | 'stats' | 'devices';

/** A room as its parts see it. A new object for every change; what has not changed in it stays the same object. */
export interface RoomView {
  readonly room: string | null;
  readonly state: CallState;
  /** Oneself first. Empty outside a call. */
  readonly participants: readonly Participant[];
  readonly microphone: boolean;
  readonly camera: boolean;
  /** Whether one's own screen is shared. */
  readonly screen: boolean;
  /** One's own tracks, also before the call: what a preview shows. */
  readonly tracks: SlotTracks;
  readonly devices: DeviceList;
  /** What the room's attribute says is drawn on the camera's picture; null where nothing can be. */
  readonly overlay: string | null;
  /** Who spoke last, by id; never oneself. */
  readonly activeSpeaker: string | null;
  /** The tile that the user wants large: a participant's id, or that with `/screen` for the shared screen. `self` is oneself. */
  readonly pinned: string | null;
  /** The panel that is open in the default room. */
  readonly panel: Panel | null;
  readonly chat: readonly ChatEntry[];
  /** Messages that came while the chat was not open. */
  readonly unread: number;
  /** What the token allows here, for example `moderate`. */
  readonly can: readonly string[];
  /** How many may be in the room, where the server says so. */
  readonly maxPeers: number | null;
  /** The name that was given last, for the form that joins. */
  readonly name: string;
  /** Counts the user's taps on “tap to hear”; each is a moment in which blocked sound may start. */
  readonly soundTaps: number;
}

export const emptyRoomView: RoomView = {
  room: null,
  state: 'idle',
  participants: [],
  microphone: false,
  camera: false,
  screen: false,
  tracks: NO_TRACKS,
  devices: NO_DEVICES,
  overlay: null,
  activeSpeaker: null,
  pinned: null,
  panel: null,
  chat: [],
  unread: 0,
  can: [],
  maxPeers: null,
  name: '',
  soundTaps: 0,
};

export const roomContext = createContext<RoomView>(Symbol.for('glasscast.room'));

/** What the links carry at the moment, for `rtc-stats`. Apart from the view: it changes all the time, and nothing else shows it. */
export const figuresContext = createContext<readonly LinkFigures[]>(Symbol.for('glasscast.figures'));
