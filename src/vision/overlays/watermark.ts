import { GlasscastError } from '../../protocol/errors.ts';
import type { Overlay, OverlayContext, OverlayFactory } from '../overlay.ts';
import { readColor, readNumber, readWord } from './read-options.ts';

const CORNERS = ['top-left', 'top-right', 'bottom-left', 'bottom-right', 'center'] as const;
type Corner = (typeof CORNERS)[number];

const LONGEST_TEXT = 200;
/** To the edges, of the picture's shorter one. */
const MARGIN = { least: 0, most: 0.4, usual: 0.03 } as const;

interface Look {
  readonly corner: Corner;
  readonly opacity: number;
  /** The mark's height as a share of the picture's. */
  readonly size: number;
  readonly margin: number;
}

/**
 * A text or an image over every picture. Options: `text`, at most 200 characters; or `image`, the address of a PNG, WebP or JPEG that allows CORS; `corner`:
 * `top-left`, `top-right`, `bottom-left`, `bottom-right` (default) or `center`; `opacity`, 0.05 to 1, default 0.8; `size`, its height as a share of the
 * picture's, 0.02 to 1, default 0.06; `margin` to the edges as a share of the picture's shorter one, 0 to 0.4, default 0.03; `color` of the text, default white.
 * @throws GlasscastError `network`, `invalid` where the image cannot be had
 */
export const watermark: OverlayFactory = async (options): Promise<Overlay> => {
  const look: Look = {
    corner: readWord(options['corner'], CORNERS, 'bottom-right'),
    opacity: readNumber(options['opacity'], 0.05, 1, 0.8),
    size: readNumber(options['size'], 0.02, 1, 0.06),
    margin: readNumber(options['margin'], MARGIN.least, MARGIN.most, MARGIN.usual),
  };
  const { image, text } = options;
  if (typeof image === 'string' && image !== '') return imageMark(await loadImage(image), look);
  return textMark(String(text ?? 'glasscast').slice(0, LONGEST_TEXT), readColor(options['color']) ?? '#fff', look);
};

function imageMark(image: ImageBitmap, look: Look): Overlay {
  return {
    draw(context, { width, height }) {
      const scale = Math.min((look.size * height) / image.height, roomIn(look, width, height) / image.width);
      const size = { width: image.width * scale, height: image.height * scale };
      const { x, y } = placeOf(look, size, width, height);
      context.globalAlpha = look.opacity;
      context.drawImage(image, x, y, size.width, size.height);
    },
    close: () => image.close(),
  };
}

function textMark(text: string, color: string, look: Look): Overlay {
  return {
    draw(context, { width, height }) {
      const tall = look.size * height;
      // As large as asked for, or as small as it has to be to fit.
      const wide = measure(context, text, tall);
      const scale = Math.min(1, roomIn(look, width, height) / Math.max(1, wide));
      measure(context, text, tall * scale);
      const { x, y } = placeOf(look, { width: wide * scale, height: tall * scale }, width, height);
      context.globalAlpha = look.opacity;
      context.textAlign = 'left';
      context.textBaseline = 'top';
      context.lineJoin = 'round';
      // Readable on any picture.
      context.lineWidth = Math.max(1, (tall * scale) / 8);
      context.strokeStyle = 'rgb(0 0 0 / 60%)';
      context.strokeText(text, x, y);
      context.fillStyle = '#fff';
      context.fillStyle = color;
      context.fillText(text, x, y);
    },
  };
}

function measure(context: OverlayContext, text: string, tall: number): number {
  context.font = `600 ${tall.toFixed(1)}px system-ui, sans-serif`;
  return context.measureText(text).width;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** From one margin to the other. */
const roomIn = ({ margin }: Look, width: number, height: number): number => width - 2 * margin * Math.min(width, height);

function placeOf({ corner, margin: share }: Look, mark: Size, width: number, height: number): { readonly x: number; readonly y: number } {
  if (corner === 'center') return { x: (width - mark.width) / 2, y: (height - mark.height) / 2 };
  const margin = share * Math.min(width, height);
  return {
    x: corner.endsWith('left') ? margin : width - margin - mark.width,
    y: corner.startsWith('top') ? margin : height - margin - mark.height,
  };
}

async function loadImage(address: string): Promise<ImageBitmap> {
  if (!URL.canParse(address, globalThis.location?.href))
    throw new GlasscastError('invalid', `“${address}” is not the address of an image. Give it whole, with https:.`);
  const url = new URL(address, globalThis.location?.href).href;
  const response = await fetch(url).catch((cause: unknown) => {
    throw new GlasscastError('network', `The watermark's image could not be had from ${url}. Another site has to allow it (CORS).`, {
      cause,
    });
  });
  if (!response.ok) throw new GlasscastError('network', `The watermark's image is not at ${url} (status ${response.status}).`);
  return createImageBitmap(await response.blob()).catch((cause: unknown) => {
    throw new GlasscastError('invalid', `What lies at ${url} is not an image that can be drawn: use PNG, WebP or JPEG.`, { cause });
  });
}
