/** What a tile has besides picture, sound and name. Loaded when a link is up: the first picture does not wait for it. */
import { css, html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import type { Participant } from '../../ui/room-context.ts';
import type { PinRequestDetail, TileWatchDetail } from '../../ui/room-requests.ts';
import { observeVisibility, unobserveVisibility } from '../../ui/tile-visibility.ts';

export { labelQuality } from '../../ui/tile-quality.ts';

const msg = messages('tile', {
  pin: 'Pin {name}',
  unpin: 'Unpin {name}',
});

/** What a tile shows, as of now. */
export interface ShownTile {
  readonly participant: Participant;
  readonly slot: 'video' | 'screen';
  /** As in `RoomView.pinned`. */
  readonly tile: string;
  readonly name: string;
  readonly pinned: boolean;
  /** Whether there is anything to be larger than. */
  readonly pinnable: boolean;
  /** The device that sound comes out of. */
  readonly sink: string | null;
}

export class TileExtras implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #shown: () => ShownTile | undefined;
  #listeners = new AbortController();
  #inView: boolean | undefined;
  #told = '';
  #sink: string | null = null;

  constructor(host: ReactiveControllerHost & HTMLElement, video: HTMLVideoElement, shown: () => ShownTile | undefined) {
    this.#host = host;
    this.#video = video;
    this.#shown = shown;
    const { styleSheet } = extraStyles;
    if (styleSheet) host.shadowRoot?.adoptedStyleSheets.push(styleSheet);
    host.addController(this);
  }

  hostConnected(): void {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const tell = (): void => this.#tellWatched();
    document.addEventListener('visibilitychange', tell, { signal });
    this.#video.addEventListener('enterpictureinpicture', tell, { signal });
    this.#video.addEventListener('leavepictureinpicture', tell, { signal });
    this.#host.addEventListener('dblclick', this.#pin, { signal });
    // Some browsers let a tap hover only over what listens for clicks; the button shows on hover.
    this.#host.addEventListener('click', () => undefined, { signal });
    observeVisibility(this.#host, (inView) => {
      this.#inView = inView;
      this.#tellWatched();
    });
  }

  hostDisconnected(): void {
    this.#listeners.abort('removed');
    unobserveVisibility(this.#host);
    this.#inView = undefined;
    this.#told = '';
  }

  hostUpdated(): void {
    this.#tellWatched();
    const sink = this.#shown()?.sink ?? null;
    if (sink === this.#sink) return;
    this.#sink = sink;
    // A device that has just gone: sound stays where it is until another one is live.
    this.#video.setSinkId?.(sink ?? '').catch(() => undefined);
  }

  render(): TemplateResult | typeof nothing {
    const shown = this.#shown();
    if (!shown?.pinnable) return nothing;
    const words = msg(shown.pinned ? 'unpin' : 'pin', { name: shown.name });
    return html`<button part="pin" type="button" aria-label=${words} title=${words} @click=${this.#pin} @dblclick=${stop}>${icons.pin}</button>`;
  }

  readonly #pin = (): void => {
    const shown = this.#shown();
    if (!shown?.pinnable) return;
    const detail: PinRequestDetail = { tile: shown.pinned ? null : shown.tile };
    this.#host.dispatchEvent(new CustomEvent('rtc-pin-request', { detail, bubbles: true, composed: true, cancelable: true }));
  };

  /** Says whether the others need to send this tile's picture, when that is another answer than before. */
  #tellWatched(): void {
    const shown = this.#shown();
    if (shown === undefined || shown.participant.self || this.#inView === undefined) return;
    // Where a page is not told of picture-in-picture, it may be looked at although the page is hidden.
    const pageInView = document.visibilityState === 'visible' || !('pictureInPictureEnabled' in document);
    const watched = (this.#inView && pageInView) || this.#host.shadowRoot?.pictureInPictureElement === this.#video;
    const detail: TileWatchDetail = { peerId: shown.participant.id, slot: shown.slot, watched };
    const told = JSON.stringify(detail);
    if (told === this.#told) return;
    this.#told = told;
    this.#host.dispatchEvent(new CustomEvent('rtc-tile-watch', { detail, bubbles: true, composed: true }));
  }
}

/** The second click on the button takes back the first, and no more. */
function stop(event: Event): void {
  event.stopPropagation();
}

const extraStyles = css`
  .label .name ~ svg {
    inline-size: 1.4em;
    block-size: 1.4em;
    color: #ffc555;
  }
  button {
    position: absolute;
    inset-inline-end: 8px;
    inset-block-start: 8px;
    display: grid;
    place-items: center;
    inline-size: 32px;
    block-size: 32px;
    padding: 0;
    border: 0;
    border-radius: 8px;
    background: rgb(12 14 22 / 68%);
    color: #fff;
    cursor: pointer;
    opacity: 0;
    pointer-events: none;
  }
  :host(:hover) button,
  :host(:state(pinned)) button,
  button:focus-visible {
    opacity: 1;
    pointer-events: auto;
  }
  button:focus-visible {
    outline: 2px solid #fff;
    outline-offset: 2px;
  }
  :host(:state(pinned)) button {
    background: #fff;
    color: #14171f;
  }
  button svg {
    inline-size: 18px;
    block-size: 18px;
  }
  @container (max-width: 140px) or (max-height: 100px) {
    button {
      inset-inline-end: 4px;
      inset-block-start: 4px;
      inline-size: 26px;
      block-size: 26px;
    }
  }
`;
