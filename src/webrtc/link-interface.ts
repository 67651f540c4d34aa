/** What a link to one peer needs, says to the other side, and tells whoever holds it. */
import type { GlasscastError } from '../protocol/errors.ts';
import type { Timers } from '../workers/worker-timers.ts';
import type { Candidate } from './candidate-queue.ts';
import type { EncodingWishes } from './link-media.ts';
import type { Slot, SlotTracks } from './slots.ts';

export type LinkState = 'connecting' | 'connected' | 'interrupted' | 'failed' | 'closed';

export type LinkMessage =
  | { readonly event: 'offer'; readonly n: number; readonly sdp: { readonly type: 'offer'; readonly sdp: string } }
  | { readonly event: 'answer'; readonly n: number; readonly sdp: { readonly type: 'answer'; readonly sdp: string } }
  | { readonly event: 'ice'; readonly n: number; readonly candidate: Candidate | null };

/** What a data channel carries. */
export type Frame = string | ArrayBuffer;

export interface PeerLinkOptions {
  readonly localId: string;
  readonly remoteId: string;
  readonly configuration: RTCConfiguration;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly tracks: SlotTracks;
  /** What was wished of the link that this one replaces. */
  readonly encodings?: EncodingWishes | undefined;
  readonly timers: Timers;
  /** False when the message could not be sent now; it is then not sent at all. */
  readonly send: (message: LinkMessage) => boolean;
}

export interface PeerLinkEvents {
  state: LinkState;
  track: { readonly slot: Slot; readonly track: MediaStreamTrack };
  /** The data channel can be used. */
  open: undefined;
  frame: Frame;
  /** The other side has begun anew with another connection; this link is of no more use. An offer belongs to its successor. */
  replaced: Extract<LinkMessage, { event: 'offer' }> | undefined;
  error: GlasscastError;
}
