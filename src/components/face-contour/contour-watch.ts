/**
 * Looks for faces in what a video shows, and draws contours over it, picture by picture.
 *
 *   resting ──in sight──▶ loading ──the model runs──▶ running ──out of sight──▶ resting …
 *                            └── it cannot ──┴──▶ failed
 *   close(), from any of them ──▶ closed
 *
 * Each picture that is shown is drawn on with what is known then. Detection has a pace of its own, in a worker: the main thread takes hold of
 * a picture when the tracker wants one, and draws lines.
 */
import type { GlasscastError } from '../../protocol/errors.ts';
import type { Microseconds, Milliseconds } from '../../protocol/units.ts';
import { toGlasscastError } from '../../ui/errors.ts';
import type { PictureCanvas } from '../../ui/picture-canvas.ts';
import { paintContours } from '../../vision/contour-painter.ts';
import type { DetectionFigures, Face } from '../../vision/face.ts';
import { FaceTracker } from '../../vision/face-tracker.ts';
import { grabPicture } from '../../vision/frames/grab-picture.ts';
import { type LandmarkerPort, openLandmarker } from '../../vision/landmarker.ts';
import type { VisionSettings } from '../../vision/overlay.ts';
import type { ContourState, RtcFacesDetail } from './contour-events.ts';
import type { ContourLook } from './contour-settings.ts';

export interface ContourWatchOptions {
  readonly video: HTMLVideoElement;
  readonly over: PictureCanvas;
  readonly vision: VisionSettings;
  readonly look: () => ContourLook;
  state(state: ContourState): void;
  faces(detail: RtcFacesDetail): void;
  failed(error: GlasscastError): void;
}

/** A picture that stands still is answered within this, mostly. */
const SETTLE: Milliseconds = 1_000;

/** In CSS pixels: what is thinner fades where the picture is shown small. */
const FINEST = 1.25;
const WIDTH_OF_FACE = 0.01;

export class ContourWatch {
  readonly #options: ContourWatchOptions;
  readonly #inView = new IntersectionObserver((entries) => this.#seen(entries.at(-1)?.isIntersecting ?? false));
  readonly #resizes = new ResizeObserver(() => this.#drawAgain());
  readonly #listeners = new AbortController();
  #visible = false;
  #landmarker: LandmarkerPort | null = null;
  #tracker: FaceTracker | null = null;
  #state: ContourState = 'idle';
  /** Handles of what calls back: of the video's next picture, and of the page's next drawing. */
  #nextPicture: number | null = null;
  #nextDrawing: number | null = null;
  /** When the picture that is shown was looked at. */
  #shownAt: Microseconds = 0;
  #newest: readonly Face[] | null = null;
  /** The picture whose faces were told last. */
  #toldAt: Microseconds = -1;
  #grabbing = false;
  #closed = false;

  constructor(options: ContourWatchOptions) {
    this.#options = options;
    const { video } = options;
    const { signal } = this.#listeners;
    document.addEventListener('visibilitychange', () => this.#follow(), { signal });
    for (const type of ['loadeddata', 'play', 'seeked']) video.addEventListener(type, () => this.#follow(), { signal });
    // Another film: what was found in the last one is nowhere in this one.
    video.addEventListener('emptied', () => this.#forget(), { signal });
    this.#inView.observe(video);
    this.#resizes.observe(video);
  }

  get state(): ContourState {
    return this.#state;
  }

  get figures(): DetectionFigures | null {
    return this.#tracker?.figures ?? null;
  }

  /** Other lines or colours: what is shown is drawn anew. */
  redraw(): void {
    this.#drawAgain();
  }

  close(): void {
    this.#closed = true;
    this.#listeners.abort('closed');
    this.#inView.disconnect();
    this.#resizes.disconnect();
    this.#rest();
    this.#endDetection();
    this.#newest = null;
    this.#options.over.clear();
  }

  #endDetection(): void {
    this.#tracker?.close();
    this.#landmarker?.close();
    this.#tracker = null;
    this.#landmarker = null;
  }

  #seen(visible: boolean): void {
    this.#visible = visible;
    this.#follow();
  }

  get #isWanted(): boolean {
    const { video } = this.#options;
    return (
      this.#visible && !document.hidden && !this.#closed && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0
    );
  }

