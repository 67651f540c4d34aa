import type { Card } from '../publisher-events.ts';

type Context = OffscreenCanvasRenderingContext2D;

const BACKGROUND = '#15181d';
const FOREGROUND = '#f4f6f8';
const MUTED = '#c3cad3';
const FONTS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
/** Shares of the picture's shorter side, readable in a layer of a quarter of the size. */
const TITLE = 0.11;
const TEXT = 0.065;
const LINE = 1.3;
/** Share of the width that text may take. */
const MEASURE = 0.84;
const MOST_LINES = 4;

interface Line {
  readonly text: string;
  readonly size: number;
  readonly colour: string;
}

/** Fills the canvas with the card, or where there are no words with a camera that is off. */
export function paintCard(context: Context, card: Card | null): void {
  const { width, height } = context.canvas;
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, width, height);
  const side = Math.min(width, height);
  const lines =
    card === null ? [] : [...block(context, card.title, side * TITLE, FOREGROUND), ...block(context, card.text, side * TEXT, MUTED)];
  if (lines.length === 0) {
    paintCamera(context, side / 4);
    return;
  }
  const total = lines.reduce((sum, { size }) => sum + size * LINE, 0);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  let y = (height - total) / 2;
  for (const { text, size, colour } of lines) {
    setFont(context, size, colour);
    context.fillText(text, width / 2, y + (size * LINE) / 2, width * MEASURE);
    y += size * LINE;
  }
}

function setFont(context: Context, size: number, colour: string): void {
  context.font = `${colour === FOREGROUND ? 600 : 400} ${Math.round(size)}px ${FONTS}`;
  context.fillStyle = colour;
}

/** Breaks words into lines that fit; the last line is narrowed to hold what is left. */
function block(context: Context, words: string, size: number, colour: string): Line[] {
  setFont(context, size, colour);
  const widest = context.canvas.width * MEASURE;
  const lines: string[] = [];
  for (const word of words.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    const fits = last !== undefined && (context.measureText(longer).width <= widest || lines.length === MOST_LINES);
    if (fits) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((text) => ({ text, size, colour }));
}

function paintCamera(context: Context, size: number): void {
  const { width, height } = context.canvas;
  const [x, y] = [width / 2, height / 2];
  context.strokeStyle = MUTED;
  context.lineWidth = size / 14;
  context.lineJoin = 'round';
  context.lineCap = 'round';
  context.strokeRect(x - size / 2, y - size / 3, size * 0.66, (size * 2) / 3);
  context.beginPath();
  context.moveTo(x + size * 0.24, y);
  context.lineTo(x + size / 2, y - size / 4);
  context.lineTo(x + size / 2, y + size / 4);
  context.closePath();
  context.moveTo(x - size * 0.55, y - size / 2);
  context.lineTo(x + size * 0.55, y + size / 2);
  context.stroke();
}
