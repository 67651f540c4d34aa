import type { Broadcast } from '../../capture/broadcast.ts';
import type { BroadcastSettings } from '../../capture/broadcast-handler.ts';
import type { CapturableElement, CardText } from '../../capture/sources/source-choice.ts';
import { GlasscastError } from '../../protocol/errors.ts';
import { missingPart } from '../../signaling/missing-part.ts';
import { toGlasscastError } from '../../ui/errors.ts';
import type { StudioSource } from '../../ui/studio-context.ts';
import { BroadcastStatusElement } from './broadcast-status-element.ts';
import type { BroadcasterSettingsElement } from './broadcaster-settings-element.ts';
import { words } from './broadcaster-words.ts';

/** Settings that take effect while live. */
const WHILE_LIVE: readonly (keyof BroadcasterSettingsElement)[] = [
  'captureWidth',
  'captureHeight',
  'frameRate',
  'bitrate',
  'layers',
  'noAudio',
  'noEchoCancellation',
  'noNoiseSuppression',
  'noAutoGain',
];

/** Settings that take effect as soon as there is a picture. */
const DRAWN: readonly (keyof BroadcasterSettingsElement)[] = ['overlay', 'overlayOptions'];

type Engine = typeof import('./studio-engine.ts');

/** A broadcaster without its looks: what it can be asked to do, by its methods and by its attributes. */
export abstract class BroadcastElement extends BroadcastStatusElement {
  #engine: Promise<Engine> | undefined;
  /** How often it was stopped: a start that is still loading is called off by it. */
  #stops = 0;

  /**
   * Goes on air, asking for camera and microphone where needed. Resolves once the server has acknowledged the first key frame; viewers
   * find the broadcast within a second from then.
   * @throws GlasscastError `permission-denied`, `permission-dismissed`, `device-not-found`, `device-in-use`, `insecure-context`,
   * `unsupported`, `codec-unsupported`, `media`, `unauthorized`, `stream-taken`, `limit`, `network`, `version` (the server was updated
   * after the page was opened: reload it), `server`, `invalid` (the stream's name, the server's address), `aborted` (stopped or removed meanwhile)
   */
  async start(): Promise<void> {
    await this.#begin((broadcast, settings) => broadcast.start(settings));
  }

  /** As `start`, in the place of whoever is on air: where `stream-taken` came with `details.may_take_over`. */
  async takeOver(): Promise<void> {
    await this.#begin((broadcast, settings) => broadcast.takeOver(settings));
  }

  /**
   * Shows the camera without going on air. Resolves once it is shown.
   * @throws GlasscastError as `start` does before it connects
   */
  async preview(): Promise<void> {
    await this.#begin((broadcast, settings) => broadcast.preview(settings));
  }

  /** Ends the broadcast for its viewers and turns the camera off. Resolves within three seconds, and never rejects. */
  async stop(): Promise<void> {
    this.#stops++;
    await this.broadcast?.stop();
  }

  /** Shows viewers a card instead of the picture, and lets them hear nothing, until `resume`. The session goes on. */
  pause(card: Partial<CardText> = {}): void {
    const title = card.title ?? (this.streamTitle || words('card-title'));
    this.broadcast?.pause({ title, text: card.text ?? words('card-text') });
  }

  resume(): void {
    this.broadcast?.resume();
  }

  /**
   * Sends another picture from here on, also while live.
   * @param element for `element`: instead of what `for` names
   * @throws GlasscastError `invalid` where no element is named; `permission-denied`, `unsupported`, `device-not-found`, `device-in-use`,
   * `media`: the source before goes on
   */
  async setSource(source: StudioSource, element: CapturableElement | null = this.namedElement): Promise<void> {
    if (source === 'element' && element === null) {
      throw new GlasscastError('invalid', 'Set the attribute for to the id of a <video>, <audio> or <canvas>.');
    }
    const broadcast = await this.loadBroadcast();
    await broadcast.setSource(source === 'element' ? { kind: source, element: element as CapturableElement } : { kind: source });
  }

  /** Shows the camera in a corner of the screen or element, or no longer. */
  async setInset(enabled: boolean): Promise<void> {
    await (await this.loadBroadcast()).setInset(enabled);
  }

  /**
   * Plays a film or a song into the broadcast, then goes back to what was shown before. Resolves once it plays.
   * @throws GlasscastError `media` where the browser cannot play it, `invalid` while off
   */
  async playFile(file: File): Promise<void> {
    await (await this.loadBroadcast()).playFile(file);
  }

