import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { type StudioPanel, type StudioView, studioContext } from '../../ui/studio-context.ts';
import type { StudioRequests } from '../../ui/studio-requests.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { LevelMeter } from '../../webrtc/level-meter.ts';
import { studioControlsStyles } from './rtc-studio-controls.styles.ts';

const msg = messages('studioControls', {
  sound: 'Sound',
  sources: 'Picture',
  panels: 'Panels',
  microphoneOn: 'Microphone on, mute',
  microphoneOff: 'Microphone off, unmute',
  level: 'Level of the sound',
  clipping: 'Too loud',
  camera: 'Camera',
  screen: 'Screen',
  element: 'Part of this page',
  file: 'Play a file…',
  insetOn: 'Camera in the corner, hide it',
  insetOff: 'Show the camera in the corner',
  settings: 'Settings',
  details: 'Title and link',
  chat: 'Chat',
  chatUnread: 'Chat, {count} unread',
  stats: 'Connection',
});

const PANELS = ['settings', 'details', 'chat', 'stats'] as const satisfies readonly StudioPanel[];
const PANEL_ICONS = { settings: icons.settings, details: icons.details, chat: icons.chat, stats: icons.figures };
const SOURCES = ['camera', 'screen', 'element'] as const;
const SOURCE_ICONS = { camera: icons.camera, screen: icons.screen, element: icons.element };

/** Each drawing of the level costs the computer that encodes: a bar that followed smoothly took a tenth of a core. */
const LEVEL_MS = 100;
const LEVEL_STEPS = 24;
/** How long a peak that was too loud is shown. */
const CLIPPING_MS = 1500;
/** Of full scale: from here on the sound is cut off. */
const CLIPPING = 0.985;

interface Look {
  readonly part: string;
  readonly name: string;
  readonly icon: TemplateResult;
  readonly look?: string;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly badge?: string;
  act(): void;
}

/**
 * @summary Microphone with its level, what is sent as the picture, and the panels, for the `rtc-broadcaster` around it.
 * @tagname rtc-studio-controls
 * @slot - More buttons, at the end.
 * @event {CustomEvent<EnableRequestDetail>} rtc-microphone-request - The user wants the microphone on or off. Cancelable.
 * @event {CustomEvent<SourceRequestDetail>} rtc-source-request - The user wants another picture. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-inset-request - The user wants the camera in the corner, or no longer. Cancelable.
 * @event {CustomEvent<StudioPanelRequestDetail>} rtc-panel-request - The user wants to see a panel, or none. Cancelable.
 * @csspart bar - The row of buttons.
 * @csspart microphone - The microphone button.
 * @csspart level - The level of the sound that is sent.
 * @csspart camera - The button that sends the camera.
 * @csspart screen - The button that sends a screen.
 * @csspart element - The button that sends the element of the page that `for` names.
 * @csspart file - The button that plays a file.
 * @csspart inset - The button for the camera in the corner.
 * @csspart settings - The button that opens the settings.
 * @csspart details - The button that opens title and link.
 * @csspart chat - The button that opens the chat.
 * @csspart stats - The button that opens the figures of the connection.
 * @csspart badge - The number of unread messages.
 * @cssproperty --rtc-level - Colour of the level.
 * @cssstate clipping - The sound was too loud within the last moment.
 */
export class RtcStudioControls extends RtcElement {
  static override styles = [tokens, buttonStyles, studioControlsStyles];
  /** @ignore */
  static override shadowRootOptions: ShadowRootInit = { ...RtcElement.shadowRootOptions, delegatesFocus: true };

  @query('.level') private readonly level!: HTMLElement | null;
  @query('input') private readonly chooser!: HTMLInputElement | null;

