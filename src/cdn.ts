/** What `<script type="module" src="…/glasscast.js">` brings: every element, registered; and, for `import`, what draws on pictures. */
import './define/room.ts';
import './define/lobby.ts';
import './define/broadcaster.ts';
import './define/hls-viewer.ts';
import './define/faces.ts';

export { registerOverlay } from './vision/overlay-registry.ts';
