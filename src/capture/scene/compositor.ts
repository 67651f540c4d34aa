import type { PictureSize } from '../layer-plan.ts';
import type { Card } from '../publisher-events.ts';
import { paintCard } from './card-painter.ts';
import { canvasFrame, type PictureLook, sameLook } from './picture-look.ts';

/** Of the inset: its width and its distance from the edges, as shares of the picture's width. */
const INSET_WIDTH = 0.25;
const INSET_MARGIN = 0.02;

/** Draws what is no camera's frame as it is: cards, and a picture with another over it. */
export class Compositor {
  #canvas: OffscreenCanvas | null = null;
  #context: OffscreenCanvasRenderingContext2D | null = null;
  /** The card that was drawn last, as a frame: repeating it draws nothing. */
  #card: { readonly card: Card | null; readonly look: PictureLook; readonly frame: VideoFrame } | null = null;

  /** The picture with the inset in its lower right corner. Leaves both to their owners. */
  compose(main: VideoFrame, inset: VideoFrame, timestamp: number): VideoFrame {
    const { displayWidth: width, displayHeight: height } = main;
    const context = this.#open({ width, height });
    context.drawImage(main, 0, 0, width, height);
    const insetWidth = width * INSET_WIDTH;
    const insetHeight = (insetWidth * inset.displayHeight) / inset.displayWidth;
    const margin = width * INSET_MARGIN;
    context.drawImage(inset, width - insetWidth - margin, height - insetHeight - margin, insetWidth, insetHeight);
    return new VideoFrame(context.canvas, { timestamp });
  }

  /** @param look of the picture whose place it takes */
  card(card: Card | null, look: PictureLook, timestamp: number): VideoFrame {
    const drawn = this.#card;
    if (drawn?.card === card && sameLook(drawn.look, look)) return new VideoFrame(drawn.frame, { timestamp });
    drawn?.frame.close();
    const context = this.#open(look);
    paintCard(context, card);
    const frame = canvasFrame(context, look.colours, timestamp);
    this.#card = { card, look, frame };
    return new VideoFrame(frame, { timestamp });
  }

  close(): void {
    this.#card?.frame.close();
    this.#card = null;
    this.#canvas = null;
    this.#context = null;
  }

  #open({ width, height }: PictureSize): OffscreenCanvasRenderingContext2D {
    if (this.#context === null || this.#canvas?.width !== width || this.#canvas.height !== height) {
      this.#canvas = new OffscreenCanvas(width, height);
      this.#context = this.#canvas.getContext('2d', { alpha: false });
    }
    if (this.#context === null) throw new Error('This browser draws on no canvas here.');
    return this.#context;
  }
}
