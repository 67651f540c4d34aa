/**
 * Pictures in, faces out, on as many threads as there are cores. Threads start with the first picture and end when none comes any more.
 *
 * Each sender has at most one picture being looked at and one that waits; a newer one takes the place of that which waits. Whose turn it is goes
 * round: who has just been served goes behind everybody who waits.
 */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import { type AnyPicture, type Detection, DetectionError } from './detection.ts';
import { DetectorThread, type ThreadProblem } from './detector-thread.ts';

export interface DetectionPoolOptions {
  /** The address of a detector's module; null for the one that ships. */
  readonly detector: string | null;
  readonly maxThreads: number;
  /** Pictures that wait, of all senders together. */
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What does not load is tried anew, but not for each picture. */
const RETRY: Milliseconds = 30_000;

interface Job {
  readonly sender: unknown;
  readonly picture: AnyPicture;
  settle(outcome: Detection | DetectionError): void;
}

export class DetectionPool {
  readonly #options: DetectionPoolOptions;
  readonly #threads = new Set<DetectorThread>();
  /** Those of senders of whom nothing is being looked at, in the order of their turns. */
  readonly #ready = new Map<unknown, Job>();
  /** Those of senders of whom one is being looked at. */
  readonly #held = new Map<unknown, Job>();
  /** Whose pictures are being looked at. */
  readonly #served = new Set<unknown>();
  readonly #closing = new Set<Promise<void>>();
  /** Until then none is started: the last one could not load its detector. */
  #unusableUntil: Milliseconds = 0;
  #told = false;
  #preparation: Promise<unknown> | null = null;
  #state: 'unprepared' | 'preparing' | 'open' | 'closed' = 'unprepared';

  constructor(options: DetectionPoolOptions) {
    this.#options = options;
  }

  /** Pictures that wait for a thread. */
  get waiting(): number {
    return this.#ready.size + this.#held.size;
  }

  /** Threads that run, or start. */
  get threads(): number {
    return this.#threads.size;
  }

