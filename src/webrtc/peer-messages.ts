/** The slots that a tile shows, or does not. */
export type WatchedSlot = 'video' | 'screen';
