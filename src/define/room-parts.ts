export * from '../room-parts.ts';

import './rtc-chat.ts';
import './rtc-controls.ts';
import './rtc-device-picker.ts';
import './rtc-grid.ts';
import './rtc-panel.ts';
import './rtc-prejoin.ts';
import './rtc-roster.ts';
import './rtc-stats.ts';
