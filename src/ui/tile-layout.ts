import type { Participant } from './room-context.ts';

/** `auto`: large is what is pinned or shared. `spotlight`: one tile is always large. `grid`: all are alike. */
export type GridLayout = 'auto' | 'grid' | 'spotlight';

/** The name of a tile, as in `RoomView.pinned`. */
export function tileName({ self, id }: Participant, screen: boolean): string {
  return (self ? 'self' : id) + (screen ? '/screen' : '');
}

/** The tiles of a room in the order of arrival, a shared screen behind its owner. */
export function tilesOf(participants: readonly Participant[]): Map<string, Participant> {
  const tiles = new Map<string, Participant>();
  for (const one of participants) {
    tiles.set(tileName(one, false), one);
    if (one.screen) tiles.set(tileName(one, true), one);
  }
  return tiles;
}
