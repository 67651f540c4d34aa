/**
 * A face that the model finds, drawn rather than photographed. What a delegate takes is only known with a face in the picture: without one, the larger
 * of the two networks does not run.
 */

const EDGE = 256;
/** The drawing's own unit: a hundredth of the edge. */
const UNIT = EDGE / 100;

type Ellipse = readonly [x: number, y: number, radiusX: number, radiusY: number, colour: string, turn?: number];

const EYE = (side: 1 | -1): readonly Ellipse[] => [
  [50 + side * 10, 46, 6, 3.4, '#a87858'],
  [50 + side * 10, 46, 4.6, 2.1, '#f4efe9'],
  [50 + side * 10, 46, 2.1, 2.1, '#35231a'],
  [50 + side * 10, 40, 6.5, 1.1, '#3a281c', side * 0.12],
];

const BEHIND: readonly Ellipse[] = [
  [50, 45, 29, 36, '#33251c'],
  [50, 85, 12, 20, '#c08a68'],
  [50, 105, 40, 18, '#444455'],
];

const FEATURES: readonly Ellipse[] = [
  ...EYE(-1),
  ...EYE(1),
  [50, 55, 2.2, 7, '#f2ceb2'],
  [50, 61, 4, 1.9, '#b5805f'],
  [48.3, 61.7, 0.9, 0.6, '#5a3526'],
  [51.7, 61.7, 0.9, 0.6, '#5a3526'],
  [50, 69.5, 7.5, 2.4, '#a8504a'],
  [50, 69.2, 6.5, 0.5, '#5d2622'],
  [50, 74, 5, 1, '#b5805f'],
];

/** Null where the browser gives no canvas to draw on. */
export function drawFace(): OffscreenCanvas | null {
  const canvas = new OffscreenCanvas(EDGE, EDGE);
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.fillStyle = '#7a8794';
  context.fillRect(0, 0, EDGE, EDGE);
  for (const part of BEHIND) fill(context, part);
  const skin = context.createRadialGradient(50 * UNIT, 50 * UNIT, 8 * UNIT, 50 * UNIT, 50 * UNIT, 34 * UNIT);
  skin.addColorStop(0, '#ebc0a0');
  skin.addColorStop(1, '#b98562');
  fill(context, [50, 52, 23, 30, ''], skin);
  for (const part of FEATURES) fill(context, part);
  return canvas;
}

function fill(
  context: OffscreenCanvasRenderingContext2D,
  [x, y, radiusX, radiusY, colour, turn = 0]: Ellipse,
  style: string | CanvasGradient = colour,
): void {
  context.beginPath();
  context.ellipse(x * UNIT, y * UNIT, radiusX * UNIT, radiusY * UNIT, turn, 0, 2 * Math.PI);
  context.fillStyle = style;
  context.fill();
}
