/** Registers the elements of a broadcast; its parts when they stand in one. */
import { ensureContextRoot } from '../ui/connection-context.ts';
import { offerParts } from '../ui/parts.ts';

// An rtc-connection around elements of another entry point may be defined after them.
ensureContextRoot();

offerParts({
  'rtc-studio-controls': () => import('./rtc-studio-controls.ts'),
  'rtc-studio-settings': () => import('./rtc-studio-settings.ts'),
  'rtc-studio-details': () => import('./rtc-studio-details.ts'),
  'rtc-studio-stats': () => import('./rtc-studio-stats.ts'),
  'rtc-panel': () => import('./rtc-panel.ts'),
  'rtc-chat': () => import('./rtc-chat.ts'),
  'rtc-device-picker': () => import('./rtc-device-picker.ts'),
});

import './rtc-broadcaster.ts';
