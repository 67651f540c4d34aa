/**
 * One thread with one detector, as the pool sees it.
 *
 *   starting ──ready──▶ idle ⇄ busy
 *       └─ unusable ─┐    └─ unused ─┐ └─ too long, crashed ─▶ ended
 *                    └───────────────┴────────────────────────▶ ended
 */
import { type TransferListItem, Worker } from 'node:worker_threads';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { detectorWorker } from '../directories.ts';
import { type AnyPicture, type Detection, DetectionError, type ThreadData, type ThreadMessage } from './detection.ts';

/** Loading of models, on a machine that is busy. */
const LONGEST_START: Milliseconds = 30_000;
/** One picture; a detector that takes longer hangs. */
const LONGEST_LOOK: Milliseconds = 5_000;
/** Without a picture; each thread holds some 150 MB. */
const LONGEST_REST: Milliseconds = 60_000;
/**
 * Detectors leave much that is soon garbage. With what V8 takes of its own accord, a server with two threads held 610 MB instead of 380. The time of a CPU
 * that a picture takes is the same (medians of five runs each, in turns: 35.7 ms so, 35.5 ms without).
 */
const YOUNG_HEAP_MB = 8;
/** For a detector that has something to put in order. */
const FAREWELL: Milliseconds = 1_000;

export interface ThreadOwner {
  /** It can take a picture. */
  free(thread: DetectorThread): void;
  /** `problem`: what ended it, for the log; null where it was not needed any more. */
  ended(thread: DetectorThread, problem: ThreadProblem | null): void;
}

export interface ThreadProblem {
  readonly during: 'start' | 'picture' | 'rest';
  readonly message: string;
}

export type Answer = (outcome: Detection | DetectionError) => void;

export class DetectorThread {
  readonly #worker: Worker;
  readonly #owner: ThreadOwner;
  readonly #clock: Clock;
  readonly #gone: Promise<void>;
  #state: 'starting' | 'idle' | 'busy' | 'ended' = 'starting';
  #answer: Answer | null = null;
  #cancelLimit: CancelTimer;

  constructor(detector: string | null, owner: ThreadOwner, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
    const workerData: ThreadData = { detector };
    this.#worker = new Worker(detectorWorker(), { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP_MB } });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gone = promise;
    this.#worker.on('message', (message: ThreadMessage) => this.#hear(message));
    this.#worker.on('error', (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', (code) => {
      resolve();
      this.#fail(`it ended itself with code ${code}`);
    });
    this.#cancelLimit = clock.after(LONGEST_START, () => this.#fail(`it is not ready after ${LONGEST_START / 1000} s`));
  }

  get idle(): boolean {
    return this.#state === 'idle';
  }

  get starting(): boolean {
    return this.#state === 'starting';
  }

  /** Only while it is idle. The bytes go over to the thread where they have a buffer of their own. */
  look(picture: AnyPicture, answer: Answer): void {
    this.#enter('busy', LONGEST_LOOK, () => this.#fail(`it has not answered for ${LONGEST_LOOK / 1000} s`));
    this.#answer = answer;
    try {
      if ('encoded' in picture) {
        const encoded = owned(picture.encoded);
        this.#worker.postMessage({ encoded }, transferable(encoded));
      } else {
        const data = owned(picture.data);
        this.#worker.postMessage({ width: picture.width, height: picture.height, data }, transferable(data));
      }
    } catch (cause) {
      // Bytes that have gone elsewhere already: the fault of whoever gave them.
      this.#settle(new DetectionError('invalid', 'The bytes of the picture cannot be had.', { cause }));
    }
  }

  /** Lets the detector put its things in order; resolves when the thread is gone. */
  async close(): Promise<void> {
    this.#end(null);
    await this.#gone;
  }

  #hear(message: ThreadMessage): void {
    switch (message.type) {
      case 'ready':
        if (this.#state === 'starting') this.#rest();
        return;
      case 'unusable':
        this.#fail(message.message);
        return;
      case 'found':
        this.#settle(message.detection);
        return;
      case 'refused':
        this.#settle(new DetectionError('invalid', message.message));
        return;
      case 'broken':
        this.#settle(new DetectionError('server', 'The detector failed on this picture.', { cause: message.message }));
    }
  }

  #settle(outcome: Detection | DetectionError): void {
    if (this.#state !== 'busy') return;
    const answer = this.#answer;
    this.#answer = null;
    answer?.(outcome);
    this.#rest();
  }

  #rest(): void {
    this.#enter('idle', LONGEST_REST, () => this.#end(null));
    this.#owner.free(this);
  }

  #enter(state: 'idle' | 'busy', longest: Milliseconds, over: () => void): void {
    this.#cancelLimit();
    this.#state = state;
    this.#cancelLimit = this.#clock.after(longest, over);
  }

  #fail(message: string): void {
    const during = ({ starting: 'start', busy: 'picture', idle: 'rest', ended: 'rest' } as const)[this.#state];
    this.#end({ during, message });
  }

  #end(problem: ThreadProblem | null): void {
    if (this.#state === 'ended') return;
    const hangs = this.#state !== 'idle';
    this.#state = 'ended';
    this.#cancelLimit();
    const answer = this.#answer;
    this.#answer = null;
    answer?.(new DetectionError('server', problem === null ? 'The server ends.' : 'The detector failed on this picture.'));
    if (hangs) void this.#worker.terminate();
    else this.#bidFarewell();
    this.#owner.ended(this, problem);
  }

  #bidFarewell(): void {
    this.#worker.postMessage(null);
    // In real time, whatever the clock: what hangs here would keep a process alive.
    const timer = setTimeout(() => void this.#worker.terminate(), FAREWELL);
    this.#worker.once('exit', () => clearTimeout(timer));
  }
}

/** A view into something larger, such as a message of a socket, is copied: sent as it is, it would take all of that along. */
const owned = (bytes: Uint8Array): Uint8Array =>
  bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength !== bytes.byteLength ? new Uint8Array(bytes) : bytes;

/** What is shared between threads cannot be handed over. */
const transferable = ({ buffer }: Uint8Array): TransferListItem[] => (buffer instanceof ArrayBuffer ? [buffer] : []);
