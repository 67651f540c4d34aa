/** What can be drawn on pictures on their way from a camera to whoever sees them. */
import type { Microseconds } from '../protocol/units.ts';
import type { Face } from './face.ts';

export type OverlayContext = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** The picture that an overlay is asked to draw on. */
export interface OverlayPicture {
  /** In pixels; it changes when a phone is turned or another camera is chosen. */
  readonly width: number;
  readonly height: number;
  readonly timestamp: Microseconds;
  /**
   * The faces in this picture, carried on from the newest detections; null where nothing is known of them: before the first detection, or
   * when it cannot run. Empty when it runs and there is none.
   */
  readonly faces: readonly Face[] | null;
}

/** One kind of drawing. It lives as long as it is chosen, and sees each picture once, in order. */
export interface Overlay {
  /** Whether detection has to run for it. Default: false. */
  readonly needsFaces?: boolean;
  /**
   * With {@link needsFaces}: whether each picture is looked at before it is drawn on. It then comes as much later as that takes, no more pictures come
   * than can be looked at, and `faces` are those of this very picture, or null. Otherwise the faces of an earlier one are carried on to it. Default: false.
   */
  readonly looksFirst?: boolean;
  /** Whether it is there to hide something: where it fails, nothing is shown rather than the raw picture. Default: false. */
  readonly hides?: boolean;
  /** Whether it has anything to draw on this picture; pictures that nothing is drawn on pass untouched. Default: always. */
  appliesTo?(picture: OverlayPicture): boolean;
  /** Draws on the picture, which is on the canvas already, in its pixels. It may throw: the picture then passes without it (but see {@link hides}), and that is told. */
  draw(context: OverlayContext, picture: OverlayPicture): void;
  /** It is no longer chosen. */
  close?(): void;
}

/**
 * Makes an overlay. `options` are what the page gave for it, as JSON holds them: they may be anything, and what is unknown in them
 * should fall back rather than throw.
 */
export type OverlayFactory = (options: Readonly<Record<string, unknown>>) => Overlay | Promise<Overlay>;

/** One overlay that is asked for. */
export interface OverlayRequest {
  /** As it was registered: `face-contour`, `hide-face`, `watermark`, or one of the page's own. */
  readonly name: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Where detection finds what it runs on, and how it runs. */
export interface VisionSettings {
  /** Address of the model, a MediaPipe Face Landmarker bundle (`.task`). */
  readonly model: string;
  /** Address of the folder that holds MediaPipe's `vision_wasm_*` files, without a slash at its end. */
  readonly wasm: string;
  /** Detections a second at most, 1 to 60; it is lowered where the machine cannot keep up. Default: 30. */
  readonly detectRate?: number;
  /** Faces to look for, 1 to 10. Default: 1. */
  readonly maxFaces?: number;
  /** A copy of the worker on the page's own origin, for pages whose policy forbids `blob:` workers. */
  readonly workerUrl?: string;
}
