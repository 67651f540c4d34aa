import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { GlasscastError } from '../../protocol/errors.ts';
import { renderError, toGlasscastError } from '../../ui/errors.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import { VideoFinder } from '../../ui/find-video.ts';
import { messages } from '../../ui/localize.ts';
import { pictureCanvasStyles } from '../../ui/picture-canvas.styles.ts';
import { PictureCanvas } from '../../ui/picture-canvas.ts';
import { ServerSettingsElement } from '../../ui/server-settings-element.ts';
import { errorStyles, tokens } from '../../ui/tokens.styles.ts';
import type { DetectionFigures } from '../../vision/face.ts';
import type { VisionSettings } from '../../vision/overlay.ts';
import type { ContourCapture } from './contour-capture.ts';
import type { ContourState, RtcFacesDetail } from './contour-events.ts';
import { type ContourLook, DETECT_RATE, MAX_FACES, readLook, readVision } from './contour-settings.ts';
import type { ContourWatch } from './contour-watch.ts';
import { contourStyles } from './face-contour.styles.ts';

const msg = messages('contour', {
  'model-missing':
    'The model that finds faces is missing on the server. Run “npm run models” there, or set the attribute model. The picture goes on without contours.',
  'no-video': 'There is no video to capture: put one inside of <face-contour>, or set its attribute for.',
});

/** What asks for another landmarker. */
const DETECTION = ['model', 'wasm', 'maxFaces', 'detectRate', 'workerUrl', 'server'] as const;

/**
 * @summary Draws the contours of faces over the media inside it, or over a `<video>` elsewhere on the page.
 * @tagname face-contour
 *
 * @slot - A `<video>`, or an element that plays one, such as `<hls-viewer>`.
 *
 * @event {CustomEvent<RtcFacesDetail>} rtc-faces - `faces` with `id`, `box` and `landmarks`, and `timestamp`: for each picture with faces, and once when the last of them is gone.
 * @event {CustomEvent<RtcStateDetail<ContourState>>} rtc-state - `idle`, `loading`, `running` or `failed`.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - There are no contours, and why; the media goes on.
 * @event {CustomEvent<RtcLogDetail>} rtc-log - What a developer may want to know.
 *
 * @csspart canvas - What is drawn over the picture.
 * @csspart error - What went wrong and what to do.
 *
 * @cssproperty [--rtc-contour-color=#35f2a0] - Colour of the lines.
 * @cssproperty [--rtc-contour-width] - Width of the lines, 0.5 to 20: in CSS pixels over the media, in pixels of the picture in what is captured. Default: 1 % of the face's width, at least 1.25 CSS pixels over the media.
 */
export class FaceContour extends ServerSettingsElement {
  static override styles = [tokens, errorStyles, pictureCanvasStyles, contourStyles];

  @query('canvas') private readonly canvas!: HTMLCanvasElement;

  /** The id of a `<video>`, or of an element that plays one, instead of the media inside. */
  @property({ attribute: 'for' }) htmlFor: string | null = null;

  /** Address of the model, a MediaPipe Face Landmarker bundle. Default: the server's. */
  @property() model: string | null = null;

  /** Address of the folder that holds MediaPipe's WebAssembly. Default: the server's. */
  @property() wasm: string | null = null;

  /** What to draw, separated by spaces: `oval`, `eyes`, `brows`, `lips`, `irises`, `nose`, `mesh`. Default: `oval eyes brows lips`. */
  @property() contours: string | null = null;

  /** How many faces to look for, 1 to 10. */
  @property({ attribute: 'max-faces', type: Number }) maxFaces = MAX_FACES.fallback;

  /** Detections a second at most, 1 to 60; fewer where the computer cannot keep up. Contours follow each picture in between. */
  @property({ attribute: 'detect-rate', type: Number }) detectRate = DETECT_RATE.fallback;

  /** Address of a copy of `landmarker.worker` on the page's own origin, for pages whose policy forbids `blob:` workers. */
  @property({ attribute: 'worker-url' }) workerUrl: string | null = null;

  @state() private failure: GlasscastError | null = null;

  readonly #finder = new VideoFinder({ host: this, named: () => this.htmlFor, changed: () => void this.#open() });
  #over: PictureCanvas | null = null;
  #watch: ContourWatch | null = null;
  #state: ContourState = 'idle';
  #capture: Promise<ContourCapture> | null = null;
  /** Ends what is being opened. */
  #opening = new AbortController();
  #alive = false;

  protected override setup(): void {
    this.#alive = true;
    if (this.hasUpdated) this.#begin();
  }

