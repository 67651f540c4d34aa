import { ContextConsumer } from '@lit/context';
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { fieldStyles } from '../../ui/field.styles.ts';
import { messages } from '../../ui/localize.ts';
import { effectIn, effectLabel, effectName, FACE_EFFECTS, overlayNames, withEffect } from '../../ui/overlay-names.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { studioFormStyles } from '../../ui/studio.styles.ts';
import { isSettled, type StudioSettings, type StudioView, studioContext } from '../../ui/studio-context.ts';
import type { GainRequestDetail, MixRequestDetail, SettingsRequestDetail } from '../../ui/studio-requests.ts';
import { buttonStyles, tokens } from '../../ui/tokens.styles.ts';
import { registeredOverlays } from '../../vision/overlay-registry.ts';

const msg = messages('studioSettings', {
  gain: 'Volume of the microphone',
  percent: '{value} %',
  mix: 'Also use {device}',
  unnamed: 'microphone {number}',
  echo: 'Remove echo',
  noise: 'Remove background noise',
  autoGain: 'Keep the volume even',
  sound: 'Send sound',
  resolution: 'Resolution',
  frameRate: 'Frames a second',
  bitrate: 'Bit rate',
  layers: 'Sizes sent',
  layers1: 'One',
  layers2: 'Two: also half the size',
  layers3: 'Three: also half and a quarter',
  custom: '{width} × {height}',
  addSound: 'Sound that you add while live begins the broadcast anew for its viewers, within moments and by itself.',
  serverOverlay: 'What the server draws is settled when the broadcast begins.',
  fewerLayers: 'While live there can be no more sizes than the broadcast began with.',
  kbit: '{value} kbit/s',
  mbit: '{value} Mbit/s',
});

const RESOLUTIONS = [
  [640, 360],
  [854, 480],
  [1280, 720],
  [1920, 1080],
] as const;
const FRAME_RATES = [15, 24, 25, 30, 50, 60];
const BITRATES = [300_000, 600_000, 1_000_000, 2_000_000, 3_000_000, 4_500_000, 6_000_000, 8_000_000];
const LAYERS = [1, 2, 3] as const;

/** Drawn by the server before anybody sees the picture. */
const SERVER_FACES = 'server:faces';
const WATERMARK = 'watermark';

const SWITCHES = { sound: 'noAudio', echo: 'noEchoCancellation', noise: 'noNoiseSuppression', autoGain: 'noAutoGain' } as const;

/**
 * @summary Devices, sound and picture of the `rtc-broadcaster` around it. What cannot change while live says so.
 * @tagname rtc-studio-settings
 * @event {CustomEvent<GainRequestDetail>} rtc-gain-request - The user wants the microphone louder or softer. Cancelable.
 * @event {CustomEvent<SettingsRequestDetail>} rtc-settings-request - The user wants sound or picture to be another. Cancelable.
 * @event {CustomEvent<MixRequestDetail>} rtc-mix-request - The user wants another microphone beside the first, or no longer. Cancelable.
 * @event {CustomEvent<DeviceRequestDetail>} rtc-device-request - The user wants another device. Cancelable.
 * @csspart fields - All fields.
 * @csspart gain - The volume.
 * @csspart mix - The switch of another microphone.
 * @csspart switch - One switch, with its name.
 * @csspart field - One list, with its name.
 * @csspart settled - What is said while some settings cannot change.
 */
export class RtcStudioSettings extends RtcElement {
  static override styles = [tokens, buttonStyles, fieldStyles, studioFormStyles];

  readonly #studio = new ContextConsumer(this, { context: studioContext, subscribe: true });

