import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import { LIMITS } from '../../protocol/limits.ts';
import { define } from '../../ui/define.ts';
import { fieldStyles } from '../../ui/field.styles.ts';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { emptyRoomView, type RoomView, roomContext } from '../../ui/room-context.ts';
import type { EnableRequestDetail, JoinRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { LevelMeter } from '../../webrtc/level-meter.ts';
import { devicesAreAllowed } from './device-permission.ts';
import { prejoinStyles } from './rtc-prejoin.styles.ts';

const msg = messages('prejoin', {
  title: 'Join “{room}”',
  titleUnnamed: 'Join the call',
  hint: 'Camera and microphone stay off until you check them here or join.',
  check: 'Check camera and microphone',
  cameraIsOff: 'Your camera is off',
  devices: 'Camera and microphone',
  microphoneOn: 'Microphone on, mute',
  microphoneOff: 'Microphone off, unmute',
  cameraOn: 'Camera on, turn off',
  cameraOff: 'Camera off, turn on',
  level: 'Level of your microphone',
  name: 'Your name',
  join: 'Join',
  joining: 'Joining…',
});

/**
 * @summary Before a call: one's name, a preview of the camera, the level of the microphone, and which devices to use.
 * @tagname rtc-prejoin
 * @slot - More fields, before the button that joins.
 * @event {CustomEvent<JoinRequestDetail>} rtc-join-request - The user wants to join. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-preview-request - The user wants to see the camera and be heard by the level meter, or was
 * allowed to for good. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-microphone-request - The user wants the microphone on or off. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-camera-request - The user wants the camera on or off. Cancelable.
 * @event {CustomEvent<DeviceRequestDetail>} rtc-device-request - The user wants another device. Cancelable.
 * @csspart form - Everything.
 * @csspart title - The heading.
 * @csspart preview - The box around the picture.
 * @csspart video - The picture of the camera.
 * @csspart devices - The row of buttons for microphone and camera, with the level.
 * @csspart microphone - The microphone button.
 * @csspart camera - The camera button.
 * @csspart level - The level of the microphone.
 * @csspart picker - The lists of devices.
 * @csspart hint - What is said before the preview.
 * @csspart check - The button that starts the preview.
 * @csspart name - The field for the name.
 * @csspart join - The button that joins.
 * @cssproperty --rtc-level - Colour of the microphone's level.
 * @cssproperty --rtc-accent - Colour of the button that joins.
 * @cssproperty --rtc-surface - Background.
 * @cssstate previewing - Camera or microphone are on, or were.
 * @cssstate joined - The call is on; nothing is shown.
 */
export class RtcPrejoin extends RtcElement {
  static override styles = [tokens, buttonStyles, fieldStyles, prejoinStyles];

  @query('video') private readonly video!: HTMLVideoElement | null;
  @query('.level') private readonly level!: HTMLElement | null;
  @query('input') private readonly nameField!: HTMLInputElement | null;
  @query('[part="join"]') private readonly joinButton!: HTMLButtonElement | null;

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });
  readonly #internals = this.attachInternals();
  readonly #sight = new IntersectionObserver((entries) => this.#seen(entries.at(-1)?.isIntersecting ?? false));
  readonly #meter = new LevelMeter({ onLevel: (level) => this.#showLevel(level) });
  #listeners = new AbortController();
  #inSight = false;
  #typed: string | undefined;
  /** There is something to preview, or was: the buttons that turn it on again must stay. */
  #previewing = false;
  /** Whether the preview was asked for by itself, which happens once. */
  #asked = false;

  /** Puts the focus on the name, or, where one is given, on the button that joins. */
  override focus(options?: FocusOptions): void {
    (this.nameField?.value === '' ? this.nameField : this.joinButton)?.focus(options);
  }

  protected override setup(): void {
    this.#listeners = new AbortController();
    this.#asked = false;
    this.#sight.observe(this);
    document.addEventListener('visibilitychange', () => this.#updateMeter(), { signal: this.#listeners.signal });
    this.requestUpdate();
  }

  protected override teardown(): void {
    this.#listeners.abort('removed');
    this.#sight.disconnect();
    this.#inSight = false;
    this.#meter.active = false;
    this.#meter.close();
    if (this.video !== null) this.video.srcObject = null;
  }

  /** In a page's own layout it stays during the call, of which nothing is shown here. */
  protected override shouldUpdate(): boolean {
    const { states } = this.#internals;
    const wasOver = this.#isOver;
    if (this.#view.state === 'joined' || this.#view.state === 'reconnecting') states.add('joined');
    else states.delete('joined');
    return !(wasOver && this.#isOver);
  }

  protected override willUpdate(): void {
    const { tracks } = this.#view;
    if (tracks.audio !== null || tracks.video !== null) this.#preview();
  }

  protected override render(): TemplateResult {
    const { room, state, name } = this.#view;
    const joining = state === 'joining';
    return html`<form part="form" class=${this.#previewing ? 'previewing' : ''} @submit=${this.#submit}>
      <div class="fields">
        <h2 part="title">${room === null ? msg('titleUnnamed') : msg('title', { room })}</h2>
        ${this.#previewing ? this.#renderPreview() : nothing}
        <div class="column">
          <label class="name"
            >${msg('name')}<input
              part="name"
              name="name"
              autocomplete="name"
              maxlength=${LIMITS.name}
              dir="auto"
              .value=${this.#typed ?? name}
              @input=${this.#type}
          /></label>
          ${this.#previewing ? html`<rtc-device-picker part="picker"></rtc-device-picker>` : this.#renderCheck()}
          <slot></slot>
        </div>
      </div>
      <button class="primary" part="join" type="submit" ?disabled=${joining}>${msg(joining ? 'joining' : 'join')}</button>
    </form>`;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    this.#attach();
    this.#updateMeter();
  }

  get #view(): RoomView {
    return this.#room.value ?? emptyRoomView;
  }

  get #isOver(): boolean {
    return this.#internals.states.has('joined');
  }

  #renderCheck(): TemplateResult {
    return html`<p part="hint">${msg('hint')}</p>
      <button class="check" part="check" type="button" @click=${this.#askForPreview}>${icons.camera}${msg('check')}</button>`;
  }

  #renderPreview(): TemplateResult {
    const { microphone, camera, tracks } = this.#view;
    return html`<div class="column">
      <div class="stage" part="preview">
        <video part="video" class=${isMirrored(tracks.video) ? 'mirrored' : ''} autoplay playsinline .muted=${true} aria-hidden="true"></video>
        ${camera ? nothing : html`<div class="off">${msg('cameraIsOff')}</div>`}
      </div>
      <div class="devices" part="devices" role="group" aria-label=${msg('devices')}>
        ${this.#renderToggle('microphone', microphone, microphone ? icons.microphone : icons.microphoneOff)}
        ${this.#renderToggle('camera', camera, camera ? icons.camera : icons.cameraOff)}
        <div class="level" part="level" role="meter" aria-label=${msg('level')} aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><div></div></div>
      </div>
    </div>`;
  }

  #renderToggle(device: 'microphone' | 'camera', on: boolean, icon: TemplateResult): TemplateResult {
    const name = msg(`${device}${on ? 'On' : 'Off'}`);
    const request = (): void => {
      this.emit<EnableRequestDetail>(`rtc-${device}-request`, { enabled: !on }, { cancelable: true });
    };
    return html`<button part=${device} type="button" aria-pressed=${on ? 'true' : 'false'} aria-label=${name} title=${name} @click=${request}>${icon}</button>`;
  }

  #preview(): void {
    if (this.#previewing) return;
    this.#previewing = true;
    this.#internals.states.add('previewing');
    // Before it is loaded an unknown element stands in its place, and without a network it stays so: one can join all the same.
    import('../rtc-device-picker/rtc-device-picker.ts')
      .then(({ RtcDevicePicker }) => define('rtc-device-picker', RtcDevicePicker))
      .catch(() => undefined);
  }

  #attach(): void {
    const { video } = this;
    if (video === null) return;
    const track = this.#isOver ? null : this.#view.tracks.video;
    const shown = (video.srcObject as MediaStream | null)?.getVideoTracks()[0] ?? null;
    if (track === shown) return;
    video.srcObject = track === null ? null : new MediaStream([track]);
    // A muted picture may always start; what interrupts it is the next one.
    if (track !== null) video.play().catch(() => undefined);
  }

  #updateMeter(): void {
    this.#meter.track = this.#isOver ? null : this.#view.tracks.audio;
    this.#meter.active = this.#inSight && document.visibilityState === 'visible' && this.#view.microphone;
  }

  #showLevel(level: number): void {
    const { level: meter } = this;
    meter?.style.setProperty('--_level', level.toFixed(2));
    meter?.setAttribute('aria-valuenow', String(Math.round(level * 10) * 10));
  }

  #seen(inSight: boolean): void {
    this.#inSight = inSight;
    this.#updateMeter();
    if (inSight) void this.#previewUnasked();
  }

  /** Where the user has allowed both for good, seeing the form is enough; not after a call, when a light coming on would alarm. */
  async #previewUnasked(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    const { signal } = this.#listeners;
    if (!(await devicesAreAllowed(navigator)) || signal.aborted) return;
    if (this.#view.state === 'idle' && !this.#previewing) this.#askForPreview();
  }

  #askForPreview(): void {
    this.emit<EnableRequestDetail>('rtc-preview-request', { enabled: true }, { cancelable: true });
  }

  #type(event: InputEvent): void {
    this.#typed = (event.target as HTMLInputElement).value;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (this.#view.state === 'joining') return;
    const name = this.nameField?.value.trim() ?? '';
    this.emit<JoinRequestDetail>('rtc-join-request', { name }, { cancelable: true });
  }
}

/** The camera on a phone's back looks at what others should be able to read. */
function isMirrored(track: MediaStreamTrack | null): boolean {
  return track?.getSettings().facingMode !== 'environment';
}
