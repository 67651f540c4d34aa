/** Registers the elements that look for faces. */
import { ensureContextRoot } from '../ui/connection-context.ts';

// An rtc-connection around elements of another entry point may be defined after them.
ensureContextRoot();

import './rtc-frames.ts';
