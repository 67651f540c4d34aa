import type { Box } from '../face.ts';
import type { OverlayContext, OverlayFactory } from '../overlay.ts';
import { CoveredPlaces } from './covered-places.ts';
import { type Area, clip, Pixelator } from './pixelate.ts';
import { readColor, readNumber } from './read-options.ts';

/** Along the longer edge of a head. With more of them a face is known again. */
const CELLS = { least: 3, most: 12, usual: 8 } as const;
/** Along the longer edge of the whole picture, which a face may fill. */
const CELLS_OF_ALL = 8;

/**
 * Covers every head, with room around it. What it could not look at it does not show: while nothing is known of the faces, before the model is there
 * or where it is missing, the whole picture is covered.
 *
 * Options: `cells` along the longer edge of a head, 3 to 12, default 8; `color`, any CSS colour, covers with that instead of cells; `strict`: whether
 * each picture is looked at before it is shown, which is so unless it is `false`.
 */
export const hideFace: OverlayFactory = (options) => {
  const color = readColor(options['color']);
  const heads = new Pixelator(readNumber(options['cells'], CELLS.least, CELLS.most, CELLS.usual));
  const all = new Pixelator(CELLS_OF_ALL);
  const places = new CoveredPlaces();

  const cover = (context: OverlayContext, area: Area, pixelator: Pixelator): void => {
    pixelator.cover(context, area);
    if (color === null) return;
    // Above the cells: a colour that is none, or that lets light through, must not uncover anything.
    context.fillStyle = '#000';
    context.fillStyle = color;
    context.fillRect(area.x, area.y, area.width, area.height);
  };

  return {
    needsFaces: true,
    looksFirst: options['strict'] !== false,
    hides: true,
    appliesTo: ({ faces, timestamp }) => faces === null || faces.length > 0 || places.anyAt(timestamp),
    draw(context, { faces, width, height, timestamp }) {
      if (faces === null) {
        places.forget();
        cover(context, { x: 0, y: 0, width, height }, all);
        return;
      }
      for (const box of places.at(timestamp, faces)) {
        const area = clip(inPixels(box, width, height), width, height);
        if (area !== null) cover(context, area, heads);
      }
    },
    close() {
      heads.close();
      all.close();
    },
  };
};

const inPixels = (box: Box, width: number, height: number): Area => ({
  x: box.x * width,
  y: box.y * height,
  width: box.width * width,
  height: box.height * height,
});
