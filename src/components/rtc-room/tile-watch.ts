/** Who is looked at: a participant may stand in several tiles of a page, and is paused when none of them can be seen. */
import type { TileWatchDetail } from '../../ui/room-requests.ts';

export class TileWatch {
  /** By participant and slot, the tiles in which it can be seen. */
  readonly #seen = new Map<string, Set<Element>>();
  readonly #told = new Map<string, boolean>();

  /** True or false when that has changed for the participant, undefined when not. */
  report(tile: Element, { peerId, slot, watched }: TileWatchDetail): boolean | undefined {
    const key = `${peerId}/${slot}`;
    const tiles = this.#seen.get(key) ?? new Set();
    this.#seen.set(key, tiles);
    if (watched) tiles.add(tile);
    else tiles.delete(tile);
    // One that was removed could not say so.
    for (const other of tiles) if (!other.isConnected) tiles.delete(other);
    const now = tiles.size > 0;
    if (now === (this.#told.get(key) ?? true)) return undefined;
    this.#told.set(key, now);
    return now;
  }

  /** The participant left: who comes back under the same id knows nothing of what was told before. */
  left(peerId: string): void {
    for (const slot of ['video', 'screen'] as const) {
      this.#seen.delete(`${peerId}/${slot}`);
      this.#told.delete(`${peerId}/${slot}`);
    }
  }
}
