import { GlasscastError } from '../../protocol/errors.ts';
import type { Face } from '../../vision/face.ts';
import type { Overlay, OverlayPicture } from '../../vision/overlay.ts';
import { blackFrame } from './black-frame.ts';

/** Frames of newer browsers say when they were captured, and take that over; TypeScript does not know it yet. */
type Described = VideoFrame & { metadata?: () => object };

const BARE = 'An overlay failed to draw: the picture is sent without it.';
const LOST = 'The browser took back the canvas that overlays draw on, and was asked for another: a few pictures are not drawn on.';
const HIDDEN = 'An overlay that hides something failed to draw: no picture is sent.';

/** Draws overlays on frames. Works in a worker as on a page. */
export class OverlayStage {
  readonly #notice: (error: GlasscastError) => void;
  /** Overlays whose failure was told. */
  readonly #told = new WeakSet<Overlay>();
  #isLossTold = false;
  #canvas: OffscreenCanvas | null = null;
  #context: OffscreenCanvasRenderingContext2D | null = null;

  constructor(notice: (error: GlasscastError) => void) {
    this.#notice = notice;
  }

  /**
   * The frame with what the overlays draw on it, or the frame itself where none has anything to draw: it takes the frame over. An overlay
   * that throws is left out of this picture; the picture is black where it was there to hide something. The same happens while a canvas is lost
   * with its GPU: the next picture takes another.
   */
  draw(frame: VideoFrame, overlays: readonly Overlay[], faces: readonly Face[] | null): VideoFrame {
    const { displayWidth: width, displayHeight: height, timestamp } = frame;
    const picture: OverlayPicture = { width, height, timestamp, faces };
    // What cannot say whether it applies does, and fails or not.
    let drawing = overlays.filter((overlay) => this.#tried(overlay, () => overlay.appliesTo?.(picture) ?? true) ?? overlay.hides === true);
    try {
      while (drawing.length > 0) {
        const failed = this.#paint(frame, drawing, picture);
        if (this.#isLost) return this.#instead(frame, drawing);
        if (failed === null) return this.#taken(frame);
        if (failed.hides === true) return hidden(frame);
        // It may have drawn half of what it wanted to: once more, without it.
        drawing = drawing.filter((overlay) => overlay !== failed);
      }
    } catch (cause) {
      if (!this.#isLost) this.#notice(new GlasscastError('media', 'Nothing can be drawn on the picture here.', { cause }));
      return this.#instead(frame, drawing);
    }
    return frame;
  }

  /** Drawing does not fail on a canvas that is lost: it does nothing. */
  get #isLost(): boolean {
    return this.#context?.isContextLost?.() ?? false;
  }

  /** For a picture that could not be drawn on. */
  #instead(frame: VideoFrame, overlays: readonly Overlay[]): VideoFrame {
    if (this.#isLost && !this.#isLossTold) this.#notice(new GlasscastError('aborted', LOST));
    this.#isLossTold = this.#isLost;
    this.close();
    return overlays.some(({ hides }) => hides === true) ? hidden(frame) : frame;
  }

  /** Frees the canvas. The next picture takes another. */
  close(): void {
    if (this.#canvas !== null) this.#canvas.width = this.#canvas.height = 0;
    this.#canvas = null;
    this.#context = null;
  }

  /** The overlay that threw, or null. */
  #paint(frame: VideoFrame, overlays: readonly Overlay[], picture: OverlayPicture): Overlay | null {
    const context = this.#open(picture.width, picture.height);
    context.drawImage(frame, 0, 0, picture.width, picture.height);
    for (const overlay of overlays) {
      context.save();
      const drawn = this.#tried(overlay, () => {
        overlay.draw(context, picture);
        return true;
      });
      context.restore();
      if (drawn === undefined) return overlay;
    }
    return null;
  }

  /** The picture upright and in one piece: a frame's rotation and crop are in what was drawn. */
  #taken(frame: Described): VideoFrame {
    if (this.#canvas === null) throw new Error('nothing was drawn');
    const { timestamp, duration } = frame;
    const described = { timestamp, ...(duration === null ? {} : { duration }), ...(frame.metadata && { metadata: frame.metadata() }) };
    const drawn = new VideoFrame(this.#canvas, described);
    frame.close();
    this.#isLossTold = false;
    return drawn;
  }

  #tried<T>(overlay: Overlay, act: () => T): T | undefined {
    try {
      return act();
    } catch (cause) {
      if (!this.#told.has(overlay)) {
        this.#told.add(overlay);
        this.#notice(new GlasscastError('media', overlay.hides === true ? HIDDEN : BARE, { cause }));
      }
      return undefined;
    }
  }

  #open(width: number, height: number): OffscreenCanvasRenderingContext2D {
    // Lost since the picture before: what was lost comes back by itself or not at all, and another canvas is there at once.
    if (this.#isLost) this.close();
    if (this.#context === null || this.#canvas === null) {
      // Without alpha it is a little quicker; `willReadFrequently` costs half as much again at 1080p, `desynchronized` changes nothing (docs/faces.md).
      this.#canvas = new OffscreenCanvas(width, height);
      this.#context = this.#canvas.getContext('2d', { alpha: false });
    } else if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    if (this.#context === null) throw new Error('there is no canvas to draw on');
    return this.#context;
  }
}

/** Nothing, in place of the frame. */
function hidden(frame: VideoFrame): VideoFrame {
  const black = blackFrame(frame.displayWidth, frame.displayHeight, frame.timestamp);
  frame.close();
  return black;
}
