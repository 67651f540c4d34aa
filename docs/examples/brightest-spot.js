/**
 * A detector of one's own (docs/frames.md): the brightest spot of a picture, a lamp or the sun, instead of faces.
 *
 *     glasscast-server --detector docs/examples/brightest-spot.js
 *
 * The picture is taken in cells. The brightest cell begins a spot, and whatever touches it and is nearly as bright belongs to it.
 */

/** Cells along the longer side. */
const CELLS = 48;
/** A spot stands out from the picture's mean by this much, of 255. */
const STANDS_OUT = 40;

/** @type {import('glasscast-server').DetectorFactory} */
export default function createDetector() {
  return {
    async detect(picture) {
      const { columns, rows, light } = lightOf(picture);
      const mean = light.reduce((sum, each) => sum + each, 0) / light.length;
      const brightest = light.indexOf(Math.max(...light));
      const contrast = light[brightest] - mean;
      if (contrast < STANDS_OUT) return [];
      const spot = grow({ columns, light, from: brightest, least: light[brightest] - contrast / 4 });
      const left = Math.min(...spot.map((cell) => cell % columns));
      const right = Math.max(...spot.map((cell) => cell % columns)) + 1;
      const top = Math.min(...spot.map((cell) => Math.floor(cell / columns)));
      const bottom = Math.max(...spot.map((cell) => Math.floor(cell / columns))) + 1;
      const box = { x: left / columns, y: top / rows, width: (right - left) / columns, height: (bottom - top) / rows };
      // Points are optional: here it is one, the brightest.
      const point = [((brightest % columns) + 0.5) / columns, (Math.floor(brightest / columns) + 0.5) / rows];
      return [{ box, score: Math.min(1, contrast / 200), landmarks: [point] }];
    },
  };
}

/** The mean brightness of each cell, 0 to 255. */
function lightOf({ width, height, data }) {
  const scale = Math.min(1, CELLS / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale));
  const rows = Math.max(1, Math.round(height * scale));
  const light = new Array(columns * rows).fill(0);
  const pixels = new Array(columns * rows).fill(0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
      const at = (y * width + x) * 3;
      light[cell] += 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
      pixels[cell]++;
    }
  }
  return { columns, rows, light: light.map((sum, cell) => sum / pixels[cell]) };
}

/** The cells that hang together with the first, each at least so bright. */
function grow({ columns, light, from, least }) {
  const spot = new Set([from]);
  for (const cell of spot) {
    const column = cell % columns;
    const neighbours = [cell - columns, cell + columns, column > 0 ? cell - 1 : -1, column < columns - 1 ? cell + 1 : -1];
    for (const next of neighbours) if (light[next] >= least) spot.add(next);
  }
  return [...spot];
}
