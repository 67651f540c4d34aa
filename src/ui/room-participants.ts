import { type LinkQuality, UNKNOWN_QUALITY } from '../webrtc/link-quality.ts';
import type { LocalMedia } from '../webrtc/local-media.ts';
import { isSame, type RoomCall } from '../webrtc/room-call.ts';
import type { Participant } from './room-context.ts';

/** What is measured of a participant. */
export interface Observed {
  readonly speaking: boolean;
  readonly quality: LinkQuality;
}

export const UNOBSERVED: Observed = { speaking: false, quality: UNKNOWN_QUALITY };

/** Everybody in the call, oneself first. Who has not changed stays the same object, and is not drawn again. */
export function participantsOf(
  call: RoomCall,
  media: LocalMedia,
  observed: (id: string) => Observed,
  before: readonly Participant[],
): readonly Participant[] {
  const self: Participant = {
    id: call.localId ?? '',
    name: call.localName ?? '',
    microphone: media.microphoneEnabled,
    camera: media.cameraEnabled,
    screen: media.screenEnabled,
    away: call.state === 'reconnecting',
    link: 'connected',
    tracks: media.tracks,
    self: true,
    ...observed('self'),
  };
  const others = call.peers.map((peer): Participant => ({ ...peer, self: false, ...observed(peer.id) }));
  const now = [self, ...others].map((one) => {
    const known = before.find(({ id, self }) => id === one.id && self === one.self);
    return known !== undefined && isSame(known, one) ? known : one;
  });
  return now.length === before.length && isSame(now, before) ? before : now;
}
