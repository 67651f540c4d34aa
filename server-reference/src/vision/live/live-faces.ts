/**
 * The faces of one live stream. Detection is given the newest picture when it is done with the one before and another turn is due, so that it skips
 * pictures and delays none; in between faces are carried on.
 */
import type { DetectedFace, Milliseconds } from '../../../../src/protocol/index.ts';
import type { Workshop } from '../../transcode/supervisor.ts';
import { DetectionError } from '../detection.ts';
import type { Picture } from '../detector.ts';
import { DetectionTurns } from './detection-turns.ts';
import { FaceFollower, type FollowedFace } from './face-follower.ts';
import { smallPicture } from './small-picture.ts';
import type { YuvPicture } from './yuv-picture.ts';

/** What looks for them: the server's detection, or anything like it. */
export interface FaceFinder {
  detect(picture: Picture, signal: AbortSignal, sender: unknown): Promise<{ readonly faces: readonly DetectedFace[] }>;
}

export interface FacesNews {
  /** Detections fail, one after the other. */
  failing(details: string): void;
  /** They are answered again. */
  recovered(): void;
}

/** So many failures in a row are told, and that long is waited after each. */
const FAILURES = 3;
const REST: Milliseconds = 1_000;

export class LiveFaces {
  readonly #finder: FaceFinder;
  readonly #workshop: Pick<Workshop, 'clock' | 'log'>;
  readonly #news: FacesNews;
  readonly #closing = new AbortController();
  readonly #rate: number;
  #turns: DetectionTurns;
  #follower = new FaceFollower();
  #busy = false;
  #failures = 0;
  #restsUntil: Milliseconds = Number.NEGATIVE_INFINITY;
  /** Detections that have been answered. */
  detections = 0;

  /** @param rate detections a second at most */
  constructor(finder: FaceFinder, rate: number, workshop: Pick<Workshop, 'clock' | 'log'>, news: FacesNews) {
    this.#finder = finder;
    this.#rate = rate;
    this.#turns = new DetectionTurns(rate);
    this.#workshop = workshop;
    this.#news = news;
  }

  /** Offers a picture of this time, and says which faces it has. The picture may be drawn on afterwards. */
  look(picture: YuvPicture, at: Milliseconds): FollowedFace[] {
    const isIdle = !this.#busy && !this.#closing.signal.aborted && this.#workshop.clock.now() >= this.#restsUntil;
    if (isIdle && this.#turns.isDue(at)) {
      this.#turns.begin(at);
      void this.#detect(smallPicture(picture), at);
    }
    return this.#follower.at(at);
  }

  /** Other pictures follow. */
  reset(): void {
    this.#follower = new FaceFollower();
    this.#turns = new DetectionTurns(this.#rate);
  }

  close(): void {
    this.#closing.abort();
  }

  async #detect(picture: Picture, at: Milliseconds): Promise<void> {
    const follower = this.#follower;
    this.#busy = true;
    try {
      const { faces } = await this.#finder.detect(picture, this.#closing.signal, this);
      this.detections++;
      follower.found(faces, at);
      if (this.#failures >= FAILURES) this.#news.recovered();
      this.#failures = 0;
    } catch (error) {
      if (!this.#closing.signal.aborted && !isBusy(error)) this.#failed(error);
    } finally {
      this.#busy = false;
    }
  }

  #failed(error: unknown): void {
    this.#restsUntil = this.#workshop.clock.now() + REST;
    if (++this.#failures !== FAILURES) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#workshop.log.warn({ err: error }, 'faces cannot be found in live pictures');
    this.#news.failing(`No faces can be found: ${message}`);
  }
}

/** Others were sooner: the next picture may be luckier. */
const isBusy = (error: unknown): boolean => error instanceof DetectionError && (error.reason === 'limit' || error.reason === 'skipped');
