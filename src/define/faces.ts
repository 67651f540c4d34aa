/** Registers the elements that look for faces once one of them is in the document. */
import { ensureContextRoot } from '../ui/connection-context.ts';
import { defineOnDemand } from '../ui/define-on-demand.ts';

// An rtc-connection around elements of another entry point may be defined after them.
ensureContextRoot();

if (typeof document !== 'undefined') {
  defineOnDemand({
    'face-contour': () => import('./face-contour.ts'),
    'rtc-frames': () => import('./rtc-frames.ts'),
  });
}
