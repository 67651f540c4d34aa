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
