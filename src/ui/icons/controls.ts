import { icon } from './icon.ts';

const FRAME = 'M4.5 4.5h15A1.5 1.5 0 0 1 21 6v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5zM8.5 20h7';
const UP = 'M12 13.4V7.6M9.4 10 12 7.6l2.6 2.4';
const CROSS = 'M9.8 8.2l4.4 4.6M14.2 8.2l-4.4 4.6';

export const leave = /* @__PURE__ */ icon('M2.8 14.6c5.3-5.2 13.1-5.2 18.4 0l-2.4 2.4-3.6-1.8v-2.4a11 11 0 0 0-6.4 0v2.4L5.2 17z');
export const screen = /* @__PURE__ */ icon(FRAME + UP);
export const screenOff = /* @__PURE__ */ icon(FRAME + CROSS);
export const settings = /* @__PURE__ */ icon(
  'M4 7.5h8M16 7.5h4M4 16.5h4M12 16.5h8M12 7.5a2 2 0 1 0 4 0 2 2 0 1 0-4 0zM8 16.5a2 2 0 1 0 4 0 2 2 0 1 0-4 0z',
);
export const chat = /* @__PURE__ */ icon(
  'M5 4.5h14A1.5 1.5 0 0 1 20.5 6v9.5A1.5 1.5 0 0 1 19 17h-7.5L7 20.5V17H5a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 5 4.5zM8 9h8M8 12.5h5',
);
export const people = /* @__PURE__ */ icon(
  'M5.5 8.5a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0zM2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 5.2a3.5 3.5 0 0 1 0 6.6M18 14.1a6.5 6.5 0 0 1 3.5 5.4',
);
export const figures = /* @__PURE__ */ icon('M4 19.5h16M7 16v-4M12 16V6M17 16V9');
export const pictureInPicture = /* @__PURE__ */ icon(
  'M4.5 5h15A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-11A1.5 1.5 0 0 1 4.5 5zM12 12h5.5v4H12z',
);
export const fullscreen = /* @__PURE__ */ icon(
  'M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15',
);
export const fullscreenExit = /* @__PURE__ */ icon(
  'M9 4v3.5A1.5 1.5 0 0 1 7.5 9H4M20 9h-3.5A1.5 1.5 0 0 1 15 7.5V4M15 20v-3.5a1.5 1.5 0 0 1 1.5-1.5H20M4 15h3.5A1.5 1.5 0 0 1 9 16.5V20',
);
