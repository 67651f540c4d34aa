import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { emptyRoomView, type Panel, type RoomView, roomContext } from '../../ui/room-context.ts';
import type { RoomRequests } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { shortcutOf } from '../../ui/shortcuts.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { controlsStyles } from './rtc-controls.styles.ts';

const msg = messages('controls', {
  controls: 'Call controls',
  microphoneOn: 'Microphone on, mute',
  microphoneOff: 'Microphone off, unmute',
  cameraOn: 'Camera on, turn off',
  cameraOff: 'Camera off, turn on',
  screenOn: 'Sharing your screen, stop',
  screenOff: 'Share your screen',
  devices: 'Devices',
  chat: 'Chat',
  chatUnread: 'Chat, {count} unread',
  roster: 'Participants',
  stats: 'Connection',
  pip: 'Picture-in-picture',
  fullscreenOn: 'Leave full screen',
  fullscreenOff: 'Full screen',
  leave: 'Leave the call',
  shortcut: '{name} ({key})',
});

const BUTTONS = ['microphone', 'camera', 'screen', 'devices', 'chat', 'roster', 'stats', 'pip', 'fullscreen', 'leave'] as const;
type ButtonName = (typeof BUTTONS)[number];

/** Of the whole page, while in a call. */
const KEYS: Readonly<Partial<Record<ButtonName, string>>> = {
  microphone: 'M',
  camera: 'V',
  screen: 'S',
  chat: 'C',
  roster: 'P',
  stats: 'I',
  fullscreen: 'F',
};

interface Button {
  readonly name: string;
  readonly icon: TemplateResult;
  readonly act: () => void;
  readonly style?: 'device' | 'feature' | 'danger';
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly badge?: string;
  readonly disabled?: boolean;
}

/**
 * @summary Microphone, camera, shared screen, panels and leave, for the `rtc-room` around it.
 * @tagname rtc-controls
 * @slot - More buttons, before the one that leaves.
 * @event {CustomEvent<EnableRequestDetail>} rtc-microphone-request - The user wants the microphone on or off. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-camera-request - The user wants the camera on or off. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-screen-request - The user wants to share a screen, or to stop. Cancelable.
 * @event {CustomEvent<PanelRequestDetail>} rtc-panel-request - The user wants to see a panel, or none. Cancelable.
 * @event rtc-picture-in-picture-request - The user wants a small window with a picture of the call, or no longer. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-fullscreen-request - The user wants the room to fill the screen, or no longer. Cancelable.
 * @event rtc-leave-request - The user wants to leave. Cancelable.
 * @csspart bar - The row of buttons.
 * @csspart microphone - The microphone button.
 * @csspart camera - The camera button.
 * @csspart screen - The button that shares the screen.
 * @csspart devices - The button that opens the choice of devices.
 * @csspart chat - The button that opens the chat.
 * @csspart roster - The button that opens the list of participants.
 * @csspart stats - The button that opens figures of the connection.
 * @csspart pip - The button for picture-in-picture.
 * @csspart fullscreen - The button for full screen.
 * @csspart leave - The button that leaves.
 * @csspart badge - The number of unread messages.
 */
export class RtcControls extends RtcElement {
  static override styles = [tokens, buttonStyles, controlsStyles];
  /** @ignore */
  static override shadowRootOptions: ShadowRootInit = { ...RtcElement.shadowRootOptions, delegatesFocus: true };

  /** Buttons to leave out, separated by spaces: `chat roster stats pip fullscreen screen devices microphone camera leave`. */
  @property() hide: string | null = null;

  /** Turns the keyboard shortcuts off. */
  @property({ type: Boolean, attribute: 'no-shortcuts' }) noShortcuts = false;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  #listeners = new AbortController();

  protected override setup(): void {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    document.addEventListener('fullscreenchange', () => this.requestUpdate(), { signal });
    // On the window: whoever else listens on the page comes first, and may keep the key.
    window.addEventListener('keydown', (event) => this.#keyPressed(event), { signal });
  }

  protected override teardown(): void {
    this.#listeners.abort('removed');
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (!changed.has('hide')) return;
    for (const name of this.#hidden) if (!BUTTONS.some((known) => known === name)) this.warnOnce(`hide="${name}" names no button`);
  }

  protected override render(): TemplateResult {
    const hidden = this.#hidden;
    const shown = BUTTONS.filter((name) => !hidden.includes(name) && this.#isPossible(name));
    return html`<div class="bar" part="bar" role="group" aria-label=${msg('controls')}>
      ${shown.map((name) => (name === 'leave' ? nothing : this.#renderButton(name)))}
      <slot></slot>
      ${shown.includes('leave') ? this.#renderButton('leave') : nothing}
    </div>`;
  }

  get #view(): RoomView {
    return this.#room.value ?? emptyRoomView;
  }

  get #inCall(): boolean {
    return this.#view.participants.length > 0;
  }

  get #hidden(): readonly string[] {
    return this.hide?.split(/[\s,]+/).filter((name) => name !== '') ?? [];
  }

