/** How a number of equal tiles fills a box best. */
export interface Packing {
  readonly columns: number;
  readonly rows: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Tiles may be as tall as a phone held upright shows a face, and as wide as a camera's picture. */
const NARROWEST = 3 / 4;
const WIDEST = 16 / 9;

/**
 * The packing in which each tile is largest. All arguments are in pixels; tiles keep an aspect between 3:4 and 16:9, and the
 * picture inside covers the tile.
 */
export function packTiles(count: number, width: number, height: number, gap: number): Packing {
  let best: Packing = { columns: Math.max(1, count), rows: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const tile = fitTile((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows);
    if (tile.width * tile.height > best.width * best.height) best = { columns, rows, ...tile };
  }
  return best;
}

function fitTile(width: number, height: number): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  // Rounded down: a fraction of a pixel too much would wrap the row.
  if (width / height > WIDEST) return { width: Math.floor(height * WIDEST), height: Math.floor(height) };
  if (width / height < NARROWEST) return { width: Math.floor(width), height: Math.floor(width / NARROWEST) };
  return { width: Math.floor(width), height: Math.floor(height) };
}
