import { icon } from './icon.ts';

/** Bars of a connection: two of three, and struck through. */
export const signalFair = /* @__PURE__ */ icon('M5 19.5v-5M12 19.5V9.5M19 19.5v0');
export const signalPoor = /* @__PURE__ */ icon('M5 19.5v-5M12 19.5V9.5M19 19.5v-15M4 3.5 20 20.5');
