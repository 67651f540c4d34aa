import { icon } from './icon.ts';

const FRAME = 'M4.5 5h15A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-11A1.5 1.5 0 0 1 4.5 5z';

/** An element of the page. */
export const element = /* @__PURE__ */ icon(`${FRAME}M3 9h18M10.5 11.8v4.4l3.8-2.2z`);
export const file = /* @__PURE__ */ icon(
  'M7 3.5h7l4.5 4.5v11A1.5 1.5 0 0 1 17 20.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5zM14 3.5V8h4.5M10 11.5v5l4-2.5z',
);
export const details = /* @__PURE__ */ icon('M5 7h14M5 12h14M5 17h8');
