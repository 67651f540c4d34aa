import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import { GlasscastError } from '../../protocol/errors.ts';
import { Announcer } from '../../ui/announcer.ts';
import { renderError, toGlasscastError } from '../../ui/errors.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import { VideoFinder } from '../../ui/find-video.ts';
import { camera } from '../../ui/icons/camera.ts';
import { pictureCanvasStyles } from '../../ui/picture-canvas.styles.ts';
import { buttonStyles, errorStyles, tokens } from '../../ui/tokens.styles.ts';
import type { FrameCounts, FrameLoopState, FrameResult } from '../../vision/frames/frame-loop.ts';
import type { Frames } from '../../vision/frames/open-frames.ts';
import { CameraPicture } from './camera-picture.ts';
import type { CameraSource } from './camera-source.ts';
import { DetectionsCanvas } from './detections-canvas.ts';
import type { FramesState, RtcFrameResultDetail } from './frames-events.ts';
import { readTransport } from './frames-settings.ts';
import { FramesSettingsElement } from './frames-settings-element.ts';
import { words } from './frames-words.ts';
import { loadEngine } from './load-frames-engine.ts';
import { renderFigures } from './render-figures.ts';
import { framesStyles } from './rtc-frames.styles.ts';
import { SteadyCount } from './steady-count.ts';

const NO_COUNTS: FrameCounts = { sent: 0, answered: 0, skipped: 0, lost: 0 };

/**
 * @summary Sends pictures of a camera or of a `<video>` to the server for detection, and draws and reports what it finds.
 * @tagname rtc-frames
 *
 * @slot - A `<video>`, or an element that plays one such as `<hls-viewer>`, to look at instead of the camera.
 *
 * @event {CustomEvent<RtcFrameResultDetail>} rtc-frame-result - The server's answer to a picture: `faces`, `width`, `height`, `ms` and `roundTrip`.
 * @event {CustomEvent<RtcStateDetail<FramesState>>} rtc-state - `idle`, `starting`, `connecting`, `running`, `reconnecting` or `failed`.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - Something went wrong; unless the state is `failed`, it goes on.
 * @event {CustomEvent<RtcLogDetail>} rtc-log - What a developer may want to know.
 *
 * @csspart card - Everything but what is drawn over the picture.
 * @csspart stage - The area of the picture.
 * @csspart video - The camera's picture.
 * @csspart canvas - What is drawn over the picture.
 * @csspart bar - The button, the state and the figures.
 * @csspart button - Starts and stops.
 * @csspart state - The state in words.
 * @csspart figures - How many faces, and how long an answer takes.
 * @csspart error - What went wrong and what to do.
 *
 * @cssproperty [--rtc-frames-color=#35e0b0] - Colour of boxes and points.
 * @cssproperty [--rtc-frames-width=2] - Width of lines in CSS pixels, 0.5 to 20.
 */
export class RtcFrames extends FramesSettingsElement {
  static override styles = [tokens, buttonStyles, errorStyles, pictureCanvasStyles, framesStyles];

  @query('canvas') private readonly canvas!: HTMLCanvasElement;

  @state() private framesState: FramesState = 'idle';
  @state() private failure: GlasscastError | null = null;
  @state() private newest: FrameResult | null = null;
  @state() private hasPicture = false;
  @state() private source: HTMLVideoElement | null = null;

