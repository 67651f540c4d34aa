import { icon } from './icon.ts';

/** Bars of a connection: two of three, and one of three. */
export const signalFair = /* @__PURE__ */ icon('M5.5 19v-4M12 19v-9M18.5 19v0');
export const signalPoor = /* @__PURE__ */ icon('M5.5 19v-4M12 19v0M18.5 19v0');
