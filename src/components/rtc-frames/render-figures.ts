import { html, type TemplateResult } from 'lit';
import type { FrameResult } from '../../vision/frames/frame-loop.ts';
import { words } from './frames-words.ts';

/** How many faces there are, and how long the answer took. */
export function renderFigures({ faces, roundTrip, ms }: FrameResult): TemplateResult {
  const took = (value: number): string => words('ms', { value: Math.round(value) });
  const figure = (name: string, value: string | number): TemplateResult => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl part="figures">
    ${figure(words('faces'), faces.length)}${figure(words('round-trip'), took(roundTrip))}${figure(words('on-server'), took(ms))}
  </dl>`;
}
