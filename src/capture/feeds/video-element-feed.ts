import type { Milliseconds } from '../../protocol/units.ts';
import { backgroundTimers } from '../../workers/background-timers.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';

/** Frames that may wait to be read: more are late by the time they are. */
const BACKLOG = 2;
/** A hidden page is drawn nothing and called back for nothing: its frames are taken by a timer. */
const HIDDEN_INTERVAL: Milliseconds = 1_000 / 30;
/** The newest frame is not a new one before so much time has passed. */
const NEAR: Milliseconds = 4;
const MICROSECONDS = 1_000;

/** The frames of a track as a video element shows them, for browsers that give a page no others. Ends with its track. */
export function openVideoElementFeed(track: MediaStreamTrack, timers: Timers = backgroundTimers()): ReadableStream<VideoFrame> {
  const source = new VideoElementFeed(track, timers);
  return new ReadableStream<VideoFrame>(source, { highWaterMark: BACKLOG });
}

class VideoElementFeed implements UnderlyingDefaultSource<VideoFrame> {
  readonly #track: MediaStreamTrack;
  readonly #timers: Timers;
  /** Looked at for whether it is hidden. The element below is never put into it. */
  readonly #page = globalThis.document;
  readonly #video = this.#page.createElement('video');
  readonly #abort = new AbortController();
  #controller: ReadableStreamDefaultController<VideoFrame> | null = null;
  #callback = 0;
  #hiddenTimer: TimerId | undefined;
  #takenAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(track: MediaStreamTrack, timers: Timers) {
    this.#track = track;
    this.#timers = timers;
  }

  start(controller: ReadableStreamDefaultController<VideoFrame>): void {
    this.#controller = controller;
    const { signal } = this.#abort;
    this.#track.addEventListener('ended', () => this.#end(), { signal });
    this.#page.addEventListener('visibilitychange', () => this.#follow(), { signal });
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.srcObject = new MediaStream([this.#track]);
    this.#video.play().catch((cause: unknown) => {
      // Taking the stream away interrupts it too.
      if (!signal.aborted) this.#fail(cause);
    });
    this.#follow();
  }

  cancel(): void {
    this.#release();
  }

  #follow(): void {
    this.#timers.clearInterval(this.#hiddenTimer);
    this.#video.cancelVideoFrameCallback(this.#callback);
    if (this.#page.hidden) this.#hiddenTimer = this.#timers.setInterval(() => this.#take(performance.now()), HIDDEN_INTERVAL);
    else this.#await();
  }

  #await(): void {
    this.#callback = this.#video.requestVideoFrameCallback((now, { captureTime, presentationTime }) => {
      this.#take(captureTime ?? presentationTime ?? now);
      if (!this.#abort.signal.aborted) this.#await();
    });
  }

  /** @param time of the frame, by the page's clock */
  #take(time: Milliseconds): void {
    if (this.#controller === null || (this.#controller.desiredSize ?? 0) <= 0) return;
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || time - this.#takenAt < NEAR) return;
    this.#takenAt = time;
    try {
      this.#controller.enqueue(new VideoFrame(this.#video, { timestamp: Math.round(time * MICROSECONDS) }));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #end(): void {
    this.#controller?.close();
    this.#release();
  }

  #fail(cause: unknown): void {
    this.#controller?.error(cause);
    this.#release();
  }

  #release(): void {
    this.#controller = null;
    this.#abort.abort('closed');
    this.#timers.clearInterval(this.#hiddenTimer);
    this.#video.cancelVideoFrameCallback(this.#callback);
    this.#video.srcObject = null;
  }
}
