import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import type { DetectionFigures, Face } from '../../vision/face.ts';
import { FaceTracker } from '../../vision/face-tracker.ts';
import type { FrameToPaint, PaintedFrame, PainterOptions, ResolvedRequest } from './overlay-messages.ts';
import { OverlaySet } from './overlay-set.ts';
import { OverlayStage } from './overlay-stage.ts';

/** At most so often figures are told. */
const FIGURES_EVERY: Milliseconds = 500;

export interface PainterEvents {
  /** Overlays ask for faces, or do no longer: a landmarker is to be handed in, or taken away. */
  needsFaces(needed: boolean): void;
  /** Detection is over, which is told as a notice: its landmarker is of no use any more. */
  facesFailed(): void;
  notice(error: GlasscastError): void;
  detection(figures: DetectionFigures | null): void;
  faces(faces: readonly Face[] | null): void;
}

/**
 * Answers each frame that comes through its port with one that is drawn on, or with the same one. Detection is offered a copy of the frame
 * when it has nothing else to do; nothing waits for it, unless an overlay asks for that.
 */
export class FramePainter {
  readonly #events: PainterEvents;
  readonly #options: PainterOptions;
  readonly #now: () => Milliseconds;
  readonly #set = new OverlaySet();
  readonly #stage: OverlayStage;
  #port: MessagePort | null = null;
  #tracker: FaceTracker | null = null;
  #needed = false;
  #toldAt: Milliseconds = Number.NEGATIVE_INFINITY;

  /** @param now a clock that only rises */
  constructor(options: PainterOptions, events: PainterEvents, now: () => Milliseconds = () => performance.now()) {
    this.#options = options;
    this.#now = now;
    this.#events = events;
    this.#stage = new OverlayStage((error) => events.notice(error));
  }

  /** The port to a line. A former one is closed. */
  connect(port: MessagePort): void {
    this.#port?.close();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FrameToPaint>) => void this.#answer(port, data);
  }

  /** @returns whether one of them is there to hide something */
  async setOverlays(requests: readonly ResolvedRequest[]): Promise<boolean> {
    const current = await this.#set.choose(requests, (error) => this.#events.notice(failureOf(error)));
    if (current && this.#set.overlays.length === 0) this.#stage.close();
    // Said again with each choice: what could not be had the last time is tried anew.
    if (current && (this.#set.needsFaces || this.#needed)) {
      this.#needed = this.#set.needsFaces;
      this.#events.needsFaces(this.#needed);
    }
    return this.#set.hides;
  }

  /** Detection through this port from here on, or none. */
  setLandmarker(port: MessagePort | null): void {
    this.#tracker?.close();
    this.#tracker = null;
    this.#events.detection(null);
    if (port === null) return;
    const { detectRate } = this.#options;
    this.#tracker = new FaceTracker(port, {
      ...(detectRate === undefined ? {} : { detectRate }),
      now: this.#now,
      failed: (error) => {
        this.#events.notice(failureOf(error));
        this.#events.facesFailed();
      },
    });
  }

  close(): void {
    this.#port?.close();
    this.#port = null;
    this.#tracker?.close();
    this.#tracker = null;
    this.#set.close((error) => this.#events.notice(failureOf(error)));
    this.#stage.close();
  }

  #answer(port: MessagePort, { frame, begins }: FrameToPaint): void {
    if (begins) this.#tracker?.reset();
    if (!this.#set.looksFirst) {
      this.#draw(port, frame, this.#carryOn(frame));
      return;
    }
    this.#look(frame)
      .then((faces) => {
        // It was closed meanwhile, or draws for another line.
        if (this.#port === port) this.#draw(port, frame, faces);
        else frame.close();
      })
      .catch(reportError);
  }

  #draw(port: MessagePort, frame: VideoFrame, faces: readonly Face[] | null): void {
    const answer = this.#stage.draw(frame, this.#set.overlays, faces);
    const painted: PaintedFrame = { frame: answer, drawn: answer !== frame };
    port.postMessage(painted, [answer]);
    if (this.#options.tellFaces && this.#set.needsFaces) this.#events.faces(faces);
    this.#tell();
  }

  /** The faces in this very picture. */
  async #look(frame: VideoFrame): Promise<readonly Face[] | null> {
    return (await this.#tracker?.look(frame.clone(), frame.timestamp)) ?? null;
  }

  /** The faces of the newest one that was looked at, by the time of this one. */
  #carryOn(frame: VideoFrame): readonly Face[] | null {
    if (this.#tracker?.wants && this.#set.needsFaces) this.#tracker.offer(frame.clone(), frame.timestamp);
    return this.#tracker?.facesAt(frame.timestamp) ?? null;
  }

  #tell(): void {
    const now = this.#now();
    if (this.#tracker === null || now - this.#toldAt < FIGURES_EVERY) return;
    this.#toldAt = now;
    this.#events.detection(this.#tracker.figures);
  }
}

const failureOf = (error: unknown): GlasscastError =>
  error instanceof GlasscastError ? error : new GlasscastError('invalid', 'An overlay could not be made.', { cause: error });