  protected override render(): TemplateResult | typeof nothing {
    const view = this.#studio.value;
    if (view === undefined) return nothing;
    const shown = (name: string): boolean => !view.hidden.includes(name);
    return html`<div class="fields" part="fields">
      ${this.#renderSettled(view)}
      ${shown('devices') ? html`<rtc-device-picker kinds=${view.settings.noAudio ? 'videoinput' : 'videoinput audioinput'}></rtc-device-picker>` : nothing}
      ${shown('gain') && !view.settings.noAudio ? this.#renderGain(view) : nothing}
      ${shown('mix') && view.sound !== null ? this.#renderMix(view) : nothing}
      ${
        shown('processing')
          ? html`<fieldset>${(Object.keys(SWITCHES) as (keyof typeof SWITCHES)[]).map((name) => this.#renderSwitch(name, view))}</fieldset>`
          : nothing
      }
      ${shown('overlay') ? this.#renderOverlay(view) : nothing}
      <div class="pair">
        ${shown('resolution') ? this.#renderList('resolution', view) : nothing}
        ${shown('frame-rate') ? this.#renderList('frameRate', view) : nothing}
        ${shown('bitrate') ? this.#renderList('bitrate', view) : nothing}
        ${shown('layers') ? this.#renderList('layers', view) : nothing}
      </div>
    </div>`;
  }

  /** What is otherwise while live than before. */
  #renderSettled(view: StudioView): TemplateResult | typeof nothing {
    if (!isSettled(view)) return nothing;
    const hasLayers = view.mostLayers < LAYERS.length && !view.hidden.includes('layers');
    const texts = [
      ...(view.settings.noAudio && !view.hidden.includes('processing') ? [msg('addSound')] : []),
      ...(hasLayers ? [msg('fewerLayers')] : []),
      ...(view.hidden.includes('overlay') ? [] : [msg('serverOverlay')]),
    ];
    return texts.length === 0 ? nothing : html`<p part="settled">${texts.join(' ')}</p>`;
  }

  #renderGain({ gain }: StudioView): TemplateResult {
    const text = msg('percent', { value: Math.round(gain * 100) });
    return html`<label class="field" part="gain"
      ><span>${msg('gain')}<output>${text}</output></span
      ><input type="range" min="0" max="4" step="0.1" .value=${String(gain)} aria-valuetext=${text} @input=${this.#gained}
    /></label>`;
  }

  #renderMix({ otherMicrophones, mixedMicrophones }: StudioView): TemplateResult | typeof nothing {
    if (otherMicrophones.length === 0) return nothing;
    return html`<fieldset>${otherMicrophones.map(({ deviceId, label }, index) => {
      const change = (event: Event): void => {
        const { checked: enabled } = event.target as HTMLInputElement;
        this.emit<MixRequestDetail>('rtc-mix-request', { deviceId, enabled }, { cancelable: true });
        // What could not be opened is not shown as if it were.
        this.requestUpdate();
      };
      const device = label || msg('unnamed', { number: index + 2 });
      return html`<label class="switch" part="mix"
        ><input type="checkbox" role="switch" .checked=${live(mixedMicrophones.includes(deviceId))} @change=${change} />${msg('mix', { device })}</label
      >`;
    })}</fieldset>`;
  }

  #renderSwitch(name: keyof typeof SWITCHES, view: StudioView): TemplateResult {
    const { settings } = view;
    const key = SWITCHES[name];
    // Sound that viewers have is muted; it is not taken away from a session.
    const off = name === 'sound' ? isSettled(view) && !settings.noAudio : settings.noAudio;
    const change = (event: Event): void => this.#ask({ [key]: !(event.target as HTMLInputElement).checked });
    return html`<label class="switch" part="switch"
      ><input type="checkbox" role="switch" data-setting=${key} .checked=${!settings[key]} ?disabled=${off} @change=${change} />${msg(name)}</label
    >`;
  }

  #renderList(name: 'resolution' | 'frameRate' | 'bitrate' | 'layers', { settings, mostLayers }: StudioView): TemplateResult {
    const { value, options, read } = LISTS[name](settings);
    const change = (event: Event): void => this.#ask(read((event.target as HTMLSelectElement).value));
    return html`<label class="field" part="field"
      ><span>${msg(name)}</span
      ><select data-setting=${name} @change=${change}>
        ${options.map(([key, text]) => html`<option value=${key} ?selected=${key === value} ?disabled=${name === 'layers' && Number(key) > mostLayers}>${text}</option>`)}
      </select></label
    >`;
  }

  #renderOverlay(view: StudioView): TemplateResult {
    const { overlay } = view.settings;
    const own = registeredOverlays().filter((name) => !FACE_EFFECTS.includes(name) && name !== WATERMARK);
    const effects = [...FACE_EFFECTS, ...own, SERVER_FACES];
    const chosen = effectIn(overlay, effects);
    const change = (event: Event): void => this.#ask({ overlay: withEffect(overlay, effects, (event.target as HTMLSelectElement).value) });
    const mark = (event: Event): void =>
      this.#ask({ overlay: withEffect(overlay, [WATERMARK], (event.target as HTMLInputElement).checked ? WATERMARK : '') });
    // What the server draws is settled with the broadcast.
    const isFixed = (name: string): boolean => isSettled(view) && (name === SERVER_FACES) !== (chosen === SERVER_FACES);
    return html`<label class="field" part="field"
        ><span>${effectLabel()}</span
        ><select data-setting="overlay" @change=${change}>
          ${['', ...effects].map((name) => html`<option value=${name} ?selected=${name === chosen} ?disabled=${isFixed(name)}>${effectName(name)}</option>`)}
        </select></label
      >${
        view.offersWatermark
          ? html`<label class="switch" part="switch"
              ><input type="checkbox" role="switch" data-setting="watermark" .checked=${live(overlayNames(overlay).includes(WATERMARK))} @change=${mark} />${effectName(WATERMARK)}</label
            >`
          : nothing
      }`;
  }

  #gained(event: Event): void {
    this.emit<GainRequestDetail>('rtc-gain-request', { gain: Number((event.target as HTMLInputElement).value) }, { cancelable: true });
  }

  #ask(settings: SettingsRequestDetail): void {
    // What was not accepted is not shown.
    if (!this.emit<SettingsRequestDetail>('rtc-settings-request', settings, { cancelable: true })) this.requestUpdate();
  }
}

interface List {
  readonly value: string;
  readonly options: readonly (readonly [key: string, text: string])[];
  read(key: string): SettingsRequestDetail;
}

const LISTS: Readonly<Record<'resolution' | 'frameRate' | 'bitrate' | 'layers', (settings: StudioSettings) => List>> = {
  resolution: ({ captureWidth, captureHeight }) => {
    const value = `${captureWidth}x${captureHeight}`;
    const known = RESOLUTIONS.map(([width, height]): [string, string] => [`${width}x${height}`, `${height}p`]);
    const own: [string, string] = [value, msg('custom', { width: captureWidth, height: captureHeight })];
    return {
      value,
      options: known.some(([key]) => key === value) ? known : [own, ...known],
      read: (key) => {
        const [width = captureWidth, height = captureHeight] = key.split('x').map(Number);
        return { captureWidth: width, captureHeight: height };
      },
    };
  },
  frameRate: ({ frameRate }) => ({
    value: String(frameRate),
    options: withOwn(FRAME_RATES, frameRate).map((rate) => [String(rate), String(rate)]),
    read: (key) => ({ frameRate: Number(key) }),
  }),
  bitrate: ({ bitrate }) => ({
    value: String(bitrate),
    options: withOwn(BITRATES, bitrate).map((rate) => [
      String(rate),
      rate >= 1_000_000 ? msg('mbit', { value: rate / 1_000_000 }) : msg('kbit', { value: rate / 1000 }),
    ]),
    read: (key) => ({ bitrate: Number(key) }),
  }),
  layers: ({ layers }) => ({
    value: String(layers),
    options: LAYERS.map((count) => [String(count), msg(`layers${count}`)]),
    read: (key) => ({ layers: Number(key) }),
  }),
};

function withOwn(known: readonly number[], own: number): readonly number[] {
  return known.includes(own) ? known : [...known, own].sort((a, b) => a - b);
}
