import { html, type TemplateResult } from 'lit';

/** A line drawing on a 24 × 24 grid, in the colour of the text; hidden from screen readers, since its button carries a name. */
export function icon(path: string): TemplateResult {
  return html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path} /></svg>`;
}
