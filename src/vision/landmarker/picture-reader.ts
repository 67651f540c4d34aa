/** Pictures as the CPU looks at them: pixels, no larger than detection gains from. */
import { GlasscastError } from '../../protocol/errors.ts';
import type { Size } from './picture-size.ts';
import { detectionSize, pictureSize } from './picture-size.ts';

export class PictureReader {
  #context: OffscreenCanvasRenderingContext2D | null = null;

  read(picture: VideoFrame | ImageBitmap | OffscreenCanvas): ImageData {
    const { width, height } = detectionSize(pictureSize(picture));
    const context = this.#contextFor({ width, height });
    context.drawImage(picture, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  #contextFor({ width, height }: Size): OffscreenCanvasRenderingContext2D {
    if (this.#context === null) {
      // Kept where the CPU reads it: otherwise each picture would come back from the GPU.
      const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
      if (context === null) throw new GlasscastError('unsupported', 'This browser gives no canvas to read pictures with.');
      this.#context = context;
    }
    const { canvas } = this.#context;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    return this.#context;
  }
}
