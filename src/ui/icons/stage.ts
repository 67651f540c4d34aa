import { icon } from './icon.ts';

export const speaker = /* @__PURE__ */ icon('M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18.3 6.5a8 8 0 0 1 0 11');
export const pin = /* @__PURE__ */ icon('M9 4h6l-.8 6 3.3 3.5V15h-11v-1.5L9.8 10zM12 15v5.5');
