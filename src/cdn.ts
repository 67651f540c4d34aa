/** What `<script type="module" src="…/glasscast.js">` brings: every element, registered. */
import './define/room.ts';
import './define/lobby.ts';
import './define/broadcaster.ts';
import './define/hls-viewer.ts';
import './define/faces.ts';
