/** Packages every session of the hub, and keeps each for as long as players may still fetch from it. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer } from '../clock.ts';
import type { Hub } from '../hub/hub.ts';
import type { Session } from '../hub/session.ts';
import { Packager } from '../packaging/packager.ts';
import { PackagedSession } from './packaged-session.ts';

export class LiveOrigin {
  readonly #hub: Hub;
  readonly #sessions = new Map<string, PackagedSession>();
  /** The session that a stream's multivariant playlist names. */
  readonly #current = new Map<string, PackagedSession>();
  readonly #listeners = new Set<(packaged: PackagedSession) => void>();
  readonly #releases = new Set<CancelTimer>();
  readonly #stopListening: () => void;

  constructor(hub: Hub) {
    this.#hub = hub;
    this.#stopListening = hub.onSession((session) => this.#package(session));
  }

  /** Calls `listener` with every session before anything of it is packaged: the moment to observe it. */
  onPackaged(listener: (packaged: PackagedSession) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  current(stream: string): PackagedSession | undefined {
    return this.#current.get(stream);
  }

  find(stream: string, session: string): PackagedSession | undefined {
    const packaged = this.#sessions.get(session);
    return packaged?.stream === stream ? packaged : undefined;
  }

  /** Bytes of media held for all streams. */
  get heldBytes(): number {
    return [...this.#sessions.values()].reduce((sum, { packager }) => sum + packager.heldBytes, 0);
  }

  close(): void {
    this.#stopListening();
    for (const cancel of this.#releases) cancel();
    this.#releases.clear();
    this.#listeners.clear();
    this.#sessions.clear();
    this.#current.clear();
  }

  #package(session: Session): void {
    const { partDuration, segmentDuration, window } = { ...this.#hub.options, ...session.packaging };
    const packager: Packager = new Packager(session.info, {
      partDuration: partDuration / 1000,
      segmentDuration: segmentDuration / 1000,
      window: window / 1000,
      // Rule 12: EVENT promises that nothing is removed, so somebody has to keep it.
      event: () => packaged.archive !== null,
      keyframeNeeded: () => this.#hub.requestKeyframe(session.stream),
      changed: () => packaged.changed(),
    });
    const packaged = new PackagedSession(session.stream, packager, this.#hub.clock, (rendition) => session.wanted(rendition));
    this.#sessions.set(session.id, packaged);
    this.#current.set(session.stream, packaged);
    for (const listener of this.#listeners) listener(packaged);
    session.subscribe({
      epoch: (epoch) => packager.epoch(epoch),
      track: (rendition, track) => packager.track(rendition, track),
      frame: (frame) => packager.frame(frame),
      gap: (until) => packager.gap(until),
      end: () => {
        packager.end();
        packaged.changed();
        this.#release(packaged, 2 * window);
      },
    });
  }

  /** RFC 8216bis §6.2.2: a segment stays available for as long as the playlists that listed it last. */
  #release(packaged: PackagedSession, delay: Milliseconds): void {
    const cancel = this.#hub.clock.after(delay, () => {
      this.#releases.delete(cancel);
      this.#sessions.delete(packaged.id);
      if (this.#current.get(packaged.stream) === packaged) this.#current.delete(packaged.stream);
    });
    this.#releases.add(cancel);
  }
}
