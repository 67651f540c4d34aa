import { html, type TemplateResult } from 'lit';

/**
 * Line drawings on a 24 × 24 grid, in the colour of the text; hidden from screen readers, since their buttons carry names.
 * Import them as `* as icons`: a bundle then holds those that it shows.
 */
function icon(path: string): TemplateResult {
  return html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path} /></svg>`;
}

const MICROPHONE = 'M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3';
const CAMERA =
  'M5.5 6.5H13A2.5 2.5 0 0 1 15.5 9v6a2.5 2.5 0 0 1-2.5 2.5H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.5-2.5zM15.5 10.5l5.5-3v9l-5.5-3z';
const FRAME = 'M4.5 4.5h15A1.5 1.5 0 0 1 21 6v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5zM8.5 20h7';
const SLASH = 'M4 3.5 20 20.5';

export const microphone = /* @__PURE__ */ icon(MICROPHONE);
export const microphoneOff = /* @__PURE__ */ icon(MICROPHONE + SLASH);
export const camera = /* @__PURE__ */ icon(CAMERA);
export const cameraOff = /* @__PURE__ */ icon(CAMERA + SLASH);
export const leave = /* @__PURE__ */ icon('M2.8 14.6c5.3-5.2 13.1-5.2 18.4 0l-2.4 2.4-3.6-1.8v-2.4a11 11 0 0 0-6.4 0v2.4L5.2 17z');
export const speaker = /* @__PURE__ */ icon('M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18.3 6.5a8 8 0 0 1 0 11');
export const live = /* @__PURE__ */ icon('M9 12a3 3 0 1 0 6 0 3 3 0 1 0-6 0zM6.7 6.7a7.5 7.5 0 0 0 0 10.6M17.3 6.7a7.5 7.5 0 0 1 0 10.6');
export const stop = /* @__PURE__ */ icon('M8.5 6.5h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z');
export const play = /* @__PURE__ */ icon('M8 5.5v13l10.5-6.5z');
export const screen = /* @__PURE__ */ icon(`${FRAME}M12 13.4V7.6M9.4 10 12 7.6l2.6 2.4`);
export const screenOff = /* @__PURE__ */ icon(`${FRAME}M9.8 8.2l4.4 4.6M14.2 8.2l-4.4 4.6`);
export const settings = /* @__PURE__ */ icon(
  'M4 7.5h8M16 7.5h4M4 16.5h4M12 16.5h8M12 7.5a2 2 0 1 0 4 0 2 2 0 1 0-4 0zM8 16.5a2 2 0 1 0 4 0 2 2 0 1 0-4 0z',
);
export const chat = /* @__PURE__ */ icon(
  'M5 4.5h14A1.5 1.5 0 0 1 20.5 6v9.5A1.5 1.5 0 0 1 19 17h-7.5L7 20.5V17H5a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 5 4.5zM8 9h8M8 12.5h5',
);
export const people = /* @__PURE__ */ icon(
  'M5.5 8.5a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0zM2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 5.2a3.5 3.5 0 0 1 0 6.6M18 14.1a6.5 6.5 0 0 1 3.5 5.4',
);
export const pictureInPicture = /* @__PURE__ */ icon(
  'M4.5 5h15A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-11A1.5 1.5 0 0 1 4.5 5zM12 12h5.5v4H12z',
);
export const fullscreen = /* @__PURE__ */ icon(
  'M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15',
);
export const fullscreenExit = /* @__PURE__ */ icon(
  'M9 4v3.5A1.5 1.5 0 0 1 7.5 9H4M20 9h-3.5A1.5 1.5 0 0 1 15 7.5V4M15 20v-3.5a1.5 1.5 0 0 1 1.5-1.5H20M4 15h3.5A1.5 1.5 0 0 1 9 16.5V20',
);
export const pin = /* @__PURE__ */ icon('M9 4h6l-.8 6 3.3 3.5V15h-11v-1.5L9.8 10zM12 15v5.5');
/** Bars of a connection: two of three, and one of three. */
export const signalFair = /* @__PURE__ */ icon('M5.5 19v-4M12 19v-9M18.5 19v0');
export const signalPoor = /* @__PURE__ */ icon('M5.5 19v-4M12 19v0M18.5 19v0');
export const send = /* @__PURE__ */ icon('M4 11.8 20 4.5l-4.6 15.2-3.9-6.2zM11.5 13.5 20 4.5');
export const close = /* @__PURE__ */ icon('M6.5 6.5l11 11M17.5 6.5l-11 11');
export const remove = /* @__PURE__ */ icon('M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.4 10.5v5.5M13.6 10.5v5.5');
export const retry = /* @__PURE__ */ icon('M19 12a7 7 0 1 1-2.2-5.1L19 9M19 4.5V9h-4.5');
export const figures = /* @__PURE__ */ icon('M4 19.5h16M7 16v-4M12 16V6M17 16V9');