  /** Uses another camera or microphone from here on, also while live. */
  async switchDevice(kind: 'audioinput' | 'videoinput', deviceId: string): Promise<void> {
    await (await this.loadBroadcast()).switchDevice(kind, deviceId);
  }

  /** Adds a microphone to the first one, or takes it away. */
  async mixMicrophone(deviceId: string, enabled: boolean): Promise<void> {
    await (await this.loadBroadcast()).mixMicrophone(deviceId, enabled);
  }

  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    (await this.loadBroadcast()).setMicrophoneEnabled(enabled);
  }

  /** @param gain of the microphones: 0 to 4, 1 leaves them as they are */
  async setGain(gain: number): Promise<void> {
    (await this.loadBroadcast()).setGain(gain);
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    // Of the page's own making: what the broadcast itself reports is there already.
    if (changed.has('source') && this.source !== (this.broadcast?.source.kind ?? 'camera')) this.run(this.setSource(this.source));
    if (changed.has('streamTitle') || changed.has('streamDescription')) {
      this.broadcast?.setInfo({ title: this.streamTitle, description: this.streamDescription });
    }
  }

  protected override firstUpdated(changed: Map<PropertyKey, unknown>): void {
    super.firstUpdated(changed);
    void this.#resumeUnasked();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    if (changed.has('token') && this.token !== null) this.broadcast?.setToken(this.token);
    const isOpen = this.broadcastState !== 'off' && this.broadcastState !== 'error';
    const takesEffect =
      (isOpen && DRAWN.some((name) => changed.has(name))) || (this.isLive && WHILE_LIVE.some((name) => changed.has(name)));
    if (takesEffect) this.run(this.adjust());
  }

  /** @throws GlasscastError `network` where it cannot be loaded, `version` where it is gone; the next call tries again */
  protected async loadEngine(): Promise<Engine> {
    this.#engine ??= import('./studio-engine.ts');
    try {
      return await this.#engine;
    } catch (cause) {
      this.#engine = undefined;
      throw await missingPart(cause);
    }
  }

  protected async loadBroadcast(): Promise<Broadcast> {
    const { openBroadcast } = await this.loadEngine();
    this.broadcast ??= openBroadcast(this.handler);
    return this.broadcast;
  }

  /**
   * What a click starts has nobody who awaits it: its failure is shown in the element.
   * @internal
   */
  run(action: Promise<unknown>): void {
    action.catch((error: unknown) => {
      const cause = toGlasscastError(error);
      if (cause.code !== 'aborted' && this.failure === null) this.fail(cause);
    });
  }

  /**
   * Takes new settings of picture and sound as far as it can without going off air.
   * @internal
   */
  async adjust(): Promise<void> {
    if (this.broadcast !== undefined) await this.broadcast.adjust(await this.#settings());
  }

  async #begin(action: (broadcast: Broadcast, settings: BroadcastSettings) => Promise<void>): Promise<void> {
    this.failure = null;
    this.notice = null;
    const stops = this.#stops;
    let settings: BroadcastSettings;
    let broadcast: Broadcast;
    try {
      settings = await this.#settings();
      broadcast = this.broadcast ?? (await this.loadBroadcast());
    } catch (cause) {
      const error = toGlasscastError(cause, 'invalid');
      this.fail(error);
      throw error;
    }
    if (stops !== this.#stops) throw new GlasscastError('aborted', 'The broadcast was stopped before it began.');
    await action(broadcast, settings);
  }

  async #settings(): Promise<BroadcastSettings> {
    const settings = this.broadcastSettings();
    const { readOverlays } = await this.loadEngine();
    const overlays = readOverlays(this, getComputedStyle(this), settings.uplink.server, (message) => this.warnOnce(message));
    return { ...settings, overlays };
  }

  /** Who was live when the page was left goes on without a click. */
  async #resumeUnasked(): Promise<void> {
    const stops = this.#stops;
    const { stream, effectiveServer: server } = this;
    if (stream === null || server === null) return;
    // Nobody has asked for it: a start that does says why it cannot.
    const broadcast = await this.loadBroadcast().catch(() => undefined);
    if (await broadcast?.shouldResume(server, stream)) if (stops === this.#stops) this.run(this.start());
  }
}
