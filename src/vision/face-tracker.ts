/** Faces in a run of pictures: a client of the landmarker's worker that asks at its own rate and answers for every picture. */
import { GlasscastError } from '../protocol/errors.ts';
import type { Microseconds, Milliseconds } from '../protocol/units.ts';
import type { DetectionFigures, Face } from './face.ts';
import type { DetectAnswer, DetectRequest } from './landmarker/messages.ts';
import { DetectionPace, detectRate } from './tracking/detection-pace.ts';
import { FollowedFaces } from './tracking/followed-faces.ts';

export interface FaceTrackerOptions {
  /** Detections a second at most, 1 to 60; fewer where they would take more than half of a core's time. Default: 30. */
  readonly detectRate?: number | undefined;
  /** A clock that only rises. Default: `performance.now`. */
  readonly now?: () => Milliseconds;
  /** Detection is over. Told once; `facesAt` is null from then on. */
  failed(error: GlasscastError): void;
}

/** Without a detection for this long, or for this many turns where they are further apart, faces are not known any more. */
const STALE: Milliseconds = 400;
const STALE_TURNS = 2.5;
/** In microseconds. Pictures whose times step farther are of another source. */
const LARGEST_STEP = { back: 200_000, forth: 2_000_000 } as const;
/** A picture that is waited for is not waited for longer: nothing is known of it then. */
const PATIENCE: Milliseconds = 400;
/** A worker that is silent for so long has died: it says nothing of an end by force. */
const SILENCE: Milliseconds = 15_000;

interface Asked {
  readonly id: number;
  readonly timestamp: Microseconds;
  readonly at: Milliseconds;
}

/** Runs in a page or in any worker. */
export class FaceTracker {
  readonly #port: MessagePort;
  readonly #failed: (error: GlasscastError) => void;
  readonly #now: () => Milliseconds;
  readonly #pace: DetectionPace;
  readonly #faces = new FollowedFaces();
  #asked: Asked | null = null;
  /** Are called when what was asked is answered (true) or never will be. */
  readonly #waiting = new Set<(isAnswer: boolean) => void>();
  /** Requests before this one are of a source that is gone. */
  #since = 0;
  #nextId = 0;
  #offered: Microseconds | null = null;
  #answers: readonly Milliseconds[] = [];
  #newest: Pick<DetectionFigures, 'delegate' | 'took'> | null = null;
  #over = false;

  /** @param port of a `LandmarkerPort`; whoever opened that closes it */
  constructor(port: MessagePort, options: FaceTrackerOptions) {
    this.#port = port;
    this.#failed = options.failed;
    this.#now = options.now ?? (() => performance.now());
    this.#pace = new DetectionPace(detectRate(options.detectRate));
    port.onmessage = ({ data }: MessageEvent<DetectAnswer>) => this.#answered(data);
  }

  /** Whether a picture should be offered now: none is being looked at, and the next look is due. */
  get wants(): boolean {
    return this.#isFree && this.#pace.isDue(this.#now());
  }

  /** Has the picture looked at. It is the tracker's from here on, which closes it, also where it is not wanted. */
  offer(picture: VideoFrame | ImageBitmap, timestamp: Microseconds): void {
    this.#follow(timestamp);
    if (!this.wants) {
      picture.close();
      return;
    }
    this.#ask(picture, timestamp);
  }

  /**
   * Has the picture looked at now, however often that comes to, and waits for what is found in it. It is the tracker's from here on. One at a time.
   * @returns null where nothing is known of this picture: it could not be looked at, or not within {@link PATIENCE}
   */
  async look(picture: VideoFrame | ImageBitmap, timestamp: Microseconds): Promise<readonly Face[] | null> {
    this.#follow(timestamp);
    // One was offered before.
    if (this.#asked !== null) await this.#hear();
    if (!this.#isFree) picture.close();
    else if (this.#ask(picture, timestamp) && (await this.#hear())) return this.facesAt(timestamp);
    return null;
  }

  /**
   * The faces in the picture of that time, carried on from the newest detections. Null while nothing is known of them: before the first answer,
   * without one for 0.4 s (more at low rates), and after a failure.
   */
  facesAt(timestamp: Microseconds): readonly Face[] | null {
    if (this.#over) return null;
    this.#follow(timestamp);
    return this.#faces.at(timestamp, Math.max(STALE, this.#pace.interval * STALE_TURNS) * 1000);
  }

  /** Null before the first answer. */
  get figures(): DetectionFigures | null {
    if (this.#newest === null) return null;
    return { ...this.#newest, rate: this.#answersSince(this.#now() - 1000).length };
  }

  /** What follows is of another source: nothing is known of its faces until one of its own pictures has been looked at. */
  reset(): void {
    this.#faces.reset();
    this.#since = this.#nextId;
  }

  /** Ends it. The port is closed; the landmarker is freed by whoever opened it. */
  close(): void {
    this.#over = true;
    this.#tell(false);
    this.#port.onmessage = null;
    this.#port.close();
    this.#faces.reset();
  }

  /** Whether a picture can be looked at now. */
  get #isFree(): boolean {
    if (this.#asked !== null && this.#now() - this.#asked.at > SILENCE)
      this.#fail(new GlasscastError('unsupported', 'The worker that looks for faces has fallen silent.'));
    return this.#asked === null && !this.#over;
  }

  #ask(picture: VideoFrame | ImageBitmap, timestamp: Microseconds): boolean {
    const now = this.#now();
    const request: DetectRequest = { type: 'detect', id: this.#nextId++, timestamp, picture };
    try {
      this.#port.postMessage(request, [picture]);
    } catch {
      // Somebody has closed the picture already: there is nothing to look at.
      picture.close();
      return false;
    }
    this.#asked = { id: request.id, timestamp, at: now };
    this.#pace.begin(now);
    return true;
  }

  /** Waits for what was asked. False where it is not answered, or late. */
  #hear(): Promise<boolean> {
    return new Promise((resolve) => {
      const heard = (isAnswer: boolean): void => {
        clearTimeout(late);
        this.#waiting.delete(heard);
        resolve(isAnswer);
      };
      const late = setTimeout(() => heard(false), PATIENCE);
      this.#waiting.add(heard);
    });
  }

  #tell(isAnswer: boolean): void {
    for (const heard of [...this.#waiting]) heard(isAnswer);
  }

  /** Pictures come in order: another order is another source, of whose faces nothing is known. */
  #follow(timestamp: Microseconds): void {
    const step = this.#offered === null ? 0 : timestamp - this.#offered;
    this.#offered = timestamp;
    if (step < -LARGEST_STEP.back || step > LARGEST_STEP.forth) this.reset();
  }

  #answered(answer: DetectAnswer): void {
    if (this.#over) return;
    if (answer.type === 'failed') {
      this.#fail(new GlasscastError(answer.code, answer.message));
      return;
    }
    const asked = this.#asked;
    if (asked === null || answer.id !== asked.id) return;
    this.#asked = null;
    if (answer.type === 'missed') {
      this.#tell(false);
      return;
    }
    const now = this.#now();
    this.#pace.end(answer.took, now);
    this.#newest = { delegate: answer.delegate, took: answer.took };
    this.#answers = [...this.#answersSince(now - 1000), now];
    if (asked.id >= this.#since) this.#faces.detected(answer.landmarks, asked.timestamp);
    this.#tell(true);
  }

  #answersSince(time: Milliseconds): readonly Milliseconds[] {
    return this.#answers.filter((at) => at > time);
  }

  #fail(error: GlasscastError): void {
    this.close();
    this.#failed(error);
  }
}
