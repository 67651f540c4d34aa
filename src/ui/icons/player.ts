import { icon } from './icon.ts';

export const live = /* @__PURE__ */ icon('M9 12a3 3 0 1 0 6 0 3 3 0 1 0-6 0zM6.7 6.7a7.5 7.5 0 0 0 0 10.6M17.3 6.7a7.5 7.5 0 0 1 0 10.6');
export const stop = /* @__PURE__ */ icon('M8.5 6.5h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z');
export const play = /* @__PURE__ */ icon('M8 5.5v13l10.5-6.5z');
export const pause = /* @__PURE__ */ icon('M8.5 6v12M15.5 6v12');