  /**
   * Finds the faces in a picture, raw or as it was encoded. Its bytes are the pool's from here on: those that have a buffer of their own are gone
   * afterwards.
   *
   * @param signal who waits does so no longer: rejects with `aborted`
   * @param sender who sends it, by identity; where left out, one that has sent nothing else
   * @throws DetectionError
   */
  detect(picture: AnyPicture, signal?: AbortSignal, sender: unknown = Symbol('sender')): Promise<Detection> {
    const { promise, resolve, reject } = Promise.withResolvers<Detection>();
    const aborted = (): void => {
      // The thread, where it has one, goes on: its answer is nobody's.
      for (const line of [this.#ready, this.#held]) if (line.get(sender) === job) line.delete(sender);
      job.settle(new DetectionError('aborted', 'Nobody waits for this picture any more.'));
    };
    const job: Job = {
      sender,
      picture,
      settle(outcome) {
        signal?.removeEventListener('abort', aborted);
        if (outcome instanceof DetectionError) reject(outcome);
        else resolve(outcome);
      },
    };
    if (signal?.aborted === true) aborted();
    else {
      signal?.addEventListener('abort', aborted);
      this.#take(job);
    }
    return promise;
  }

  /** Ends all threads; what waits is answered `server`. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#refuseAll('The server ends.');
    for (const thread of [...this.#threads]) this.#see(thread.close());
    await Promise.all(this.#closing);
  }

  #take(job: Job): void {
    const refusal = this.#refusal(job.sender);
    if (refusal === null) this.#enqueue(job);
    else job.settle(refusal);
  }

  #refusal(sender: unknown): DetectionError | null {
    if (this.#state === 'closed') return new DetectionError('server', 'The server ends.');
    if (this.#isUnusable()) return unusable();
    const replaces = this.#ready.has(sender) || this.#held.has(sender);
    if (replaces || this.waiting < this.#options.maxWaiting) return null;
    return new DetectionError('limit', 'Too many pictures wait to be looked at; try again in a moment.');
  }

  #enqueue(job: Job): void {
    const { sender } = job;
    const line = this.#served.has(sender) ? this.#held : this.#ready;
    const older = line.get(sender);
    // In the place of the older, where there is one: who sends often is not served later for it.
    line.set(sender, job);
    older?.settle(new DetectionError('skipped', 'A newer picture of the same sender came before the turn of this one.'));
    this.#dispatch();
  }

  #dispatch(): void {
    if (this.#isUnusable()) this.#refuseAll(unusable().message);
    else if (this.#state === 'unprepared') this.#prepare();
    if (this.#state !== 'open') return;
    // The one that rested last first: so the others fall out of use.
    for (const thread of [...this.#threads].reverse()) {
      if (this.#ready.size === 0) return;
      if (thread.idle) this.#serve(thread);
    }
    if (this.#options.clock.now() < this.#unusableUntil) return;
    const starting = [...this.#threads].filter((thread) => thread.starting).length;
    for (let wanted = this.#ready.size - starting; wanted > 0 && this.#threads.size < this.#options.maxThreads; wanted--)
      if (!this.#start()) return;
  }

  #serve(thread: DetectorThread): void {
    const [job] = this.#ready.values();
    if (job === undefined) return;
    const { sender } = job;
    this.#ready.delete(sender);
    this.#served.add(sender);
    thread.look(job.picture, (outcome) => {
      this.#served.delete(sender);
      const next = this.#held.get(sender);
      this.#held.delete(sender);
      if (next !== undefined) this.#ready.set(sender, next);
      if (outcome instanceof DetectionError && outcome.cause !== undefined)
        this.#options.log.warn({ problem: String(outcome.cause) }, 'the detector failed on a picture');
      job.settle(outcome);
    });
  }

  /**
   * sharp's libraries have to be loaded before the first thread that uses them, and to outlive the last: its documentation asks for that on Linux with
   * glibc.
   */
  #prepare(): void {
    this.#state = 'preparing';
    this.#preparation = import('sharp').then(
      () => {
        if (this.#state !== 'preparing') return;
        this.#state = 'open';
        this.#dispatch();
      },
      (error: unknown) => {
        if (this.#state !== 'preparing') return;
        this.#state = 'unprepared';
        this.#unusable(`sharp does not load: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    this.#see(this.#preparation.then(() => undefined));
  }

  /** Whether one has begun: a system that has no more threads, or not the memory for one, refuses at once. */
  #start(): boolean {
    const owner = {
      free: (thread: DetectorThread): void => {
        this.#unusableUntil = 0;
        // At the end: the one that rested last.
        this.#threads.delete(thread);
        this.#threads.add(thread);
        this.#dispatch();
      },
      ended: (thread: DetectorThread, problem: ThreadProblem | null): void => {
        this.#threads.delete(thread);
        this.#see(thread.close());
        if (problem !== null) this.#mourn(problem);
      },
    };
    try {
      this.#threads.add(new DetectorThread(this.#options.detector, owner, this.#options.clock));
      return true;
    } catch (error) {
      const problem = `no thread could be started: ${error instanceof Error ? error.message : String(error)}`;
      this.#unusable(problem, 'give this process more threads or memory, or let it have fewer with --detector-threads');
      return false;
    }
  }

  #mourn({ during, message }: ThreadProblem): void {
    if (during === 'start') this.#unusable(message);
    else {
      this.#options.log.warn({ problem: message, during }, 'a thread of the detector ended; the next picture gets another');
      this.#dispatch();
    }
  }

  /** Told once, until it has loaded. */
  #unusable(problem: string, remedy = this.#usualRemedy): void {
    const { clock, log } = this.#options;
    if (!this.#told) log.error({ problem, remedy }, 'the detector does not load: pictures are not looked at');
    this.#told = true;
    this.#unusableUntil = clock.now() + RETRY;
    this.#dispatch();
  }

  get #usualRemedy(): string {
    const { detector } = this.#options;
    if (detector !== null) return `mend ${detector}, or leave --detector out`;
    return 'install the packages of the server anew (npm ci), or give --detector none';
  }

  /** Whether no thread can take a picture, nor will be able to for a while. */
  #isUnusable(): boolean {
    return this.#options.clock.now() < this.#unusableUntil && [...this.#threads].every((thread) => thread.starting);
  }

  #refuseAll(message: string): void {
    for (const line of [this.#ready, this.#held]) {
      const jobs = [...line.values()];
      line.clear();
      for (const job of jobs) job.settle(new DetectionError('server', message));
    }
  }

  #see(end: Promise<void>): void {
    this.#closing.add(end);
    void end.finally(() => this.#closing.delete(end));
  }
}

const unusable = (): DetectionError => new DetectionError('server', 'The detector of this server does not load; its log says why.');
