/** How a number of equal tiles fills a box best. */
export interface Packing {
  readonly columns: number;
  readonly rows: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** A camera's picture. */
const WIDEST = 16 / 9;
/** Pixels. Narrower than this nobody is recognised: what does not fit is scrolled to. */
const SMALLEST = 120;

/**
 * The packing that shows most. All arguments are in pixels. The picture inside covers its tile, so a tile narrower than 16:9 hides
 * part of it; how much is visible counts beside the area. Tiles may be as upright as the box is, from 4:3 in a wide one to 3:4 on a
 * phone. Where they would be narrower than 120 px the rows overflow the height instead; the width never.
 */
export function packTiles(count: number, width: number, height: number, gap: number): Packing {
  const pack = (columns: number, rows: number, narrowest: number): Packing => {
    const cell = Math.max(0, (width - gap * (columns - 1)) / columns);
    const tall = Math.min(Math.max(0, (height - gap * (rows - 1)) / rows), cell / narrowest);
    // Rounded down: a fraction of a pixel too much would wrap the row.
    return { columns, rows, width: Math.floor(Math.min(cell, tall * WIDEST)), height: Math.floor(tall) };
  };
  let best: Packing = { columns: Math.max(1, count), rows: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const packing = pack(columns, Math.ceil(count / columns), Math.min(4 / 3, Math.max(3 / 4, width / height)));
    if (worth(packing) > worth(best)) best = packing;
  }
  if (best.width >= Math.min(SMALLEST, width)) return best;
  const columns = Math.max(1, Math.floor((width + gap) / (SMALLEST + gap)));
  return { ...pack(columns, 1, 4 / 3), rows: Math.ceil(count / columns) };
}

/** The area, times the fourth root of the part of the picture that is visible: between a larger face and a whole picture. */
function worth({ width, height }: Packing): number {
  return width ** 1.25 * height ** 0.75;
}
