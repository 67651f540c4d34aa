import { ContextConsumer } from '@lit/context';
import { css, html, type TemplateResult } from 'lit';
import type { PublisherReport } from '../../capture/publisher-options.ts';
import { messages } from '../../ui/localize.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { studioContext } from '../../ui/studio-context.ts';
import { tokens } from '../../ui/tokens.styles.ts';

const msg = messages('studioStats', {
  none: 'Figures are shown while you are live.',
  good: 'All is well.',
  uplink: 'The uplink is too slow for what was asked for.',
  processor: 'The computer is too busy for what was asked for.',
  sent: 'Sent',
  target: 'Encoder set to',
  delay: 'Delay to the server',
  dropped: 'Frames dropped',
  encoder: 'Encoder',
  transport: 'Way to the server',
  channel: 'WebSocket',
  http: 'HTTP',
  viewers: 'Watching',
  layer: 'Size {number}',
  layerOf: '{width}×{height}, {frames} frames a second, {rate}',
  resting: '{width}×{height}, resting',
  kbit: '{value} kbit/s',
  mbit: '{value} Mbit/s',
  ms: '{value} ms',
});

const statsStyles = css`
  :host {
    display: block;
    padding: 16px;
  }
  p {
    margin: 0 0 12px;
    font-size: 0.92rem;
  }
  p[data-limited='none'],
  .none {
    color: var(--_text-2);
  }
  dl {
    display: grid;
    gap: 8px;
    margin: 0;
    font-size: 0.9rem;
  }
  dl > div {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 16px;
  }
  dt {
    color: var(--_text-2);
  }
  dd {
    margin: 0;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    text-align: end;
  }
`;

/**
 * @summary How the broadcast of the `rtc-broadcaster` around it is doing, in figures: rates, delay, dropped frames, encoder, each size.
 * @tagname rtc-studio-stats
 * @csspart health - What keeps the broadcast below what was asked for, in words.
 * @csspart figures - All figures.
 * @csspart none - Said while there are none.
 */
export class RtcStudioStats extends RtcElement {
  static override styles = [tokens, statsStyles];

  readonly #studio = new ContextConsumer(this, { context: studioContext, subscribe: true });

  protected override render(): TemplateResult {
    const { report, viewers } = this.#studio.value ?? {};
    if (!report) return html`<p class="none" part="none">${msg('none')}</p>`;
    const health = report.limited === 'none' ? 'good' : report.limited;
    return html`<p part="health" data-limited=${report.limited}>${msg(health)}</p>
      <dl part="figures">
        ${figuresOf(report, viewers ?? null).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>`;
  }
}

function figuresOf(report: PublisherReport, viewers: number | null): [name: string, value: string][] {
  return [
    [msg('sent'), rateText(report.bitrate)],
    [msg('target'), rateText(report.targetBitrate)],
    ...report.layers.map((layer, index): [string, string] => {
      const { width, height } = layer;
      const values = { width, height, frames: Math.round(layer.frameRate), rate: rateText(layer.bitrate) };
      return [msg('layer', { number: index + 1 }), msg(layer.active ? 'layerOf' : 'resting', values)];
    }),
    [msg('dropped'), String(report.droppedFrames)],
    [msg('delay'), msg('ms', { value: Math.round(report.uplinkDelay) })],
    [msg('encoder'), report.encoder],
    [msg('transport'), msg(report.transport)],
    ...(viewers === null ? [] : [[msg('viewers'), String(viewers)] as [string, string]]),
  ];
}

function rateText(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1_000_000) return msg('mbit', { value: (bitsPerSecond / 1_000_000).toFixed(1) });
  return msg('kbit', { value: Math.round(bitsPerSecond / 1000) });
}
