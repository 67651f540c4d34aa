import { ensureContextRoot } from '../ui/connection-context.ts';

// An rtc-connection around elements of another entry point may be defined after them.
ensureContextRoot();

export * from '../lobby.ts';

import './rtc-connection.ts';
import './rtc-lobby.ts';