  /** Looks while it can be seen, and not otherwise. */
  #follow(): void {
    if (this.#closed || this.#state === 'failed') return;
    if (!this.#isWanted) {
      this.#rest();
      if (this.#state === 'running') this.#setState('idle');
      return;
    }
    if (this.#tracker !== null) {
      this.#setState('running');
      this.#look();
    } else if (this.#state === 'idle') {
      void this.#load();
    }
  }

  async #load(): Promise<void> {
    this.#setState('loading');
    try {
      const landmarker = await openLandmarker(this.#options.vision);
      if (this.#closed) {
        landmarker.close();
        return;
      }
      this.#landmarker = landmarker;
      const { detectRate } = this.#options.vision;
      const rate = detectRate === undefined ? {} : { detectRate };
      this.#tracker = new FaceTracker(landmarker.port, { ...rate, failed: (error) => this.#detectionFailed(error) });
      this.#setState('idle');
      this.#follow();
    } catch (cause) {
      this.#fail(toGlasscastError(cause, 'network'));
    }
  }

  #rest(): void {
    const { video } = this.#options;
    if (this.#nextPicture !== null) {
      if ('cancelVideoFrameCallback' in video) video.cancelVideoFrameCallback(this.#nextPicture);
      else cancelAnimationFrame(this.#nextPicture);
    }
    if (this.#nextDrawing !== null) cancelAnimationFrame(this.#nextDrawing);
    this.#nextPicture = null;
    this.#nextDrawing = null;
  }

  /** At the picture that is shown now, and from here on at each further one. */
  #look(): void {
    this.#rest();
    if (!this.#isWanted) {
      this.#follow();
      return;
    }
    this.#shownAt = Math.round(performance.now() * 1_000);
    void this.#offer();
    this.#draw();
    const { video } = this.#options;
    if ('requestVideoFrameCallback' in video) this.#nextPicture = video.requestVideoFrameCallback(() => this.#look());
    // Each drawing of the page, which may be more often than the film has pictures.
    else this.#nextPicture = requestAnimationFrame(() => this.#look());
    if (video.paused) this.#settle(performance.now() + SETTLE);
  }

  /** A picture that stands still is not followed by one that its faces could be drawn on. */
  #settle(until: Milliseconds): void {
    this.#nextDrawing = requestAnimationFrame((now) => {
      this.#nextDrawing = null;
      void this.#offer();
      this.#draw();
      if (now < until) this.#settle(until);
    });
  }

  async #offer(): Promise<void> {
    const tracker = this.#tracker;
    if (tracker === null || !tracker.wants || this.#grabbing) return;
    const timestamp = this.#shownAt;
    this.#grabbing = true;
    try {
      const picture = await grabPicture(this.#options.video, timestamp);
      if (tracker === this.#tracker) tracker.offer(picture, timestamp);
      else picture.close();
    } catch (cause) {
      const error = toGlasscastError(cause, 'media');
      // A picture that could not be taken is followed by another one.
      if (error.code !== 'media') this.#fail(error);
    } finally {
      this.#grabbing = false;
    }
  }

  #draw(): void {
    const faces = this.#tracker?.facesAt(this.#shownAt) ?? null;
    this.#tell(faces);
    this.#newest = faces;
    this.#drawAgain();
  }

  #drawAgain(): void {
    const { over, video, look } = this.#options;
    const faces = this.#newest;
    const surface = faces === null || faces.length === 0 ? null : over.begin(video);
    if (surface === null) {
      over.clear();
      return;
    }
    const { width, ...chosen } = look();
    for (const face of faces ?? []) {
      const usual = Math.max(FINEST * surface.density, face.box.width * surface.width * WIDTH_OF_FACE);
      const options = { ...chosen, width: width === undefined ? usual : width * surface.density };
      paintContours(surface.context, face, options, surface.width, surface.height);
    }
  }

  /** Once a picture with faces, and once when the last of them is gone. */
  #tell(faces: readonly Face[] | null): void {
    if (faces === null || this.#toldAt === this.#shownAt) return;
    if (faces.length === 0 && this.#newest?.length === 0) return;
    this.#toldAt = this.#shownAt;
    this.#options.faces({ faces, timestamp: this.#shownAt / 1_000 });
  }

  #forget(): void {
    this.#rest();
    this.#tracker?.reset();
    this.#newest = null;
    this.#options.over.clear();
    // What could not be read may be followed by something that can.
    if (this.#state === 'failed' && this.#tracker !== null) this.#setState('idle');
    this.#follow();
  }

  /** For good: another film changes nothing. */
  #detectionFailed(error: GlasscastError): void {
    this.#endDetection();
    this.#fail(error);
  }

  #fail(error: GlasscastError): void {
    if (this.#closed || this.#state === 'failed') return;
    this.#rest();
    this.#newest = null;
    this.#options.over.clear();
    this.#setState('failed');
    this.#options.failed(error);
  }

  #setState(state: ContourState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.state(state);
  }
}
