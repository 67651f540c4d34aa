/**
 * The rhythm of pictures: taken, sent, answered, and the next one not before that.
 *
 *   idle ──start──▶ connecting ──ready──▶ running ──no answers──▶ reconnecting ──an answer──▶ running …
 *                       └── refused for good ──┴──────────────────────┴──▶ failed
 *   stop(), from any of them ──▶ idle
 *
 * One picture is under way at a time, and it is taken when it can be sent: what is on the way is never older than the way is long.
 */
import { type ErrorCode, GlasscastError } from '../../protocol/errors.ts';
import type { FramesReply } from '../../protocol/messages/frames.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';
import type { EncodedPicture } from './encode-picture.ts';
import type { FrameAnswer } from './frame-answer.ts';
import type { FrameSender } from './frame-sender.ts';

export type FrameLoopState = 'idle' | 'connecting' | 'running' | 'reconnecting' | 'failed';

export interface FrameResult extends FramesReply {
  /** From taking the picture to its answer: scaling, encoding and both ways included. */
  readonly roundTrip: Milliseconds;
}

export interface FrameCounts {
  readonly sent: number;
  readonly answered: number;
  /** A newer picture was looked at instead. */
  readonly skipped: number;
  /** No answer in time, or none at all. */
  readonly lost: number;
}

export interface FrameLoopHandler {
  state(state: FrameLoopState): void;
  result(result: FrameResult): void;
  /** Something passing, told once until the next answer. */
  error(error: GlasscastError): void;
  /** Told after the state: what ended it. */
  failed(error: GlasscastError): void;
}

export interface FrameLoopOptions {
  readonly timers: Timers;
  readonly now: () => Milliseconds;
  /** The newest picture, encoded; null while there is none, or none that is new. */
  readonly take: () => Promise<EncodedPicture | null>;
  readonly sender: FrameSender;
  readonly handler: FrameLoopHandler;
  readonly interval: Milliseconds;
}

/** A picture without an answer for so long counts as lost. */
const PATIENCE: Milliseconds = 4_000;
/** After the first refusal of a busy server; doubled with each further one. */
const PAUSE: Milliseconds = 1_000;
const LONGEST_PAUSE: Milliseconds = 10_000;
/** Where there is nothing to send yet. */
const LOOK_AGAIN: Milliseconds = 100;
/** Of what is thrown by those who take pictures and open connections: the next one may be better. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['media', 'network']);

export class FrameLoop {
  readonly #options: FrameLoopOptions;
  #state: FrameLoopState = 'idle';
  #interval: Milliseconds;
  #timer: TimerId | undefined;
  /** Ends what is under way; another one for each start. */
  #run: AbortController | null = null;
  #pause: Milliseconds = 0;
  #told: string | null = null;
  #counts = { sent: 0, answered: 0, skipped: 0, lost: 0 };

  constructor(options: FrameLoopOptions) {
    this.#options = options;
    this.#interval = options.interval;
  }

  get state(): FrameLoopState {
    return this.#state;
  }

  get counts(): FrameCounts {
    return this.#counts;
  }

  /** From the next picture on. */
  setInterval(interval: Milliseconds): void {
    this.#interval = interval;
  }

  start(): void {
    if (this.#run !== null) return;
    this.#run = new AbortController();
    this.#setState('connecting');
    void this.#step(this.#run.signal);
  }

  /** What is under way is forgotten. The sender is whoever's who made it. */
  stop(): void {
    this.#run?.abort('stopped');
    this.#run = null;
    this.#options.timers.clearTimeout(this.#timer);
    this.#setState('idle');
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { now, sender, take } = this.#options;
    let pause = this.#interval;
    const began = now();
    try {
      await sender.ready();
      if (signal.aborted) return;
      if (this.#state === 'connecting') this.#setState('running');
      const taken = now();
      const picture = await take();
      if (signal.aborted) return;
      if (picture === null) pause = Math.min(LOOK_AGAIN, this.#interval);
      else pause = await this.#send(picture, taken, signal);
    } catch (cause) {
      if (signal.aborted) return;
      const error = cause instanceof GlasscastError ? cause : new GlasscastError('media', String(cause), { cause });
      if (PASSING.has(error.code)) {
        this.#tell(error);
        pause = now() - began + this.#nextPause();
      } else {
        this.#fail(error);
      }
    }
    if (signal.aborted || this.#state === 'failed') return;
    this.#timer = this.#options.timers.setTimeout(() => void this.#step(signal), Math.max(0, pause - (now() - began)));
  }

  /** @returns when the next picture is due, counted from when this one was */
  async #send(picture: EncodedPicture, taken: Milliseconds, signal: AbortSignal): Promise<Milliseconds> {
    const { handler, now } = this.#options;
    this.#count('sent');
    const answer = await this.#answerTo(picture);
    if (signal.aborted) return 0;
    const took = now() - taken;
    if (answer === null || answer.kind === 'lost') {
      this.#count('lost');
      this.#setState('reconnecting');
      if (answer !== null) this.#tell(answer.error);
      return took + this.#nextPause();
    }
    if (answer.kind === 'refused') {
      this.#fail(answer.error);
      return 0;
    }
    this.#setState('running');
    if (answer.kind === 'busy') {
      this.#tell(answer.error);
      return took + Math.max(answer.retryAfter ?? 0, this.#nextPause());
    }
    if (answer.kind === 'failed') {
      this.#tell(answer.error);
      return Math.max(this.#interval, took + this.#nextPause());
    }
    this.#pause = 0;
    this.#told = null;
    if (answer.kind === 'skipped') {
      this.#count('skipped');
    } else {
      this.#count('answered');
      handler.result({ ...answer.reply, roundTrip: took });
    }
    return this.#interval;
  }

  /** Null where it does not come in time. */
  #answerTo(picture: EncodedPicture): Promise<FrameAnswer | null> {
    const { timers, sender } = this.#options;
    return new Promise((resolve) => {
      const late = timers.setTimeout(() => resolve(null), PATIENCE);
      void sender.send(picture).then((answer) => {
        timers.clearTimeout(late);
        resolve(answer);
      });
    });
  }

  #nextPause(): Milliseconds {
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause === 0 ? PAUSE : this.#pause * 2);
    return this.#pause;
  }

  #count(what: keyof FrameCounts): void {
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + 1 };
  }

  #tell(error: GlasscastError): void {
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#options.handler.error(error);
  }

  #fail(error: GlasscastError): void {
    this.#run?.abort('failed');
    this.#run = null;
    this.#setState('failed');
    this.#options.handler.failed(error);
  }

  #setState(state: FrameLoopState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.handler.state(state);
  }
}
