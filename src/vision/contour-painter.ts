/** Draws the contours of a face on a picture. */
import { type Contour, readContours, shapesOf } from './contours.ts';
import type { Face } from './face.ts';
import type { OverlayContext } from './overlay.ts';

/** How contours look. Each falls back where it makes no sense. */
export interface ContourOptions {
  /** Words: `oval eyes brows lips irises nose mesh`. Default: `oval eyes brows lips`. */
  readonly contours?: unknown;
  /** Any CSS colour. Default: a light green. */
  readonly color?: unknown;
  /** In pixels of the picture, 0.5 to 20. Default: 1 % of the face's width. */
  readonly width?: unknown;
}

const USUAL_COLOR = '#35f2a0';
const WIDTH = { least: 0.5, most: 20, ofFace: 0.01 } as const;
/** The mesh has over a thousand lines: as thick as the others they would hide the face. */
const MESH_WIDTH = 0.4;

export interface ContourLook {
  readonly contours: readonly Contour[];
  readonly color: string;
  /** Null: by the size of the face. */
  readonly width: number | null;
}

export function readLook({ contours, color, width }: ContourOptions): ContourLook {
  const pixels = typeof width === 'string' ? Number.parseFloat(width) : width;
  return {
    contours: readContours(contours),
    color: typeof color === 'string' && color.trim() !== '' ? color : USUAL_COLOR,
    width: typeof pixels === 'number' && Number.isFinite(pixels) ? clamp(pixels) : null,
  };
}

const clamp = (width: number): number => Math.min(WIDTH.most, Math.max(WIDTH.least, width));

/**
 * Strokes the contours of a face, all of one thickness in one go.
 * @param width of the picture, in the context's units, as is `height`
 */
export function paintContours(context: OverlayContext, face: Face, options: ContourOptions, width: number, height: number): void {
  const look = readLook(options);
  const thickness = look.width ?? clamp(face.box.width * width * WIDTH.ofFace);
  context.save();
  context.lineJoin = 'round';
  context.lineCap = 'round';
  // A colour that is none leaves what was set before.
  context.strokeStyle = USUAL_COLOR;
  context.strokeStyle = look.color;
  const mesh = look.contours.filter((contour) => contour === 'mesh');
  const others = look.contours.filter((contour) => contour !== 'mesh');
  stroke(context, face, mesh, width, height, thickness * MESH_WIDTH);
  stroke(context, face, others, width, height, thickness);
  context.restore();
}

function stroke(
  context: OverlayContext,
  { landmarks }: Face,
  contours: readonly Contour[],
  width: number,
  height: number,
  thickness: number,
): void {
  if (contours.length === 0) return;
  const x = (point: number): number => (landmarks[point * 3] ?? 0) * width;
  const y = (point: number): number => (landmarks[point * 3 + 1] ?? 0) * height;
  context.beginPath();
  for (const contour of contours) {
    const { lines, circles } = shapesOf(contour);
    for (const line of lines) {
      for (const [index, point] of line.entries()) {
        if (index === 0) context.moveTo(x(point), y(point));
        // Closed rather than drawn back to its beginning: the corner is then a join like the others.
        else if (index === line.length - 1 && point === line[0]) context.closePath();
        else context.lineTo(x(point), y(point));
      }
    }
    for (const { centre, rim } of circles) {
      const radius = rim.reduce((sum, point) => sum + Math.hypot(x(point) - x(centre), y(point) - y(centre)), 0) / rim.length;
      context.moveTo(x(centre) + radius, y(centre));
      context.arc(x(centre), y(centre), radius, 0, 2 * Math.PI);
    }
  }
  context.lineWidth = thickness;
  context.stroke();
}
