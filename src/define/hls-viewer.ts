import { HlsViewer } from '../components/hls-viewer/hls-viewer.ts';
import { define } from '../ui/define.ts';

define('hls-viewer', HlsViewer);

declare global {
  interface HTMLElementTagNameMap {
    'hls-viewer': HlsViewer;
  }
}
