import { ContextConsumer } from '@lit/context';
import { html, type TemplateResult } from 'lit';
import { property, queryAll } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { fieldStyles } from '../../ui/field.styles.ts';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { effectIn, effectLabel, effectName, FACE_EFFECTS, withEffect } from '../../ui/overlay-names.ts';
import { roomContext } from '../../ui/room-context.ts';
import type { DeviceRequestDetail, OverlayRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { type DeviceList, type DeviceOption, NO_DEVICES } from '../../webrtc/device-choice.ts';
import { devicePickerStyles } from './rtc-device-picker.styles.ts';

const msg = messages('devices', {
  devices: 'Devices',
  audioinput: 'Microphone',
  videoinput: 'Camera',
  audiooutput: 'Speaker',
  unnamedaudioinput: 'Microphone {number}',
  unnamedvideoinput: 'Camera {number}',
  unnamedaudiooutput: 'Speaker {number}',
  default: 'System default',
  notInUse: 'Not in use',
  none: 'Devices are listed once your camera or microphone is on.',
});

const KINDS = ['audioinput', 'videoinput', 'audiooutput'] as const;

const ICONS = { audioinput: icons.microphone, videoinput: icons.camera, audiooutput: icons.speaker };

/**
 * @summary Chooses microphone, camera and speaker for the `rtc-room` around it, and shows which of them are live.
 * @tagname rtc-device-picker
 * @event {CustomEvent<DeviceRequestDetail>} rtc-device-request - The user wants another device. Cancelable.
 * @event {CustomEvent<OverlayRequestDetail>} rtc-overlay-request - The user wants something else drawn on the camera's picture. Cancelable.
 * @csspart fields - All fields.
 * @csspart field - One kind of device, with its name.
 * @csspart select - The list to choose from.
 * @csspart none - Said where there is nothing to choose from yet.
 */
export class RtcDevicePicker extends RtcElement {
  static override styles = [tokens, buttonStyles, fieldStyles, devicePickerStyles];
  /** @ignore */
  static override shadowRootOptions: ShadowRootInit = { ...RtcElement.shadowRootOptions, delegatesFocus: true };

  /** Which kinds to show, and in which order: any of `audioinput`, `videoinput` and `audiooutput`. Default: all. */
  @property() kinds: string | null = null;

  @queryAll('select[data-kind]') private readonly selects!: NodeListOf<HTMLSelectElement>;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  /** What was chosen while none of its kind was live: it is used as soon as one is. */
  readonly #chosen = new Map<MediaDeviceKind, string>();
  #shown: DeviceList | undefined;
  #shownOverlay: string | null = null;

  /** The room changes for everybody; little of it is about devices. */
  protected override shouldUpdate(changed: Map<PropertyKey, unknown>): boolean {
    return changed.size > 0 || this.#devices !== this.#shown || this.#overlay !== this.#shownOverlay;
  }

  protected override willUpdate(): void {
    this.#shown = this.#devices;
    this.#shownOverlay = this.#overlay;
  }

  protected override render(): TemplateResult {
    const kinds = this.#kinds.filter((kind) => this.#devices[kind].length > 0);
    if (kinds.length === 0) return html`<p part="none">${msg('none')}</p>`;
    return html`<div class="fields" part="fields" role="group" aria-label=${msg('devices')}>
      ${repeat(
        kinds,
        (kind) => kind,
        (kind) => this.#renderField(kind),
      )}
      ${this.#overlay !== null && kinds.includes('videoinput') ? this.#renderEffect(this.#overlay) : ''}
    </div>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#showLive();
  }

  get #devices(): DeviceList {
    return this.#room.value?.devices ?? NO_DEVICES;
  }

  /** What is drawn on the camera's picture; null where nothing can be. */
  get #overlay(): string | null {
    return this.#room.value?.overlay ?? null;
  }

  get #kinds(): readonly MediaDeviceKind[] {
    const words = this.kinds?.trim().split(/\s+/) ?? [];
    const known = words.filter((word): word is MediaDeviceKind => (KINDS as readonly string[]).includes(word));
    if (words.some((word) => word !== '' && !(KINDS as readonly string[]).includes(word)))
      this.warnOnce(`kinds="${this.kinds}": only audioinput, videoinput and audiooutput are known`);
    return known.length === 0 ? KINDS : [...new Set(known)];
  }

  #renderField(kind: MediaDeviceKind): TemplateResult {
    const options = this.#devices[kind];
    // The system's own choice of a speaker is an option itself.
    const idle = kind !== 'audiooutput' && this.#devices.live[kind] === null;
    return html`<label part="field">
      <span class="title">${ICONS[kind]}${msg(kind)}</span>
      <span class="box"
        ><select part="select" data-kind=${kind} @change=${this.#change}>
        ${idle ? html`<option value="" disabled hidden>${msg('notInUse')}</option>` : ''}
        ${repeat(
          options,
          ({ deviceId }) => deviceId,
          (option, index) => html`<option value=${option.deviceId}>${nameOf(kind, option, index)}</option>`,
        )}
        </select></span
      >
    </label>`;
  }

  #renderEffect(overlay: string): TemplateResult {
    const chosen = effectIn(overlay, FACE_EFFECTS);
    const change = (event: Event): void => {
      const asked = withEffect(overlay, FACE_EFFECTS, (event.target as HTMLSelectElement).value);
      const accepted = this.emit<OverlayRequestDetail>('rtc-overlay-request', { overlay: asked }, { cancelable: true });
      // What was not accepted is not shown.
      if (!accepted) this.requestUpdate();
    };
    return html`<label part="field">
      <span class="title">${icons.camera}${effectLabel()}</span>
      <span class="box"
        ><select part="select" data-effect @change=${change}>
        ${['', ...FACE_EFFECTS].map((name) => html`<option value=${name} .selected=${live(name === chosen)}>${effectName(name)}</option>`)}
        </select></span
      >
    </label>`;
  }

  /** What is live, and not what was asked for. */
  #showLive(): void {
    for (const select of this.selects) {
      const kind = select.dataset['kind'] as MediaDeviceKind;
      const live = this.#devices.live[kind];
      if (live !== null) this.#chosen.delete(kind);
      const shown = live ?? this.#chosen.get(kind) ?? '';
      select.value = this.#devices[kind].some(({ deviceId }) => deviceId === shown) ? shown : '';
    }
  }

  #change(event: Event): void {
    const select = event.target as HTMLSelectElement;
    const kind = select.dataset['kind'] as MediaDeviceKind;
    const deviceId = select.value;
    const accepted = this.emit<DeviceRequestDetail>('rtc-device-request', { kind, deviceId }, { cancelable: true });
    if (accepted && this.#devices.live[kind] === null) this.#chosen.set(kind, deviceId);
    this.#showLive();
  }
}

function nameOf(kind: MediaDeviceKind, { deviceId, label }: DeviceOption, index: number): string {
  // Chromium appends the maker and the model in hexadecimal.
  const name = label.replace(/ \([\da-f]{4}:[\da-f]{4}\)$/i, '');
  if (name !== '') return name;
  return deviceId === '' ? msg('default') : msg(`unnamed${kind}`, { number: kind === 'audiooutput' ? index : index + 1 });
}
