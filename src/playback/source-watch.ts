import type { GlasscastError } from '../protocol/index.ts';
import { Emitter } from '../signaling/emitter.ts';

/**
 * What is to be played, now. `session` tells one run of a stream from the next: another one means another playlist, also at the same URL.
 */
export type SourceStatus =
  /** Nothing is broadcast yet. */
  | { readonly state: 'waiting' }
  /** `away`: the broadcaster dropped and may come back; the playlist goes on with gaps. */
  | { readonly state: 'live' | 'away' | 'ended'; readonly url: string; readonly session: string };

export interface SourceProblem {
  readonly error: GlasscastError;
  /** Waiting will not change it. */
  readonly final: boolean;
}

export interface SourceWatchEvents {
  status: SourceStatus;
  problem: SourceProblem;
}

/** Knows whether there is something to play, and says so whenever that changes. */
export abstract class SourceWatch extends Emitter<SourceWatchEvents> {
  #status: SourceStatus | null = null;
  #problem: SourceProblem | null = null;

  abstract start(): void;
  /** The player could not load what was announced: look again. A `status` or a `problem` follows. */
  abstract recheck(): void;
  /** The playlist said that it is complete. */
  abstract completed(): void;
  abstract close(): void;

  /** What was told last; null before the first answer. */
  get status(): SourceStatus | null {
    return this.#status;
  }

  /** The problem that stands; null once a status was told after it. */
  get problem(): SourceProblem | null {
    return this.#problem;
  }

  protected tell(status: SourceStatus): void {
    this.#status = status;
    this.#problem = null;
    this.emit('status', status);
  }

  protected report(error: GlasscastError, final: boolean): void {
    this.#problem = { error, final };
    this.emit('problem', this.#problem);
  }
}
