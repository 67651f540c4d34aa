import { css, html, nothing, type TemplateResult } from 'lit';
import { property, query } from 'lit/decorators.js';
import { close as closeIcon } from '../../ui/icons/panels.ts';
import { messages } from '../../ui/localize.ts';
import type { Panel } from '../../ui/room-context.ts';
import type { PanelRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import type { StudioPanel } from '../../ui/studio-context.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';

const msg = messages('panel', {
  chat: 'Chat',
  roster: 'Participants',
  stats: 'Connection',
  devices: 'Devices',
  settings: 'Settings',
  details: 'Title and link',
  close: 'Close {panel}',
});

const panelStyles = css`
  :host {
    display: block;
    min-block-size: 0;
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
    overflow: hidden;
  }
  section {
    display: flex;
    flex-direction: column;
    block-size: 100%;
    min-block-size: 0;
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
    padding: 6px 6px 6px 16px;
    padding-inline: 16px 6px;
    border-block-end: 1px solid var(--_border);
  }
  h2 {
    margin: 0;
    font-size: 1rem;
    outline: none;
  }
  header button {
    padding: 0;
    background: none;
  }
  .content {
    flex: 1;
    min-block-size: 0;
    overflow: auto;
    overscroll-behavior: contain;
    display: flex;
    flex-direction: column;
  }
  .content:focus-visible {
    outline: var(--_focus);
    outline-offset: -2px;
  }
  ::slotted(rtc-device-picker) {
    padding: 16px;
  }
`;

/**
 * @summary What stands beside the tiles of the default `rtc-room`, or the preview of `rtc-broadcaster`: a title, a button that closes, and one part.
 * @tagname rtc-panel
 * @slot - The part.
 * @event {CustomEvent<PanelRequestDetail>} rtc-panel-request - The user closes the panel. Cancelable.
 * @csspart header - Title and button.
 */
export class RtcPanel extends RtcElement {
  static override styles = [tokens, buttonStyles, panelStyles];

  /** Which part is shown: `chat`, `roster`, `stats` or `devices`; in a studio `settings`, `details`, `chat` or `stats`. */
  @property() panel: Panel | StudioPanel = 'chat';

  @query('h2') private readonly heading!: HTMLElement;

  /** Who had the focus before, and gets it back. */
  #opener: HTMLElement | null = null;

  protected override setup(): void {
    this.#opener = focused();
    this.addEventListener('keydown', this.#keyPressed);
  }

  protected override teardown(): void {
    this.removeEventListener('keydown', this.#keyPressed);
    const now = focused();
    // Only when nobody has taken the focus meanwhile.
    if (now === null || now === document.body) this.#opener?.focus();
  }

  protected override firstUpdated(changed: Map<PropertyKey, unknown>): void {
    super.firstUpdated(changed);
    this.heading.focus();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    if (changed.has('panel') && changed.get('panel') !== undefined) this.heading.focus();
  }

  protected override render(): TemplateResult {
    const name = msg(this.panel);
    const close = msg('close', { panel: name });
    // Figures alone have nothing in them to go to, and may be longer than the panel: the keyboard scrolls what it is in.
    const scrolls = this.panel === 'stats';
    return html`<section aria-labelledby="title">
      <header part="header">
        <h2 id="title" tabindex="-1">${name}</h2>
        <button type="button" aria-label=${close} title=${close} @click=${this.#close}>${closeIcon}</button>
      </header>
      <div class="content" role=${scrolls ? 'group' : nothing} aria-labelledby=${scrolls ? 'title' : nothing} tabindex=${scrolls ? '0' : nothing}>
        <slot></slot>
      </div>
    </section>`;
  }

  readonly #close = (): void => {
    this.emit<PanelRequestDetail>('rtc-panel-request', { panel: null }, { cancelable: true });
  };

  readonly #keyPressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    this.#close();
  };
}

/** Through all shadow trees. */
function focused(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element instanceof HTMLElement ? element : null;
}