  /** What the browser cannot do is not offered. */
  #isPossible(name: ButtonName): boolean {
    if (name === 'screen') return 'getDisplayMedia' in (navigator.mediaDevices ?? {});
    if (name === 'pip') return document.pictureInPictureEnabled;
    return name !== 'fullscreen' || document.fullscreenEnabled;
  }

  #renderButton(part: ButtonName): TemplateResult {
    const { name, icon, act, style, pressed, expanded, badge, disabled } = this.#button(part);
    const key = this.noShortcuts ? undefined : KEYS[part];
    return html`<button
      class=${style ?? nothing}
      part=${part}
      type="button"
      aria-pressed=${pressed ?? nothing}
      aria-expanded=${expanded ?? nothing}
      aria-label=${name}
      aria-keyshortcuts=${key ?? nothing}
      title=${key === undefined ? name : msg('shortcut', { name, key })}
      ?disabled=${disabled || !this.#inCall}
      @click=${act}
    >
      ${icon}${badge === undefined ? nothing : html`<span class="badge" part="badge" aria-hidden="true">${badge}</span>`}
    </button>`;
  }

  #button(part: ButtonName): Button {
    const { microphone, camera, screen, unread, participants } = this.#view;
    switch (part) {
      case 'microphone':
        return this.#toggle(part, microphone, microphone ? icons.microphone : icons.microphoneOff, 'device');
      case 'camera':
        return this.#toggle(part, camera, camera ? icons.camera : icons.cameraOff, 'device');
      case 'screen':
        return this.#toggle(part, screen, screen ? icons.screenOff : icons.screen, 'feature');
      case 'fullscreen': {
        const on = document.fullscreenElement !== null;
        return this.#toggle(part, on, on ? icons.fullscreenExit : icons.fullscreen);
      }
      case 'chat': {
        if (unread === 0) return this.#panel(part, msg('chat'), icons.chat);
        return { ...this.#panel(part, msg('chatUnread', { count: unread }), icons.chat), badge: unread > 99 ? '99+' : String(unread) };
      }
      case 'roster':
        return this.#panel(part, msg('roster'), icons.people);
      case 'stats':
        return this.#panel(part, msg('stats'), icons.figures);
      case 'devices':
        return this.#panel(part, msg('devices'), icons.settings);
      case 'pip':
        return {
          name: msg('pip'),
          icon: icons.pictureInPicture,
          act: () => this.#ask('rtc-picture-in-picture-request', undefined),
          disabled: participants.every((one) => one.self || !(one.camera || one.screen)),
        };
      case 'leave':
        return { name: msg('leave'), icon: icons.leave, act: () => this.#ask('rtc-leave-request', undefined), style: 'danger' };
    }
  }

  #toggle(
    part: 'microphone' | 'camera' | 'screen' | 'fullscreen',
    on: boolean,
    icon: TemplateResult,
    style?: 'device' | 'feature',
  ): Button {
    const act = (): void => this.#ask(`rtc-${part}-request`, { enabled: !on });
    return { name: msg(`${part}${on ? 'On' : 'Off'}`), icon, act, style, pressed: on };
  }

  #panel(panel: Panel, name: string, icon: TemplateResult): Button {
    const expanded = this.#view.panel === panel;
    return { name, icon, expanded, act: () => this.#ask('rtc-panel-request', { panel: expanded ? null : panel }) };
  }

  #ask<K extends keyof RoomRequests>(type: K, detail: RoomRequests[K]): void {
    this.emit(type, detail, { cancelable: true });
  }

  #keyPressed(event: KeyboardEvent): void {
    if (this.noShortcuts || !this.isConnected || !this.#inCall) return;
    const key = shortcutOf(event);
    if (key === undefined) return;
    if (key === 'Escape') {
      if (this.#view.panel === null) return;
      this.#ask('rtc-panel-request', { panel: null });
    } else {
      const part = BUTTONS.find((name) => KEYS[name] === key);
      if (part === undefined || this.#hidden.includes(part) || !this.#isPossible(part)) return;
      this.#button(part).act();
    }
    event.preventDefault();
  }
}