  readonly #studio = new ContextConsumer(this, { context: studioContext, subscribe: true });
  readonly #internals = this.attachInternals();
  readonly #meter = new LevelMeter({
    interval: LEVEL_MS,
    onLevel: (level) => this.#showLevel(level),
    onPeak: (peak) => this.#peaked(peak),
  });
  #listeners = new AbortController();
  #shownLevel = 0;
  #clippingTimer: ReturnType<typeof setTimeout> | undefined;

  protected override setup(): void {
    this.#listeners = new AbortController();
    document.addEventListener('visibilitychange', () => this.#updateMeter(), { signal: this.#listeners.signal });
    this.requestUpdate();
  }

  protected override teardown(): void {
    this.#listeners.abort('removed');
    clearTimeout(this.#clippingTimer);
    this.#meter.active = false;
    this.#meter.close();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#updateMeter();
  }

  protected override render(): TemplateResult | typeof nothing {
    const view = this.#studio.value;
    if (view === undefined) return nothing;
    const shown = (name: string): boolean => !view.hidden.includes(name);
    const sources = SOURCES.filter((name) => shown(name) && isPossible(name, view));
    const panels = PANELS.filter(shown);
    const hasSound = shown('microphone') && !view.settings.noAudio;
    const hasInset = shown('inset') && view.source !== 'camera';
    // One source is no choice.
    const hasSources = sources.length > 1 || shown('file');
    return html`<div class="bar" part="bar">
      ${hasSound ? html`<div class="group" role="group" aria-label=${msg('sound')}>${this.#renderMicrophone(view)}</div>` : nothing}
      ${
        hasSources || hasInset
          ? html`<div class="group" role="group" aria-label=${msg('sources')}>
            ${sources.map((source) => this.#renderButton(this.#sourceButton(source, view)))}
            ${shown('file') ? this.#renderFile() : nothing}
            ${hasInset ? this.#renderButton(this.#insetButton(view)) : nothing}
          </div>`
          : nothing
      }
      ${panels.length > 0 ? html`<div class="group" role="group" aria-label=${msg('panels')}>${panels.map((panel) => this.#renderButton(this.#panelButton(panel, view)))}</div>` : nothing}
      <slot></slot>
    </div>`;
  }

  #renderMicrophone({ microphone }: StudioView): TemplateResult {
    return html`${this.#renderButton({
      part: 'microphone',
      name: msg(microphone ? 'microphoneOn' : 'microphoneOff'),
      icon: microphone ? icons.microphone : icons.microphoneOff,
      look: 'device',
      pressed: microphone,
      act: () => this.#ask('rtc-microphone-request', { enabled: !microphone }),
    })}<div class="level" part="level" role="meter" aria-label=${msg('level')} aria-valuemin="0" aria-valuemax="100" aria-valuenow="0" title=${msg('level')}><div></div><span>${msg('clipping')}</span></div>`;
  }

  #sourceButton(source: (typeof SOURCES)[number], view: StudioView): Look {
    return {
      part: source,
      name: msg(source),
      icon: SOURCE_ICONS[source],
      pressed: view.source === source,
      // A screen that is shared already may be changed for another one.
      act: () => (view.source !== source || source === 'screen') && this.#ask('rtc-source-request', { source }),
    };
  }

  #insetButton({ inset }: StudioView): Look {
    const act = (): void => this.#ask('rtc-inset-request', { enabled: !inset });
    return { part: 'inset', name: msg(inset ? 'insetOn' : 'insetOff'), icon: icons.pictureInPicture, pressed: inset, act };
  }

  #panelButton(panel: StudioPanel, view: StudioView): Look {
    const unread = panel === 'chat' ? view.unread : 0;
    const expanded = view.panel === panel;
    return {
      part: panel,
      name: unread > 0 ? msg('chatUnread', { count: unread }) : msg(panel),
      icon: PANEL_ICONS[panel],
      expanded,
      badge: unread === 0 ? undefined : unread > 99 ? '99+' : String(unread),
      act: () => this.#ask('rtc-panel-request', { panel: expanded ? null : panel }),
    };
  }

  #renderFile(): TemplateResult {
    const act = (): void => this.chooser?.click();
    return html`${this.#renderButton({ part: 'file', name: msg('file'), icon: icons.file, act })}<input type="file" accept="video/*,audio/*" hidden @change=${this.#chosen} />`;
  }

  #renderButton({ part, name, icon, look, pressed, expanded, badge, act }: Look): TemplateResult {
    return html`<button
      class=${look ?? nothing}
      part=${part}
      type="button"
      aria-pressed=${pressed ?? nothing}
      aria-expanded=${expanded ?? nothing}
      aria-label=${name}
      title=${name}
      @click=${act}
    >
      ${icon}${badge === undefined ? nothing : html`<span class="badge" part="badge" aria-hidden="true">${badge}</span>`}
    </button>`;
  }

  #chosen(event: Event): void {
    const field = event.target as HTMLInputElement;
    const [file] = field.files ?? [];
    if (file !== undefined) this.#ask('rtc-source-request', { source: 'file', file });
    // The same one may be chosen again.
    field.value = '';
  }

  #updateMeter(): void {
    const view = this.#studio.value;
    this.#meter.track = view?.sound ?? null;
    this.#meter.active = document.visibilityState === 'visible' && view?.sound != null && !view.hidden.includes('microphone');
  }

  #showLevel(level: number): void {
    const shown = Math.round(level * LEVEL_STEPS) / LEVEL_STEPS;
    if (shown === this.#shownLevel) return;
    this.#shownLevel = shown;
    this.level?.style.setProperty('--_level', shown.toFixed(2));
    this.level?.setAttribute('aria-valuenow', String(Math.round(level * 10) * 10));
  }

  #peaked(peak: number): void {
    if (peak < CLIPPING) return;
    this.#internals.states.add('clipping');
    this.level?.setAttribute('aria-valuetext', msg('clipping'));
    clearTimeout(this.#clippingTimer);
    this.#clippingTimer = setTimeout(() => {
      this.#internals.states.delete('clipping');
      this.level?.removeAttribute('aria-valuetext');
    }, CLIPPING_MS);
  }

  #ask<K extends keyof StudioRequests>(type: K, detail: StudioRequests[K]): void {
    this.emit(type, detail, { cancelable: true });
  }
}

/** What the browser or the page cannot do is not offered. */
function isPossible(source: (typeof SOURCES)[number], { hasElement, source: current }: StudioView): boolean {
  if (source === 'screen') return 'getDisplayMedia' in (navigator.mediaDevices ?? {});
  return source !== 'element' || hasElement || current === 'element';
}
