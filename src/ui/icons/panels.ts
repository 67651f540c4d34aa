import { icon } from './icon.ts';

export const send = /* @__PURE__ */ icon('M4 11.8 20 4.5l-4.6 15.2-3.9-6.2zM11.5 13.5 20 4.5');
export const close = /* @__PURE__ */ icon('M6.5 6.5l11 11M17.5 6.5l-11 11');
export const remove = /* @__PURE__ */ icon('M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.4 10.5v5.5M13.6 10.5v5.5');
export const retry = /* @__PURE__ */ icon('M19 12a7 7 0 1 1-2.2-5.1L19 9M19 4.5V9h-4.5');
