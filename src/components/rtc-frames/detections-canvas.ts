import type { DetectedFace } from '../../protocol/messages/frames.ts';
import { PictureCanvas } from '../../ui/picture-canvas.ts';
import type { paintDetections } from './paint-detections.ts';

const LINE = { least: 0.5, most: 20, usual: 2 } as const;
const COLOR = '#35e0b0';

/** What was found, drawn over the video that it was found in. */
export class DetectionsCanvas {
  readonly #over: PictureCanvas;
  readonly #host: HTMLElement;
  readonly #paint: () => typeof paintDetections | null;

  /**
   * @param host whose custom properties say how lines look
   * @param paint comes with what is loaded when the element starts
   */
  constructor(canvas: HTMLCanvasElement, host: HTMLElement, paint: () => typeof paintDetections | null) {
    this.#over = new PictureCanvas(canvas);
    this.#host = host;
    this.#paint = paint;
  }

  draw(video: HTMLVideoElement | null, faces: readonly DetectedFace[]): void {
    this.#over.clear();
    const surface = video === null || faces.length === 0 ? null : this.#over.begin(video);
    if (surface === null) return;
    const style = getComputedStyle(this.#host);
    const width = Number.parseFloat(style.getPropertyValue('--rtc-frames-width'));
    this.#paint()?.(surface, faces, {
      color: style.getPropertyValue('--rtc-frames-color').trim() || COLOR,
      width: width >= LINE.least && width <= LINE.most ? width : LINE.usual,
    });
  }

  clear(): void {
    this.#over.clear();
  }

  close(): void {
    this.#over.close();
  }
}
