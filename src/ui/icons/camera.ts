import { icon } from './icon.ts';

const CAMERA =
  'M5.5 6.5H13A2.5 2.5 0 0 1 15.5 9v6a2.5 2.5 0 0 1-2.5 2.5H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.5-2.5zM15.5 10.5l5.5-3v9l-5.5-3z';
const SLASH = 'M4 3.5 20 20.5';

export const camera = /* @__PURE__ */ icon(CAMERA);
export const cameraOff = /* @__PURE__ */ icon(CAMERA + SLASH);
