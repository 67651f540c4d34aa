import { html, type SVGTemplateResult, svg, type TemplateResult } from 'lit';

/** Line drawings on a 24 × 24 grid, in the colour of the text; hidden from screen readers, since their buttons carry names. */
function icon(shape: SVGTemplateResult): TemplateResult {
  return html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shape}</svg>`;
}

const slash = svg`<path d="M4 3.5 20 20.5"/>`;
const microphone = svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>`;
const camera = svg`<rect x="3" y="6.5" width="12.5" height="11" rx="2.5"/><path d="m15.5 10.5 5.5-3v9l-5.5-3z"/>`;

export const icons = {
  microphone: icon(microphone),
  microphoneOff: icon(svg`${microphone}${slash}`),
  camera: icon(camera),
  cameraOff: icon(svg`${camera}${slash}`),
  leave: icon(svg`<path d="M2.8 14.6c5.3-5.2 13.1-5.2 18.4 0l-2.4 2.4-3.6-1.8v-2.4a11 11 0 0 0-6.4 0v2.4L5.2 17z"/>`),
  speaker: icon(svg`<path d="M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18.3 6.5a8 8 0 0 1 0 11"/>`),
  live: icon(svg`<circle cx="12" cy="12" r="3"/><path d="M6.7 6.7a7.5 7.5 0 0 0 0 10.6M17.3 6.7a7.5 7.5 0 0 1 0 10.6"/>`),
  stop: icon(svg`<rect x="6.5" y="6.5" width="11" height="11" rx="2"/>`),
  play: icon(svg`<path d="M8 5.5v13l10.5-6.5z"/>`),
  pause: icon(svg`<path d="M8.5 6v12M15.5 6v12"/>`),
  warning: icon(svg`<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1"/>`),
} as const;
