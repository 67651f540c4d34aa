import { ensureContextRoot } from '../ui/connection-context.ts';
import { offerParts } from '../ui/parts.ts';

// An rtc-connection around elements of another entry point may be defined after them.
ensureContextRoot();

offerParts({
  'rtc-grid': () => import('./rtc-grid.ts'),
  'rtc-tile': () => import('./rtc-tile.ts'),
  'rtc-controls': () => import('./rtc-controls.ts'),
  'rtc-prejoin': () => import('./rtc-prejoin.ts'),
  'rtc-panel': () => import('./rtc-panel.ts'),
  'rtc-chat': () => import('./rtc-chat.ts'),
  'rtc-roster': () => import('./rtc-roster.ts'),
  'rtc-stats': () => import('./rtc-stats.ts'),
  'rtc-device-picker': () => import('./rtc-device-picker.ts'),
});

export * from '../room.ts';

import './rtc-connection.ts';
import './rtc-room.ts';
