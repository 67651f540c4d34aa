import { ContextConsumer } from '@lit/context';
import { html, type TemplateResult } from 'lit';
import { property, query } from 'lit/decorators.js';
import { emptyRoomView, roomContext } from '../../ui/room-context.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { type GridLayout, tilesOf } from '../../ui/tile-layout.ts';
import { packTiles } from '../../ui/tile-packing.ts';
import { tokens } from '../../ui/tokens.styles.ts';
import type { RtcTile } from '../rtc-tile/rtc-tile.ts';
import { gridStyles } from './rtc-grid.styles.ts';

/**
 * @summary All participants of the `rtc-room` around it, and what they share, each as large as the box allows.
 * @tagname rtc-grid
 * @csspart tiles - The box that holds the tiles.
 * @csspart tile - Each tile.
 * @csspart large - The tile in the spotlight.
 * @cssproperty --rtc-grid-gap - Between tiles. Default: 10px.
 */
export class RtcGrid extends RtcElement {
  static override styles = [tokens, gridStyles];

  @query('.tiles') private readonly tiles!: HTMLElement;

  /**
   * `auto` (default) makes large what is pinned or shared, `spotlight` always one tile: else who spoke last. In a `grid` all are
   * alike.
   */
  @property() layout: GridLayout = 'auto';

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #resize = new ResizeObserver(([entry]) => entry && this.#measure(entry.contentRect));
  readonly #tiles = new Map<string, RtcTile>();
  #stage: typeof import('./grid-stage.ts') | undefined;
  #staging = false;
  #large: string | undefined;
  #arranged = '';
  #box = { width: 0, height: 0, gap: 0 };

  protected override setup(): void {
    if (this.hasUpdated) this.#resize.observe(this.tiles);
  }

  protected override teardown(): void {
    this.#resize.disconnect();
  }

  protected override firstUpdated(): void {
    this.#resize.observe(this.tiles);
  }

  protected override render(): TemplateResult {
    return html`<div class="tiles" part="tiles"></div>`;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (!['auto', 'grid', 'spotlight'].includes(this.layout)) this.warnOnce(`layout="${this.layout}" is unknown; auto is used`);
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    const view = this.#room.value ?? emptyRoomView;
    const wanted = tilesOf(view.participants);
    const names = [...wanted.keys()];
    if (this.layout !== 'auto' || view.pinned !== null || names.length > 2) void this.#loadStage();
    this.#large = this.#stage?.spotlightOf(names, view, this.layout, this.#large);
    const arranged = [this.layout, this.#large, ...names].join();
    if (arranged !== this.#arranged) {
      this.#arranged = arranged;
      this.#arrange(names);
    }
    for (const [name, participant] of wanted) {
      const tile = this.#tiles.get(name);
      if (tile) tile.participant = participant;
    }
  }

  async #loadStage(): Promise<void> {
    if (this.#staging) return;
    this.#staging = true;
    try {
      this.#stage = await import('./grid-stage.ts');
      const { styleSheet } = this.#stage.stageStyles;
      if (styleSheet) this.shadowRoot?.adoptedStyleSheets.push(styleSheet);
      this.requestUpdate();
    } catch {
      this.warnOnce('has no spotlight: its script could not be loaded');
    }
  }

  /** A tile stays with its participant, and where it is: a picture that is moved in the document starts anew in some browsers. */
  #arrange(names: readonly string[]): void {
    const settle = this.#stage?.glide(this.#tiles.values());
    let previous: RtcTile | undefined;
    for (const [name, tile] of this.#tiles) {
      if (names.includes(name)) continue;
      tile.remove();
      this.#tiles.delete(name);
    }
    for (const name of names) {
      const tile = this.#tiles.get(name) ?? this.#add(name, previous);
      tile.part.toggle('large', tile.classList.toggle('large', name === this.#large));
      previous = tile;
    }
    const { classList, style } = this.tiles;
    classList.toggle('spotlight', this.#large !== undefined);
    classList.toggle('pair', this.layout === 'auto' && names.length === 2);
    style.setProperty('--_others', `${names.length - 1}`);
    this.#pack();
    settle?.();
  }

  #add(name: string, previous: RtcTile | undefined): RtcTile {
    const tile = document.createElement('rtc-tile');
    tile.part.add('tile');
    tile.source = name.endsWith('/screen') ? 'screen' : 'camera';
    this.#tiles.set(name, tile);
    if (previous) previous.after(tile);
    else this.tiles.prepend(tile);
    return tile;
  }

  /** Only when the size has changed, and the layout with it: to ask at any other time would force one. */
  #measure({ width, height }: DOMRectReadOnly): void {
    this.#box = { width, height, gap: Number.parseFloat(getComputedStyle(this.tiles).columnGap) || 0 };
    this.#pack();
  }

  #pack(): void {
    const { width, height, gap } = this.#box;
    if (width === 0) return;
    const { style } = this.tiles;
    const tile = packTiles(this.#tiles.size, width, height, gap);
    style.setProperty('--_tile-width', `${tile.width}px`);
    style.setProperty('--_tile-height', `${tile.height}px`);
  }
}
