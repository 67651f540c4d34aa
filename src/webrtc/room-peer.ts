import type { PeerMeta } from '../protocol/messages/room.ts';
import type { LinkState } from './link-interface.ts';
import { NO_TRACKS, type SlotTracks } from './slots.ts';

/** One other participant, as of now. */
export interface RoomPeer {
  readonly id: string;
  readonly name: string;
  readonly microphone: boolean;
  readonly camera: boolean;
  /** Shares a screen. */
  readonly screen: boolean;
  /** The socket is lost; media may still flow. */
  readonly away: boolean;
  readonly link: LinkState;
  /** The screen's are there from the first share of either side on: `screen` says whether it is shared at the moment. */
  readonly tracks: SlotTracks;
}

/** What presence says of somebody. */
export function knownOf({ name, mic, camera, screen, away }: PeerMeta): Omit<RoomPeer, 'id' | 'link' | 'tracks'> {
  return { name, microphone: mic, camera, screen, away };
}

/** Somebody of whom a message was heard, presence or not. */
export function newPeer(id: string, meta: PeerMeta | undefined): RoomPeer {
  const known = knownOf(meta ?? { name: '', user_id: null, mic: true, camera: true, screen: false, away: false });
  return { id, ...known, link: 'connecting', tracks: NO_TRACKS };
}
