import { FaceContour } from '../components/face-contour/face-contour.ts';
import { define } from '../ui/define.ts';

define('face-contour', FaceContour);

declare global {
  interface HTMLElementTagNameMap {
    'face-contour': FaceContour;
  }
}
