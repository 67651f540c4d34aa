import { icon } from './icon.ts';

const MICROPHONE = 'M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3';
const SLASH = 'M4 3.5 20 20.5';

export const microphone = /* @__PURE__ */ icon(MICROPHONE);
export const microphoneOff = /* @__PURE__ */ icon(MICROPHONE + SLASH);