  readonly #announcer = new Announcer(this);
  readonly #own = new CameraPicture(() => this.#cameraShows());
  readonly #finder = new VideoFinder({
    host: this,
    named: () => this.htmlFor,
    changed: (video) => this.#sourceChanged(video),
  });
  readonly #resizes = new ResizeObserver(() => this.#draw());
  #over: DetectionsCanvas | null = null;
  #paint: typeof import('./paint-detections.ts').paintDetections | null = null;
  #frames: Frames | null = null;
  #camera: CameraSource | null = null;
  /** Ends what is being opened, and what runs; another one for each start. */
  #run: AbortController | null = null;
  #started: PromiseWithResolvers<void> | null = null;
  #count = new SteadyCount();
  /** Another film: what was found in the last one is nowhere in this one. */
  readonly #emptied = (): void => this.#forget();
  #alive = false;

  protected override setup(): void {
    this.#alive = true;
    if (this.hasUpdated) this.#openSource();
  }

  protected override teardown(): void {
    this.#alive = false;
    this.stop();
    this.#finder.close();
    this.#resizes.disconnect();
    this.#over?.close();
    this.#over = null;
    this.source?.removeEventListener('emptied', this.#emptied);
    this.source = null;
  }

  /** `idle`, `starting` (the camera), `connecting`, `running`, `reconnecting` or `failed`. */
  get state(): FramesState {
    return this.framesState;
  }

  /** The newest answer; null before the first, and when stopped. */
  get result(): RtcFrameResultDetail | null {
    return this.newest;
  }

  /** How many pictures were sent, answered, skipped by the server for newer ones, and lost, since the start. */
  get counts(): FrameCounts {
    return this.#frames?.counts ?? NO_COUNTS;
  }

  /** Where pictures are encoded: `worker`, or `page` where none can be had; null before the first one. */
  get encodesIn(): 'worker' | 'page' | null {
    return this.#frames?.encodesIn ?? null;
  }

  /**
   * Starts sending, turning the camera on where there is no video to look at. Resolves once the server can be sent to.
   * @throws GlasscastError `permission-denied`, `permission-dismissed`, `device-not-found`, `device-in-use`, `insecure-context`,
   * `unauthorized`, `invalid` (an attribute, or a video that may not be looked at), `network` (the script could not be loaded), `unsupported`,
   * `aborted` (stopped or removed meanwhile)
   */
  start(): Promise<void> {
    if (this.#started !== null) return this.#started.promise;
    const started = Promise.withResolvers<void>();
    // Who starts by a click or an attribute reads it in the element.
    started.promise.catch(() => undefined);
    this.#started = started;
    const run = new AbortController();
    this.#run = run;
    this.failure = null;
    this.#count = new SteadyCount();
    void this.#open(run.signal).catch((cause: unknown) => {
      if (!run.signal.aborted) this.#fail(toGlasscastError(cause));
    });
    return started.promise;
  }

  /** Stops sending, and turns the camera off. */
  stop(): void {
    this.#end(new GlasscastError('aborted', 'It was stopped.'));
    this.#setState('idle');
  }

  protected override firstUpdated(): void {
    this.#openSource();
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (changed.has('htmlFor')) this.#finder.look();
    if (changed.has('token')) this.#frames?.setToken(this.effectiveToken);
    if (changed.has('interval')) this.#frames?.setInterval(this.intervalMs);
    if (changed.has('autostart')) this.#startUnasked();
    const elsewhere = (['transport', 'framesId', 'server', 'socketPath', 'workerUrl'] as const).some((name) => changed.has(name));
    if (elsewhere && this.#frames !== null) this.#restart();
    // What is drawn over something lies where that lies after this drawing.
    if (this.newest !== null) this.#draw();
  }

  /** Whether the camera is what is looked at. */
  get #isCamera(): boolean {
    return this.source === null && this.htmlFor === null;
  }

  get #shown(): HTMLVideoElement | null {
    if (this.source !== null) return this.source;
    return this.#isCamera && this.#camera !== null ? this.#own.video : null;
  }

  #openSource(): void {
    this.#over ??= new DetectionsCanvas(this.canvas, this, () => this.#paint);
    this.#resizes.observe(this);
    this.#finder.open();
    this.#startUnasked();
  }

  #sourceChanged(video: HTMLVideoElement | null): void {
    if (this.source !== null) this.#resizes.unobserve(this.source);
    this.source?.removeEventListener('emptied', this.#emptied);
    this.source = video;
    this.#over?.clear();
    if (video !== null) {
      this.#resizes.observe(video);
      video.addEventListener('emptied', this.#emptied);
      this.#closeCamera();
      this.#startUnasked();
    } else if (this.#run !== null && this.htmlFor === null) {
      // The camera has to be asked for.
      this.stop();
    }
  }

  #startUnasked(): void {
    if (this.#alive && this.autostart && this.source !== null && this.#run === null) void this.start();
  }

  #restart(): void {
    this.#frames?.close();
    this.#frames = null;
    const { signal } = this.#run ?? new AbortController();
    this.#setState('connecting');
    void this.#connect(signal).catch((cause: unknown) => {
      if (!signal.aborted) this.#fail(toGlasscastError(cause));
    });
  }

  async #open(signal: AbortSignal): Promise<void> {
    const isCamera = this.#isCamera;
    this.#setState(isCamera ? 'starting' : 'connecting');
    // A name or a server that is none is told before anybody is asked for a camera.
    this.address();
    const { openCamera } = await loadEngine();
    if (signal.aborted) return;
    if (isCamera) {
      const media = await openCamera({
        picture: (stream) => {
          if (!signal.aborted) this.#showCamera(stream);
        },
        failed: (error) => {
          if (!signal.aborted) this.#fail(error);
        },
      });
      // Granted after it was stopped, or refused.
      if (signal.aborted) {
        media.close();
        return;
      }
      this.#camera = media;
      this.requestUpdate();
    }
    this.#setState('connecting');
    await this.#connect(signal);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { openFrames, paintDetections } = await loadEngine();
    if (signal.aborted) return;
    this.#paint = paintDetections;
    this.#frames = openFrames({
      ...this.address(),
      token: this.effectiveToken,
      tokenProvider: this.effectiveTokenProvider,
      transport: readTransport(this.transport, (message) => this.warnOnce(message)),
      interval: this.intervalMs,
      width: () => this.sentWidth,
      video: () => this.#shown,
      canvas: () => document.createElement('canvas'),
      workerUrl: this.workerUrl === null ? undefined : new URL(this.workerUrl, document.baseURI).href,
      handler: {
        state: (next) => {
          if (!signal.aborted) this.#loopChanged(next);
        },
        result: (result) => {
          if (!signal.aborted) this.#answered(result);
        },
        error: (error) => {
          if (!signal.aborted) this.#trouble(error);
        },
        failed: (error) => {
          if (!signal.aborted) this.#fail(error);
        },
      },
    });
  }

  #loopChanged(next: FrameLoopState): void {
    // What ends it is told with its reason.
    if (next === 'idle' || next === 'failed') return;
    if (next === 'running') this.#started?.resolve();
    // Boxes that are no longer true.
    if (next === 'reconnecting') this.#forget();
    this.#setState(next);
  }

  #trouble(error: GlasscastError): void {
    this.failure = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  #fail(error: GlasscastError): void {
    this.#end(error);
    this.failure = error;
    this.#setState('failed');
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  #end(reason: GlasscastError): void {
    this.#run?.abort('ended');
    this.#run = null;
    this.#started?.reject(reason);
    this.#started = null;
    this.#frames?.close();
    this.#frames = null;
    this.#closeCamera();
    this.#forget();
    if (reason.code === 'aborted') this.failure = null;
  }

  #closeCamera(): void {
    this.#camera?.close();
    this.#camera = null;
    this.#showCamera(null);
  }

  #showCamera(stream: MediaStream | null): void {
    this.#own.show(stream);
    if (stream === null) this.hasPicture = false;
  }

  #cameraShows(): void {
    this.hasPicture = this.#own.shows;
    this.#draw();
  }

  #answered(result: FrameResult): void {
    this.failure = null;
    this.newest = result;
    const text = this.#count.toSay(result.faces.length);
    if (text !== null) this.#announcer.announce(text);
    this.emit<RtcFrameResultDetail>('rtc-frame-result', result);
  }

  #forget(): void {
    this.newest = null;
    this.#over?.clear();
  }

  #draw(): void {
    this.#over?.draw(this.#shown, this.newest?.faces ?? []);
  }

  #setState(next: FramesState): void {
    const previous = this.framesState;
    if (previous === next) return;
    this.framesState = next;
    this.emit<RtcStateDetail<FramesState>>('rtc-state', { state: next, previous });
  }

  #toggle(): void {
    if (this.#run === null) void this.start();
    else this.stop();
  }

  protected override render(): TemplateResult {
    const isOn = this.framesState !== 'idle' && this.framesState !== 'failed';
    const word = words(this.framesState);
    return html`
      <div class="card" part="card">
        <div class="stage" part="stage" ?hidden=${this.htmlFor !== null}>
          <slot></slot>
          ${this.#isCamera ? this.#renderCamera() : nothing}
        </div>
        <div class="bar" part="bar">
          <button class=${isOn ? '' : 'primary'} part="button" type="button" @click=${() => this.#toggle()}>${words(isOn ? 'stop' : 'start')}</button>
          <span class="state" part="state" data-state=${this.framesState}>${word}</span>
          ${this.newest === null ? nothing : renderFigures(this.newest)}
        </div>
        ${this.#renderFailure()}
      </div>
      <canvas class="over" part="canvas" aria-hidden="true"></canvas>
      ${this.#announcer.render()}
    `;
  }

  #renderCamera(): TemplateResult {
    const { video } = this.#own;
    video.ariaLabel = words('picture');
    const placeholder = html`<div class="placeholder">${camera}<p>${words(this.framesState === 'starting' ? 'starting' : 'camera')}</p></div>`;
    return html`<div class="own">${video}${this.hasPicture ? nothing : placeholder}</div>`;
  }

  #renderFailure(): TemplateResult | typeof nothing {
    const { failure } = this;
    if (failure === null) return nothing;
    return html`<div class="notes">${renderError(failure, nothing, failure.code === 'limit' ? words('busy') : undefined)}</div>`;
  }
}
