import { paintContours, readLook } from '../contour-painter.ts';
import type { OverlayFactory } from '../overlay.ts';

/** Draws the contours of every face. Options: `contours`, `color`, `width`, as of `ContourOptions`. */
export const faceContour: OverlayFactory = (options) => {
  const look = { ...readLook(options) };
  const drawn = { contours: look.contours.join(' '), color: look.color, ...(look.width === null ? {} : { width: look.width }) };
  return {
    needsFaces: true,
    appliesTo: ({ faces }) => faces !== null && faces.length > 0,
    draw(context, { faces, width, height }) {
      for (const face of faces ?? []) paintContours(context, face, drawn, width, height);
    },
  };
};
