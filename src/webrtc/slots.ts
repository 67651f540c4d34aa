/**
 * What one participant can send at a time. A slot is a place in the description of a link: the first audio section is the
 * microphone, the first video section the camera, the second of each the shared screen and its sound. Both sides count the same
 * way, so that nothing has to be said about it.
 */
export const SLOTS = ['audio', 'video', 'screen', 'screenAudio'] as const;
export type Slot = (typeof SLOTS)[number];

export type SlotTracks = Readonly<Record<Slot, MediaStreamTrack | null>>;

export const NO_TRACKS: SlotTracks = { audio: null, video: null, screen: null, screenAudio: null };
