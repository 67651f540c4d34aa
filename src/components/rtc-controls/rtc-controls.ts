import { ContextConsumer } from '@lit/context';
import { html, type TemplateResult } from 'lit';
import * as icons from '../../ui/icons.ts';
import { messages } from '../../ui/localize.ts';
import { roomContext } from '../../ui/room-context.ts';
import type { EnableRequestDetail } from '../../ui/room-requests.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { formStyles, tokens } from '../../ui/tokens.styles.ts';
import { controlsStyles } from './rtc-controls.styles.ts';

const msg = messages('controls', {
  controls: 'Call controls',
  microphoneOn: 'Microphone on, mute',
  microphoneOff: 'Microphone off, unmute',
  cameraOn: 'Camera on, turn off',
  cameraOff: 'Camera off, turn on',
  leave: 'Leave the call',
});

/**
 * @summary Microphone, camera and leave, for the `rtc-room` around it.
 * @tagname rtc-controls
 * @slot - More buttons, before the one that leaves.
 * @event {CustomEvent<EnableRequestDetail>} rtc-microphone-request - The user wants the microphone on or off. Cancelable.
 * @event {CustomEvent<EnableRequestDetail>} rtc-camera-request - The user wants the camera on or off. Cancelable.
 * @event rtc-leave-request - The user wants to leave. Cancelable.
 * @csspart bar - The row of buttons.
 * @csspart microphone - The microphone button.
 * @csspart camera - The camera button.
 * @csspart leave - The button that leaves.
 */
export class RtcControls extends RtcElement {
  static override styles = [tokens, formStyles, controlsStyles];
  /** @ignore */
  static override shadowRootOptions: ShadowRootInit = { ...RtcElement.shadowRootOptions, delegatesFocus: true };

  readonly #room = new ContextConsumer(this, { context: roomContext, subscribe: true });

  protected override render(): TemplateResult {
    const view = this.#room.value;
    const microphone = view?.microphone ?? false;
    const camera = view?.camera ?? false;
    const idle = view === undefined || view.participants.length === 0;
    return html`<div class="bar" part="bar" role="group" aria-label=${msg('controls')}>
      ${this.#toggle('microphone', microphone, microphone ? icons.microphone : icons.microphoneOff, idle)}
      ${this.#toggle('camera', camera, camera ? icons.camera : icons.cameraOff, idle)}
      <slot></slot>
      <button class="danger" part="leave" type="button" aria-label=${msg('leave')} title=${msg('leave')} ?disabled=${idle} @click=${this.#leave}>
        ${icons.leave}
      </button>
    </div>`;
  }

  #toggle(device: 'microphone' | 'camera', on: boolean, icon: TemplateResult, disabled: boolean): TemplateResult {
    const name = msg(`${device}${on ? 'On' : 'Off'}`);
    const request = (): void => {
      this.emit<EnableRequestDetail>(`rtc-${device}-request`, { enabled: !on }, { cancelable: true });
    };
    return html`<button
      part=${device}
      type="button"
      aria-pressed=${on ? 'true' : 'false'}
      aria-label=${name}
      title=${name}
      ?disabled=${disabled}
      @click=${request}
    >
      ${icon}
    </button>`;
  }

  #leave(): void {
    this.emit('rtc-leave-request', undefined, { cancelable: true });
  }
}
