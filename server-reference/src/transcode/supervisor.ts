/**
 * An ffmpeg that works beside a stream, which goes on whatever becomes of it.
 *
 *   idle ──start()──▶ running ──it ends, hangs, or cannot keep up──▶ resting ──start(), after a while──▶ running …
 *    ▲                   │                                              └── too many ends in a row ──▶ given up
 *    └─────stop()────────┘                                                   reset(), for a new epoch: idle
 */
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Abilities, Ffmpeg } from './ffmpeg.ts';
import { FfmpegChild } from './ffmpeg-child.ts';
import { Restarts } from './restarts.ts';
import type { Slots } from './slots.ts';

/** A child that is given input and answers nothing for this long hangs. */
const HANG: Milliseconds = 5_000;
/** What may wait for a child that does not keep up. */
const MOST_WAITING: Bytes = 2 * 1024 * 1024;
/** Epochs may follow each other faster than it is worth starting a child for each. */
const SHORTEST_LIFE: Milliseconds = 1_000;

export interface Workshop {
  readonly ffmpeg: Ffmpeg;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Work {
  /** For the log. */
  readonly name: string;
  /** Of the slots. */
  readonly share: number;
  /** What may wait for a child before it is given up; default: 2 MiB. */
  readonly mostWaiting?: Bytes;
  outputs(): number;
  arguments(abilities: Abilities): readonly string[];
  output(index: number, bytes: Uint8Array): void;
  /** The child and what was in it are gone. */
  lost(): void;
}

export class Supervisor {
  readonly #workshop: Workshop;
  readonly #work: Work;
  #child: FfmpegChild | null = null;
  #release: (() => void) | null = null;
  #restarts = new Restarts();
  /** Null: never again. */
  #startAt: Milliseconds | null = 0;
  #startedAt: Milliseconds = Number.NEGATIVE_INFINITY;
  /** When the oldest input that has had no answer was given. */
  #unanswered: Milliseconds | null = null;
  #refused = false;

  constructor(workshop: Workshop, work: Work) {
    this.#workshop = workshop;
    this.#work = work;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** What its child has not read yet. */
  get waiting(): Bytes {
    return this.#child?.waiting ?? 0;
  }

  /** It has ended too often, and is left alone until other input follows. */
  get givenUp(): boolean {
    return this.#startAt === null;
  }

  /** Starts the child where that is due and a slot is left. Whether it has. */
  start(): boolean {
    const { slots, clock, log, ffmpeg } = this.#workshop;
    if (this.#child !== null || this.#startAt === null || clock.now() < this.#startAt) return false;
    this.#release = slots.take(this.#work.share);
    if (this.#release === null) {
      if (!this.#refused) log.warn({ work: this.#work.name, most: slots.most }, 'no more is transcoded at once: see --max-transcodes');
      this.#refused = true;
      return false;
    }
    this.#refused = false;
    this.#startedAt = clock.now();
    const child: FfmpegChild = new FfmpegChild({
      ffmpeg,
      arguments: (abilities) => this.#work.arguments(abilities),
      outputs: this.#work.outputs(),
      output: (index, bytes) => {
        if (this.#child !== child) return;
        this.#unanswered = null;
        this.#work.output(index, bytes);
      },
      ended: (why) => {
        if (this.#child === child) this.fail(why);
      },
    });
    this.#child = child;
    return true;
  }

  /** Hands input to the child. False where there is none any more, or it has just been given up. */
  write(...pieces: readonly Uint8Array[]): boolean {
    if (this.#child === null || !this.check()) return false;
    if (this.#child.waiting > (this.#work.mostWaiting ?? MOST_WAITING)) return this.fail('ffmpeg does not keep up');
    this.#unanswered ??= this.#workshop.clock.now();
    for (const bytes of pieces) this.#child.write(bytes);
    return true;
  }

  /** Leaves the first output of its child unread, so that the child waits, or reads on. */
  hold(on: boolean): void {
    this.#child?.hold(on);
  }

  /** Gives up a child that hangs, for whoever has nothing to write. False where it has. */
  check(): boolean {
    const hangs = this.#unanswered !== null && this.#workshop.clock.now() - this.#unanswered > HANG;
    return hangs ? this.fail('ffmpeg hangs') : true;
  }

  /** What it makes is of no use, or it makes nothing. */
  fail(why: string): false {
    const { clock, log } = this.#workshop;
    this.stop();
    this.#startAt = this.#restarts.ended(clock.now());
    const work = this.#work.name;
    if (this.#startAt === null) log.error({ work, why }, 'ffmpeg ends again and again, and is left alone until the broadcast begins anew');
    else log.warn({ work, why }, 'a transcoder ended before its stream');
    this.#work.lost();
    return false;
  }

  /** Its work is over, for now. */
  stop(): void {
    this.#child?.close();
    this.#child = null;
    this.#unanswered = null;
    this.#release?.();
    this.#release = null;
  }

  /** Other input follows, with which it may fare better. */
  reset(): void {
    this.stop();
    if (this.#startAt === null) this.#restarts = new Restarts();
    this.#startAt = Math.max(this.#startAt ?? 0, this.#startedAt + SHORTEST_LIFE);
  }
}
