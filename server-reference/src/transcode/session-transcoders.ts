/** Gives every session the transcoders that its derived renditions need. */
import type { Hub } from '../hub/hub.ts';
import type { Session } from '../hub/session.ts';
import { AacBeside } from './aac.ts';
import { Ladder } from './ladder.ts';
import type { Workshop } from './supervisor.ts';

type Transcoder = Ladder | AacBeside;

export class SessionTranscoders {
  readonly #workshop: Workshop;
  readonly #running = new Set<Transcoder>();
  readonly #stopListening: () => void;

  constructor(hub: Hub, workshop: Workshop) {
    this.#workshop = workshop;
    this.#stopListening = hub.onSession((session) => this.#attach(session));
  }

  /** Their processes. */
  get pids(): number[] {
    return [...this.#running].flatMap(({ pid }) => (pid === null ? [] : [pid]));
  }

  close(): void {
    this.#stopListening();
    for (const transcoder of this.#running) transcoder.end();
    this.#running.clear();
  }

  #attach(session: Session): void {
    const rungs = session.renditions.filter(({ lines }) => lines !== undefined);
    const from = rungs[0]?.from;
    if (from !== undefined) this.#subscribe(session, new Ladder(session, from, rungs, this.#workshop));
    for (const { id, from: opus, family } of session.renditions) {
      if (family !== 'aac' || opus === undefined) continue;
      const aac = new AacBeside(session, id, opus, this.#workshop);
      session.onWanted((rendition) => {
        if (rendition === id) aac.wanted();
      });
      this.#subscribe(session, aac);
    }
  }

  #subscribe(session: Session, transcoder: Transcoder): void {
    this.#running.add(transcoder);
    session.subscribe({
      epoch: (epoch) => transcoder.epoch(epoch),
      frame: (frame) => transcoder.frame(frame),
      gap: () => transcoder.gap(),
      end: () => {
        this.#running.delete(transcoder);
        transcoder.end();
      },
    });
  }
}
