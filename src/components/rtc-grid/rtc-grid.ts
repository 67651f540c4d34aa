import { ContextConsumer } from '@lit/context';
import { html, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { roomContext } from '../../ui/room-context.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { packTiles } from '../../ui/tile-packing.ts';
import { tokens } from '../../ui/tokens.styles.ts';
import { gridStyles } from './rtc-grid.styles.ts';

/**
 * @summary All participants of the `rtc-room` around it, each as large as the box allows.
 * @tagname rtc-grid
 * @csspart tiles - The box that holds the tiles.
 * @csspart tile - Each tile.
 * @cssproperty --rtc-grid-gap - Between tiles. Default: 10px.
 */
export class RtcGrid extends RtcElement {
  static override styles = [tokens, gridStyles];

  @query('.tiles') private readonly tiles!: HTMLElement;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true, callback: () => this.requestUpdate() });
  readonly #resize = new ResizeObserver(() => this.#pack());

  protected override setup(): void {
    this.#resize.observe(this);
  }

  protected override teardown(): void {
    this.#resize.disconnect();
  }

  protected override render(): TemplateResult {
    const participants = this.#room.value?.participants ?? [];
    return html`<div class="tiles" part="tiles">
      ${repeat(
        participants,
        // Oneself keeps the tile when the id arrives.
        (one) => (one.self ? 'self' : one.id),
        (one) => html`<rtc-tile part="tile" .participant=${one}></rtc-tile>`,
      )}
    </div>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#pack();
  }

  #pack(): void {
    const { tiles } = this;
    if (!tiles) return;
    const gap = Number.parseFloat(getComputedStyle(tiles).columnGap) || 0;
    const { width, height } = packTiles(tiles.childElementCount, tiles.clientWidth, tiles.clientHeight, gap);
    tiles.style.setProperty('--_tile-width', `${width}px`);
    tiles.style.setProperty('--_tile-height', `${height}px`);
  }
}
