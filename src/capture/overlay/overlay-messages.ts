/** What page, line and painter say to each other, wherever they run. Frames go between line and painter alone, on a port of their own. */

import type { OverlayOrder } from '../../vision/create-overlay.ts';
import type { DetectionFigures, Face } from '../../vision/face.ts';
import type { ErrorData } from '../publisher-events.ts';

export interface LineFigures {
  /** As far as they came: the browser's own reader of a track drops without a word what nobody has taken when the next one is there. */
  readonly framesIn: number;
  readonly framesOut: number;
  /** Frames that newer ones overtook, or that nobody drew in time. */
  readonly dropped: number;
  /** Of those put out, the ones that something was drawn on. */
  readonly drawn: number;
}

/** From the line to the painter. */
export interface FrameToPaint {
  readonly frame: VideoFrame;
  /** It is of another input than the one before it, or may be: what was known of faces is not true of it. */
  readonly begins: boolean;
}

/** The painter's answer to a frame: another one, or the same. */
export interface PaintedFrame {
  readonly frame: VideoFrame;
  readonly drawn: boolean;
}

/** With what the page has registered under its name. A painter on the page alone may be given a factory. */
export type ResolvedRequest = OverlayOrder;

export interface PainterOptions {
  readonly detectRate?: number;
  /** Whether the page wants to hear of the faces in each frame. */
  readonly tellFaces: boolean;
}

export type ToLine =
  | { readonly type: 'open-line'; readonly writable: WritableStream<VideoFrame> }
  | { readonly type: 'input'; readonly feed: ReadableStream<VideoFrame> | null }
  | { readonly type: 'painter'; readonly port: MessagePort | null }
  | { readonly type: 'hold' }
  | { readonly type: 'close-line' };

export type FromLine =
  | { readonly type: 'painter-lost' }
  | { readonly type: 'input-ended' }
  | { readonly type: 'troubled'; readonly error: ErrorData }
  | { readonly type: 'broken'; readonly error: ErrorData }
  | { readonly type: 'figures'; readonly figures: LineFigures };

export type ToPainter =
  | { readonly type: 'open-painter'; readonly options: PainterOptions }
  | { readonly type: 'overlays'; readonly id: number; readonly requests: readonly ResolvedRequest[] }
  | { readonly type: 'connect'; readonly port: MessagePort }
  | { readonly type: 'landmarker'; readonly port: MessagePort | null };

export type FromPainter =
  | { readonly type: 'overlays-set'; readonly id: number; readonly hides: boolean }
  | { readonly type: 'needs-faces'; readonly needed: boolean }
  | { readonly type: 'faces-failed' }
  | { readonly type: 'notice'; readonly error: ErrorData }
  | { readonly type: 'detection'; readonly figures: DetectionFigures | null }
  | { readonly type: 'faces'; readonly faces: readonly Face[] | null };

export type FromOverlayWorker = FromLine | FromPainter | { readonly type: 'ready' };
