import { ensureContextRoot } from '../ui/connection-context.ts';

// An rtc-connection around elements of another entry point may be defined after them.
ensureContextRoot();

export * from '../room.ts';

import './rtc-connection.ts';
import './rtc-tile.ts';
import './rtc-grid.ts';
import './rtc-controls.ts';
import './rtc-room.ts';