  protected override teardown(): void {
    this.#alive = false;
    this.#finder.close();
    this.#close();
    this.#endCapture();
    this.#over?.close();
    this.#over = null;
  }

  /** `idle` (nothing to look at, or out of sight), `loading` (the model), `running` or `failed`. */
  get state(): ContourState {
    return this.#state;
  }

  /** What detection takes; null while it does not run. */
  get figures(): DetectionFigures | null {
    return this.#watch?.figures ?? null;
  }

  /**
   * The picture with contours drawn on it, and the media's sound: for a recorder, a broadcast, a call. It follows what the media plays, and the
   * look of the contours, until the element is removed. The same stream each time. Contours are drawn on it also while the element is out of sight.
   * @throws GlasscastError `invalid` where there is no video, or one of another site that does not allow it; `unsupported`, `network`
   */
  async captureStream(): Promise<MediaStream> {
    const { video } = this.#finder;
    if (video === null) throw new GlasscastError('invalid', msg('no-video'));
    this.#capture ??= this.#openCapture(video);
    const capture = this.#capture;
    try {
      return (await capture).stream;
    } catch (cause) {
      if (this.#capture === capture) this.#capture = null;
      throw toGlasscastError(cause, 'media');
    }
  }

  protected override firstUpdated(): void {
    this.#begin();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.#watch !== null && DETECTION.some((name) => changed.has(name))) void this.#open();
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (!this.#alive) return;
    if (changed.has('htmlFor')) this.#finder.look();
    if (changed.has('contours')) {
      this.#watch?.redraw();
      this.#capture?.then(
        (capture) => capture.setLook(this.#look),
        () => undefined,
      );
    }
  }

  get #look(): ContourLook {
    return readLook(this.contours, getComputedStyle(this));
  }

  get #vision(): VisionSettings {
    return readVision(
      this,
      () => this.serverOrigin,
      (message) => this.warnOnce(message),
    );
  }

  #begin(): void {
    this.#over ??= new PictureCanvas(this.canvas);
    this.#finder.open();
  }

  /** Looks at the video that there is now, and at no other. */
  async #open(): Promise<void> {
    this.#close();
    const { video } = this.#finder;
    const over = this.#over;
    if (video === null || over === null || !this.#alive) return;
    const { signal } = this.#opening;
    try {
      const { ContourWatch } = await loadEngine();
      if (signal.aborted) return;
      // Attributes may have changed while it was loaded.
      const vision = this.#vision;
      this.#watch = new ContourWatch({
        video,
        over,
        vision,
        look: () => this.#look,
        state: (next) => this.#setState(next),
        faces: (detail) => this.emit<RtcFacesDetail>('rtc-faces', detail),
        failed: (error) => this.#report(error),
      });
    } catch (cause) {
      if (signal.aborted) return;
      this.#setState('failed');
      this.#report(toGlasscastError(cause));
    }
  }

  #close(): void {
    this.#opening.abort('closed');
    this.#opening = new AbortController();
    this.#watch?.close();
    this.#watch = null;
    this.failure = null;
    this.#setState('idle');
  }

  async #openCapture(video: HTMLVideoElement): Promise<ContourCapture> {
    const { captureContours } = await loadEngine();
    const capture = await captureContours(video, this.#look, this.#vision, (error) => this.#report(error));
    if (this.#alive) return capture;
    capture.close();
    throw new GlasscastError('aborted', 'The element was removed.');
  }

  #endCapture(): void {
    this.#capture?.then(
      (capture) => capture.close(),
      () => undefined,
    );
    this.#capture = null;
  }

  #report(error: GlasscastError): void {
    this.failure = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }

  #setState(next: ContourState): void {
    const previous = this.#state;
    if (previous === next) return;
    this.#state = next;
    if (next === 'running') this.failure = null;
    this.emit<RtcStateDetail<ContourState>>('rtc-state', { state: next, previous });
  }

  protected override render(): TemplateResult {
    return html`<slot></slot><canvas class="over" part="canvas" aria-hidden="true"></canvas>${this.#renderFailure()}`;
  }

  #renderFailure(): TemplateResult | typeof nothing {
    const { failure } = this;
    if (failure === null) return nothing;
    return html`<div class="notes">${renderError(failure, nothing, failure.code === 'model-missing' ? msg('model-missing') : undefined)}</div>`;
  }
}

/** @throws GlasscastError `network` where it cannot be loaded; the next call tries again */
async function loadEngine(): Promise<typeof import('./contour-engine.ts')> {
  try {
    return await import('./contour-engine.ts');
  } catch (cause) {
    throw new GlasscastError('network', 'The part that finds faces could not be loaded. Check your network, or reload the page.', {
      cause,
    });
  }
}
