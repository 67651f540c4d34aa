/**
 * What one participant can send at a time. A slot is a place in the description of a link: the first audio section is the
 * microphone, the first video section the camera, the second of each the shared screen and its sound. Both sides count the same
 * way, so that nothing has to be said about it.
 */
export const SLOTS = ['audio', 'video', 'screen', 'screenAudio'] as const;
export type Slot = (typeof SLOTS)[number];

export type SlotTracks = Readonly<Record<Slot, MediaStreamTrack | null>>;

export const NO_TRACKS: SlotTracks = { audio: null, video: null, screen: null, screenAudio: null };

/** The kind of a slot's section, and which of that kind it is. */
export const SECTIONS: Readonly<Record<Slot, readonly [kind: 'audio' | 'video', index: number]>> = {
  audio: ['audio', 0],
  video: ['video', 0],
  screen: ['video', 1],
  screenAudio: ['audio', 1],
};
