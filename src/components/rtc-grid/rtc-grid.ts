import { ContextConsumer } from '@lit/context';
import { html, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import { type Participant, roomContext } from '../../ui/room-context.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { packTiles } from '../../ui/tile-packing.ts';
import { tokens } from '../../ui/tokens.styles.ts';
import type { RtcTile } from '../rtc-tile/rtc-tile.ts';
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

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #resize = new ResizeObserver(() => this.#measure());
  readonly #tiles = new Map<string, RtcTile>();
  #box = { width: 0, height: 0, gap: 0 };

  protected override setup(): void {
    this.#resize.observe(this);
  }

  protected override teardown(): void {
    this.#resize.disconnect();
  }

  protected override render(): TemplateResult {
    return html`<div class="tiles" part="tiles"></div>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#fill(this.#room.value?.participants ?? []);
    this.#pack();
  }

  /** A tile stays with its participant, and where it is: a picture that is moved in the document starts anew in some browsers. */
  #fill(participants: readonly Participant[]): void {
    // Oneself keeps the tile when the id arrives.
    const keyed = new Map(participants.map((one) => [one.self ? 'self' : one.id, one]));
    for (const [key, tile] of this.#tiles) {
      if (keyed.has(key)) continue;
      tile.remove();
      this.#tiles.delete(key);
    }
    for (const [key, participant] of keyed) {
      const tile = this.#tiles.get(key) ?? this.#add(key);
      tile.participant = participant;
    }
  }

  #add(key: string): RtcTile {
    const tile = document.createElement('rtc-tile');
    tile.setAttribute('part', 'tile');
    this.#tiles.set(key, tile);
    this.tiles.append(tile);
    return tile;
  }

  /** Only when the size has changed, and the layout with it: to ask at any other time would force one. */
  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this;
    this.#box = { width, height, gap: Number.parseFloat(getComputedStyle(this.tiles).columnGap) || 0 };
    this.#pack();
  }

  #pack(): void {
    const { width, height, gap } = this.#box;
    if (width === 0) return;
    const { style, childElementCount } = this.tiles;
    const tile = packTiles(childElementCount, width, height, gap);
    style.setProperty('--_tile-width', `${tile.width}px`);
    style.setProperty('--_tile-height', `${tile.height}px`);
  }
}
