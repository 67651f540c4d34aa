/** Makes a part of a picture unrecognisable. */
import type { OverlayContext } from '../overlay.ts';

/** In pixels of the picture. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What lies within the picture, in whole pixels, or null where nothing does. */
export function clip(area: Area, width: number, height: number): Area | null {
  const x = Math.max(0, Math.floor(area.x));
  const y = Math.max(0, Math.floor(area.y));
  const right = Math.min(width, Math.ceil(area.x + area.width));
  const bottom = Math.min(height, Math.ceil(area.y + area.height));
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null;
}

export class Pixelator {
  readonly #cells: number;
  #scratch: OffscreenCanvasRenderingContext2D | null = null;

  /** @param cells along the longer edge of what is covered */
  constructor(cells: number) {
    this.#cells = cells;
  }

  /** Replaces the area by a few large cells. Where that cannot be done, it is painted over. */
  cover(context: OverlayContext, area: Area): void {
    const { x, y, width, height } = area;
    const size = Math.max(width, height) / this.#cells;
    const columns = Math.max(1, Math.round(width / size));
    const rows = Math.max(1, Math.round(height / size));
    context.save();
    context.globalAlpha = 1;
    context.globalCompositeOperation = 'source-over';
    try {
      const scratch = this.#scratchFor(columns, rows);
      scratch.drawImage(context.canvas, x, y, width, height, 0, 0, columns, rows);
      context.imageSmoothingEnabled = false;
      context.drawImage(scratch.canvas, 0, 0, columns, rows, x, y, width, height);
      // What was drawn from it then is nothing, without a word.
      if (isLost(scratch)) throw new Error('the cells are lost');
    } catch {
      context.fillStyle = '#000';
      context.fillRect(x, y, width, height);
    } finally {
      context.restore();
    }
  }

  close(): void {
    if (this.#scratch !== null) this.#scratch.canvas.width = this.#scratch.canvas.height = 0;
    this.#scratch = null;
  }

  #scratchFor(columns: number, rows: number): OffscreenCanvasRenderingContext2D {
    // Its GPU has gone: another one is there at once.
    if (this.#scratch !== null && isLost(this.#scratch)) this.close();
    this.#scratch ??= new OffscreenCanvas(columns, rows).getContext('2d', { alpha: false });
    if (this.#scratch === null) throw new Error('no canvas');
    const { canvas } = this.#scratch;
    if (canvas.width !== columns) canvas.width = columns;
    if (canvas.height !== rows) canvas.height = rows;
    // Setting a size resets it. A cell is the mean of what it covers.
    this.#scratch.imageSmoothingEnabled = true;
    this.#scratch.imageSmoothingQuality = 'medium';
    return this.#scratch;
  }
}

/** HTML, "the canvas context is lost"; older browsers do not tell. */
const isLost = (context: OffscreenCanvasRenderingContext2D): boolean => context.isContextLost?.() ?? false;
