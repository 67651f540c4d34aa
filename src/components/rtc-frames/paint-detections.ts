import type { DetectedFace } from '../../protocol/messages/frames.ts';
import type { PictureSurface } from '../../ui/picture-canvas.ts';

export interface DetectionLook {
  /** Any CSS colour. */
  readonly color: string;
  /** Of lines, in CSS pixels. */
  readonly width: number;
}

/** Behind what is drawn, so that it is seen on any picture. */
const SHADE = 'rgb(0 0 0 / 55%)';

/** Boxes, and points within them. */
export function paintDetections(surface: PictureSurface, faces: readonly DetectedFace[], look: DetectionLook): void {
  const { context, width, height, density } = surface;
  const line = look.width * density;
  for (const { box, landmarks = [] } of faces) {
    const corner = Math.min(box.width * width, box.height * height) / 8;
    context.beginPath();
    context.roundRect(box.x * width, box.y * height, box.width * width, box.height * height, corner);
    context.lineWidth = line + 2 * density;
    context.strokeStyle = SHADE;
    context.stroke();
    context.lineWidth = line;
    context.strokeStyle = look.color;
    context.stroke();
    context.beginPath();
    // Smaller on a small face, so that they stay apart.
    const radius = Math.max(0.6 * density, Math.min(line * 0.8, (box.width * width) / 90));
    for (const [x, y] of landmarks) {
      context.moveTo(x * width + radius, y * height);
      context.arc(x * width, y * height, radius, 0, 2 * Math.PI);
    }
    context.fillStyle = look.color;
    context.fill();
  }
}
